"""The coarse class of a label."""

import functools
import re

from finerweb.labels.forms import canonical
from finerweb.labels.plurals import head, singular

# With `other` at most 25 coarse classes, which docs/labels.md lists; a label belongs to the class of the first of its words, from the right, that is listed.
CLASSES = {
    "person": "person people human man woman politician player actor actress singer writer author artist scientist king queen president minister coach character deity title professor teacher student editor journalist reporter critic composer musician painter athlete footballer director producer manager official leader captain commander officer governor mayor senator judge lawyer doctor nurse engineer worker employee member founder owner chairman chairperson secretary spokesperson",
    "group": "group nationality ethnicity tribe community family dynasty",
    "organization": "organization organisation company corporation agency institution university school club team party army ministry government bank band newspaper publisher hospital museum union association brand council committee court department",
    "place": "location place country city town village state province region district continent island county nation capital territory neighborhood",
    "nature": "river lake sea ocean mountain forest desert valley volcano planet star",
    "building": "building bridge airport station road street stadium monument temple church mosque castle facility address",
    "date": "date day month year weekday century decade era season holiday period duration age",
    "time": "time hour minute clock",
    "money": "money price currency cost salary budget amount",
    "quantity": "quantity percentage percent rate share ratio number measurement distance weight length height area volume temperature speed count statistic score unit ordinal cardinal",
    "event": "event war battle festival tournament election conference championship match race ceremony disaster revolution match",
    "work": "work book song film movie album novel poem painting series show game newspaper magazine play",
    "product": "product vehicle car phone device weapon ship aircraft food drink dish medicine drug software",
    "technology": "technology framework algorithm protocol platform tool system",
    "language": "language dialect script",
    "law": "law act treaty constitution regulation agreement policy",
    "science": "concept theory discovery discipline field method phenomenon",
    "biology": "animal plant species gene protein organism bird fish tree",
    "medicine": "disease symptom treatment virus condition therapy",
    "substance": "chemical element compound material mineral substance",
    "religion": "religion faith scripture ritual",
    "award": "award prize medal",
    "occupation": "occupation profession job role position rank",
    "web": "website web url email mail hashtag domain",
}
PHRASES = {
    **{"web address": "web", "e-mail address": "web", "email address": "web", "ip address": "web"},
    **{"geopolitical entity": "place", "geo-political entity": "place"},
    **{"head of state": "person", "head of government": "person"},
}
OTHER = "other"
# Tags that are no words, in the sense of the sets that have them: CoNLL-2003 (Tjong Kim Sang and De Meulder), ACE 2005
# (LDC2006T06), OntoNotes 5.0 (LDC2013T19), WNUT-16 and WNUT-17, MultiNERD (Tedeschi and Navigli 2022), MultiCoNER
# (Malmasi et al. 2022), Universal NER (Mayhew et al. 2024) with NorNE, GMB (Bos et al. 2017), SUC 3.0. All other tags of
# these sets are words of CLASSES.
TAGS = {
    "person": "per pers prs musicartist myth",
    "group": "norp grp",
    "organization": "org corp sportsteam",
    "place": "loc gpe geo-loc geo",
    "nature": "cel",
    "building": "fac",
    "date": "timex datetime tim",
    "time": "tme",
    "quantity": "msr",
    "event": "evt eve evn",
    "work": "woa cw tvshow media wrk",
    "product": "prod veh vehi wea inst",
    "science": "nat",
    "biology": "anim bio",
    "medicine": "dis",
    OTHER: "misc mis oth drv",
}
PREFIX = re.compile(r"^[bilouesm]-(?=\w)")  # of BIO, BILOU and BIOES, in canonical form
# A tag and what its set says besides, with a sign or a capital between: PER.Individual, ORG:political, B_PER, PER-B,
# persName, TIMEX3; GermEval's PERderiv and ORGpart (Benikova et al. 2014).
_BETWEEN = re.compile(r"[._:\-]|(?<=[a-z])(?=[A-Z])")
_BESIDES = re.compile(r"(?:deriv|part|\d+)$")
_CLASS_OF = {word: name for name, words in reversed(CLASSES.items()) for word in words.split()} | PHRASES
_INSIDE = ("org", "gpe", "norp", "loc")  # are no words, and tell as parts in small letters too: org political
_CLASS_OF_TAG = {tag: name for name, tags in TAGS.items() for tag in tags.split()}


def words(label: str) -> list[str]:
    """The words of a label in canonical form."""
    return re.split(r"[\s/_-]+", label)


def is_listed(word: str) -> bool:
    """Does a word belong to a class?"""
    return word in _CLASS_OF or singular(word) in _CLASS_OF


@functools.lru_cache(maxsize=65_536)
def coarse(label: str) -> str:
    """The coarse class of a label, `other` where none of its words is listed and it is no tag.

    Its head tells, the last word or the one before a preposition, and only then a word before or behind that.
    """
    plain = canonical(label)
    plain_words = [part for part in re.split(r"[\W_]+", plain) if part]
    end = head(plain_words) + 1
    parts = [*plain_words[:end][::-1], *plain_words[end:][::-1]]
    if parts[:1] == ["title"] and len(parts) > 1:  # of a book
        parts = [*parts[1:], "title"]
    for word in [plain, *parts]:
        listed = _CLASS_OF.get(word) or _CLASS_OF.get(singular(word))
        if listed:
            return listed
    inside = next((part for part in parts if part in _INSIDE), "")
    return _CLASS_OF_TAG.get(PREFIX.sub("", plain)) or _CLASS_OF_TAG.get(inside) or _of_tag(label)


def _of_tag(label: str) -> str:
    """The class of a tag with something besides, or of a word in brackets behind a label in another language."""
    bare = re.sub(r"^\W+|\W+$", "", label)
    is_tag = " " not in bare and ("." in bare or bare != bare.lower())  # per-capita is no PER
    tags = _BETWEEN.split(bare)[::-1] if is_tag else []
    classes = [_CLASS_OF_TAG.get(_BESIDES.sub("", tag).lower()) for tag in tags]
    classes += [_CLASS_OF.get(word) for word in re.split(r"[\W_]+", label.lower())]
    return next(filter(None, classes), OTHER)
