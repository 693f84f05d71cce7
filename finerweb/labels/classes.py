"""The coarse class of a label."""

import functools
import re

from finerweb.labels.forms import canonical
from finerweb.labels.plurals import singular

# With `other` at most 25 coarse classes, which docs/labels.md lists; a label belongs to the class of the first of its words, from the right, that is listed.
CLASSES = {
    "person": "person people human man woman politician player actor actress singer writer author artist scientist king queen president minister coach character deity title",
    "group": "group nationality ethnicity tribe community family dynasty",
    "organization": "organization organisation company corporation agency institution university school club team party army ministry government bank band newspaper publisher hospital museum union association brand",
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
}
OTHER = "other"
# Tags that are no words, in the sense of the sets that have them: CoNLL-2003 (Tjong Kim Sang and De Meulder), ACE 2005
# (LDC2006T06), OntoNotes 5.0 (LDC2013T19), WNUT-16 and WNUT-17, MultiNERD (Tedeschi and Navigli 2022), MultiCoNER
# (Malmasi et al. 2022), Universal NER (Mayhew et al. 2024) with NorNE. All other tags of these sets are words of CLASSES.
TAGS = {
    "person": "per pers prs musicartist myth",
    "group": "norp grp",
    "organization": "org corp sportsteam",
    "place": "loc gpe geo-loc",
    "nature": "cel",
    "building": "fac",
    "date": "timex datetime",
    "event": "evt eve",
    "work": "woa cw tvshow media",
    "product": "prod veh vehi wea inst",
    "biology": "anim bio",
    "medicine": "dis",
    OTHER: "misc mis oth drv",
}
PREFIX = re.compile(r"^[bilouesm]-(?=\w)")  # of BIO, BILOU and BIOES, in canonical form
_INSIDE = ("org", "gpe", "norp", "loc")  # as parts too: org_political
_CLASS_OF = {word: name for name, words in reversed(CLASSES.items()) for word in words.split()} | PHRASES
_CLASS_OF_TAG = {tag: name for name, tags in TAGS.items() for tag in tags.split()}


def words(label: str) -> list[str]:
    """The words of a label in canonical form."""
    return re.split(r"[\s/_-]+", label)


def is_listed(word: str) -> bool:
    """Does a word belong to a class?"""
    return word in _CLASS_OF or singular(word) in _CLASS_OF


@functools.lru_cache(maxsize=65_536)
def coarse(label: str) -> str:
    """The coarse class of a label, `other` where none of its words is listed and it is no tag."""
    plain = canonical(label)
    parts = [part for part in re.split(r"[\W_]+", plain) if part][::-1]
    for word in [plain, *parts]:
        listed = _CLASS_OF.get(word) or _CLASS_OF.get(singular(word))
        if listed:
            return listed
    tag = next((part for part in parts if part in _INSIDE), PREFIX.sub("", plain))
    return _CLASS_OF_TAG.get(PREFIX.sub("", plain)) or _CLASS_OF_TAG.get(tag, OTHER)
