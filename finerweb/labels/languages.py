"""Is the name of a type English?"""

import re

from finerweb.labels.classes import is_listed, words
from finerweb.text import segment
from finerweb.text.scripts import scripts

# Letters with marks that English words have, and no more than these words.
LOANS = frozenset({"café", "cliché", "décor", "fiancé", "fiancée", "façade", "naïve", "résumé", "soufflé", "protégé"})
# A name that is not English is nearly always in the language of its passage: of two languages the detector tells
# single words apart, of 176 it does not. Of the 246 English words of label_classes, each tried in 46 languages, 9 of
# 11,316 pairs were false alarms.
SURE = 2.0


def is_english(label: str, detect: str | None) -> bool:
    """Is a label, as label_forms has it, English rather than the language that the detector calls `detect`?

    Another script, or marks on Latin letters, are not English; else the words tell. None where the detector does not
    know the language: there plain letters are taken for English.
    """
    if scripts(label) - {"LATIN"}:
        return False
    unlisted = [word for word in words(label) if word not in LOANS and not is_listed(word)]
    if any(re.search(r"[^\W\d_a-z]", word) for word in unlisted):
        return False
    return not unlisted or detect is None or segment.odds(label, detect, "en") < SURE
