"""English plurals to singulars, for the words that types are named with."""

import re
from collections.abc import Sequence


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Words that end in s and are no plurals, or whose plural says something else than their singular.
SAME = _listed(
    "series species news chess glasses sunglasses scissors trousers pants jeans shorts clothes headquarters means "
    "crossroads barracks thanks arms goods premises athletics billiards darts measles mumps rabies diabetes herpes "
    "gas atlas canvas alias bias iris christmas pyjamas pancreas lens chaos cosmos ethos pathos thermos asbestos "
    "rhinoceros"
)
IRREGULAR = {
    **{"men": "man", "women": "woman", "children": "child", "feet": "foot", "teeth": "tooth", "mice": "mouse"},
    **{"geese": "goose", "criteria": "criterion", "phenomena": "phenomenon", "axes": "axis", "quizzes": "quiz"},
    **{"analyses": "analysis", "crises": "crisis", "theses": "thesis", "hypotheses": "hypothesis", "oases": "oasis"},
    **{"diagnoses": "diagnosis", "gases": "gas", "lenses": "lens", "atlases": "atlas", "canvases": "canvas"},
    **{"aliases": "alias", "biases": "bias", "wolves": "wolf", "knives": "knife", "lives": "life", "wives": "wife"},
    **{"leaves": "leaf", "halves": "half", "shelves": "shelf", "thieves": "thief", "loaves": "loaf", "calves": "calf"},
    **{"elves": "elf", "caches": "cache", "niches": "niche", "avalanches": "avalanche", "headaches": "headache"},
    **{"uses": "use", "excuses": "excuse", "muses": "muse", "fuses": "fuse"},
}
# -ies and -oes of words in -ie and -oe; all others are of words in -y and -o.
IE = _listed("movies cookies calories rookies selfies genies brownies smoothies zombies hoodies")
OE = _listed("shoes toes canoes foes oboes horseshoes snowshoes")
# -ics names a field (politics, physics), but for these.
ICS = _listed("topics metrics statistics characteristics comics critics clinics fabrics relics epics mechanics")
# Their head stands before them: `works of art`.
PREPOSITIONS = _listed("of for in from with by to on at as")


def singular(word: str) -> str:
    """The singular of a word in lower case; a word that is no plural, as far as its ending tells, stays as it is."""
    if word in IRREGULAR:
        return IRREGULAR[word]
    is_plain = re.fullmatch(r"(?:\w+-)?[a-z]{4,}", word) and re.search(r"[aeiouy]", word)
    if not is_plain or word in SAME or re.search(r"(?:[^s]|ss|us|is)$", word):
        return word
    if word.endswith("ics") and word not in ICS:
        return word
    if word.endswith("ies"):
        return word[:-1] if word in IE or len(word) == 4 else word[:-3] + "y"
    if word.endswith("oes"):
        return word[:-1] if word in OE else word[:-2]
    # matches, dishes, classes, boxes, waltzes, viruses; but houses and causes
    is_longer = re.search(r"(?:ch|sh|ss|x|tz|(?<![aeo])us)es$", word)
    return word[:-2] if is_longer else word[:-1]


def head(words: Sequence[str]) -> int:
    """Which of a label's words is its head: the last one, or the one before a preposition; -1 of none."""
    return next((index for index, word in enumerate(words[1:]) if word in PREPOSITIONS), len(words) - 1)


def singular_head(label: str) -> str:
    """A label in lower case with its head word in the singular."""
    words = label.split(" ")
    words[head(words)] = singular(words[head(words)])
    return " ".join(words)
