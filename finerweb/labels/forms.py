"""A label in canonical form, so that spellings of one type are one label."""

import re
import unicodedata
from typing import NamedTuple

from finerweb.labels.plurals import singular_head
from finerweb.problems import LabelProblem

LONGEST = 80  # characters of a type's name; the longest name of 79 human-annotated schemes has 41
_OUTER = " .,:;'\"“”‘’«»`*#()[]{}<>/\\|-_~"
_SEPARATORS = r"\s*(?:[/\\|>→⇒➔›»]+|:+|\s-\s)\s*"
# What says nothing, so that the part before it is taken.
VAGUE = frozenset({"other", "others", "misc", "miscellaneous", "etc", "general", "unknown", "unspecified", "none"})


class Form(NamedTuple):
    """A label in canonical form, and the steps that changed it."""

    text: str
    changes: list[str]


def _unicode(label: str) -> str:
    """NFKC, without invisible signs, but for the joiners that are part of words in Indic scripts and of emoji."""
    text = unicodedata.normalize("NFKC", label)
    shown = "".join(sign for sign in text if sign in "\u200c\u200d" or unicodedata.category(sign) != "Cf")
    return re.sub(r"[\u2010-\u2015\u2212]", "-", shown)


def _spacing(label: str) -> str:
    return re.sub(r"[\s_]+", " ", label)


def _punctuation(label: str) -> str:
    """Without what stands around it; a bracket that belongs to one inside stays."""
    text = label.strip(_OUTER)
    for opening, closing in ("()", "[]", "{}"):
        if opening in text and closing not in text and f"{text}{closing}" in label:
            text += closing
    return text


def _brackets(label: str) -> str:
    """Without an addition in brackets: `movie (2019 film)` is a movie."""
    return re.sub(r"(?<=\w)\s*(?:\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\})$", "", label)


def _words(label: str) -> str:
    """FootballClub; where there is a space, capitals inside a word are a name's (YouTube channel)."""
    return label if " " in label else re.sub(r"(?<=[a-z]{2})(?=[A-Z])", " ", label)


def _slash(label: str) -> str:
    """The last part that says something: annotators go from the general to the specific, location / city."""
    parts = [part.strip(_OUTER) for part in re.split(_SEPARATORS, label)]
    telling = [part for part in parts if part.casefold() not in VAGUE and any(map(str.isalpha, part))]  # date: 2019
    if len(parts) < 2 or not telling or any(sum(map(str.isalnum, part)) < 2 for part in parts):
        return label  # km/h and n/a are one word each
    return telling[-1]


def _case(label: str) -> str:
    return label.casefold().replace("i\u0307", "i")  # what İ folds to


def _hyphen(label: str) -> str:
    """Between long words a hyphen is a space; e-mail, sci-fi and non-profit keep theirs."""
    return re.sub(r"(?<=\w{4})-(?=\w{4})", " ", label)


def _spelling(label: str) -> str:
    """British to American: organisation, neighbourhood, sports centre."""
    label = re.sub(r"isation(?=s?\b)", "ization", label)
    label = re.sub(r"\b(neighb|col|hon|lab|harb|hum|behavi|fav|arm)our", r"\1or", label)
    return re.sub(r"\b(cent|theat)re(?=s?\b)", r"\1er", label)


STEPS = {
    "unicode": _unicode,
    "spacing": _spacing,
    "punctuation": _punctuation,
    "brackets": _brackets,
    "slash": _slash,
    "words": _words,
    "case": _case,
    "hyphen": _hyphen,
    "spelling": _spelling,
    "plural": singular_head,
}
_OF_ENGLISH = ("spelling", "plural")


def form(label: str, *, is_english: bool = True) -> Form:
    """The canonical form and the names of the STEPS that changed the label."""
    changes = []
    for name, step in STEPS.items():
        changed = step(label) if is_english or name not in _OF_ENGLISH else label
        if changed != label:
            changes.append(name)
            label = changed
    return Form(label, changes)


def canonical(label: str) -> str:
    """The canonical form of a label: `Football_Clubs.` becomes `football club`."""
    return form(label).text


def problem(text: str) -> LabelProblem | None:
    """Why a label in canonical form is no type's name: no_letters or long_label."""
    if not any(map(str.isalpha, text)):
        return "no_letters"
    return "long_label" if len(text) > LONGEST else None
