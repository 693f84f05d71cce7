"""The coarse class of a label."""

import functools
import re

from finerweb.labels.forms import canonical
from finerweb.labels.plurals import singular

# With `other` at most 25 coarse classes, which README.md lists; a label belongs to the class of the first of its words, from the right, that is listed.
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
PHRASES = {"web address": "web", "e-mail address": "web", "email address": "web", "ip address": "web"}
OTHER = "other"
_CLASS_OF = {word: name for name, words in reversed(CLASSES.items()) for word in words.split()} | PHRASES


def words(label: str) -> list[str]:
    """The words of a label in canonical form."""
    return re.split(r"[\s/_-]+", label)


def is_listed(word: str) -> bool:
    """Does a word belong to a class?"""
    return word in _CLASS_OF or singular(word) in _CLASS_OF


@functools.lru_cache(maxsize=65_536)
def coarse(label: str) -> str:
    """The coarse class of a label, `other` where none of its words is listed."""
    plain = canonical(label)
    for word in [plain, *reversed(words(plain))]:
        found = _CLASS_OF.get(word) or _CLASS_OF.get(singular(word))
        if found:
            return found
    return OTHER
