"""Known errors in a copy of a passage's annotations, and whether a judge caught them. Plain Python, no Spark.

A judge's grades say little until it is known which errors it sees. So some passages are judged again with one error
that is known because it was made here. Everything is drawn by a hash of the key: the same passage, the same error.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from finerweb.labels.classes import coarse
from finerweb.text import segment
from finerweb.text.characters import HANGUL, UNSPACED
from finerweb.text.folding import fold
from finerweb.text.spans import Span, overlap

# A wrong type, and the coarse classes whose mentions a careful reader might let pass as it.
WRONG_TYPES = {
    "person": "person group organization occupation religion work product event award",
    "city": "place nature building organization group event work product",
    "date": "date time event quantity work",
    "animal": "biology group organization product person nature",
    "disease": "medicine biology substance science event",
    "chemical element": "substance science product medicine biology nature",
    "amount of money": "money quantity",
    "programming language": "language technology product science web work",
}
_NEAR = {label: frozenset(classes.split()) for label, classes in WRONG_TYPES.items()}

# Classes of names: an ordinary word given one of them is wrong, and not at first sight as a "percentage" would be.
NAMES = frozenset({"person", "group", "organization", "place", "building", "event", "work", "product"})
PLAUSIBLE = ("person", "organization", "location")

# In which of a judge's lists a planted error counts as caught.
CAUGHT_IN = {"removed": ("missing",), "wrong_type": ("wrong", "extra"), "invented": ("extra", "wrong")}
COMMENT = re.compile(r"(?:: |\s?[(\[]|\s?(?:->|=>|→)|\s-\s).*$")  # of a judge, behind a mention


class Annotation(NamedTuple):
    """An entity as a judge is shown it; `is_sure` where several annotators gave the same span."""

    start: int
    end: int
    mention: str
    label: str
    is_sure: bool = False


class Planted(NamedTuple):
    """Annotations with one error: its kind, and the mention that is left out, of a wrong type or none at all."""

    kind: str
    mention: str
    annotations: list[Annotation]


def plant(text: str, annotations: Sequence[Annotation], *, key: str, locale: str) -> Planted | None:
    """A copy of annotations, which are in reading order, with one error; None where none is possible.

    The kind is drawn; where it is impossible (nothing to remove, no ordinary word to take), the next one is taken.
    """
    first = _draw(range(len(KINDS)), key, "kind")
    copies = (KINDS[kind](text, annotations, key, locale) for kind in [*KINDS][first:] + [*KINDS][:first])
    return next((copy for copy in copies if copy), None)


def _remove(text: str, annotations: Sequence[Annotation], key: str, locale: str) -> Planted | None:
    chosen = _choose(_alone(annotations), key, "removed")
    if chosen is None:
        return None
    return Planted("removed", chosen.mention, [other for other in annotations if other != chosen])


def _retype(text: str, annotations: Sequence[Annotation], key: str, locale: str) -> Planted | None:
    chosen = _choose(
        [annotation for annotation in _alone(annotations) if wrong_types(annotation.label)], key, "wrong_type"
    )
    if chosen is None:
        return None
    wrong = chosen._replace(label=_draw(wrong_types(chosen.label), key, "type"))
    return Planted("wrong_type", chosen.mention, [wrong if other == chosen else other for other in annotations])


def _invent(text: str, annotations: Sequence[Annotation], key: str, locale: str) -> Planted | None:
    words = ordinary_words(text, annotations, locale)
    if not words:
        return None
    word = _draw(words, key, "word")
    labels = sorted({annotation.label for annotation in annotations if coarse(annotation.label) in NAMES})
    invented = Annotation(*word, text[word.start : word.end], _draw(labels or PLAUSIBLE, key, "label"))
    ordered = sorted([*annotations, invented], key=lambda annotation: (annotation.start, annotation.end))
    return Planted("invented", invented.mention, ordered)


Planter = Callable[[str, Sequence[Annotation], str, str], Planted | None]
KINDS: dict[str, Planter] = {"removed": _remove, "wrong_type": _retype, "invented": _invent}


def _alone(annotations: Sequence[Annotation]) -> list[Annotation]:
    """Annotations whose mention is neither listed twice nor a part of another: only there an error is plain to see."""
    folded = [fold(annotation.mention).text for annotation in annotations]
    return [
        annotation
        for index, annotation in enumerate(annotations)
        if not any(folded[index] in other or other in folded[index] for other in folded[:index] + folded[index + 1 :])
    ]


def wrong_types(label: str) -> list[str]:
    """The types that a label's mention clearly is not; none for a label whose class is not known."""
    classes = {coarse(part) for part in label.split(" / ")}
    if not classes <= frozenset.union(*_NEAR.values()):
        return []
    return [wrong for wrong, near in _NEAR.items() if not near & classes]


def ordinary_words(text: str, annotations: Sequence[Annotation], locale: str) -> list[Span]:
    """Where words stand that are most likely no name: of letters alone, without a capital, in no annotation.

    Each word once, in the upper half by length, since the short ones are the likes of "and"; without the longest tenth,
    which in unspaced scripts are often names that the dictionary does not know.
    """
    mentions = [fold(annotation.mention).text for annotation in annotations]
    spans: dict[str, Span] = {}
    for word in segment.words(text, locale):
        written = text[word.start : word.end]
        kinds = [unicodedata.category(character) for character in written]
        if any(kind[0] not in "LM" or kind in ("Lu", "Lt") for kind in kinds) or sum(k[0] == "L" for k in kinds) < 2:
            continue
        is_free = not any(overlap(word, Span(other.start, other.end)) for other in annotations)
        folded = fold(written).text
        if is_free and not any(folded in mention for mention in mentions):
            spans.setdefault(folded, word)
    by_length = [spans[folded] for folded in sorted(spans, key=lambda folded: (len(folded), folded))]
    half = len(by_length) // 2
    return by_length[half : max(half + 1, len(by_length) - len(by_length) // 10)]


def is_caught(kind: str, mention: str, *, missing: Sequence[str], extra: Sequence[str], wrong: Sequence[str]) -> bool:
    """Did a judge that listed these mentions see the planted error?"""
    lists = {"missing": missing, "extra": extra, "wrong": wrong}
    return any(is_same(mention, entry) for name in CAUGHT_IN[kind] for entry in lists[name])


def is_same(mention: str, entry: str) -> bool:
    """Does a judge mean the mention by an entry of its list?

    Yes where the two fold to the same text, with or without a comment ("Oslo (a city)", "Oslo: city"); or where one
    holds the other as whole words and is at most twice as long ("King Charles" for "Charles").
    """
    name = _bare(fold(mention).text)
    folded = fold(entry).text
    return any(_is_alike(name, _bare(part)) for part in (folded, COMMENT.sub("", folded)))


def _bare(folded: str) -> str:
    return folded.strip(" .,;:!?\"'()[]{}<>*`")


def _is_alike(a: str, b: str) -> bool:
    short, long = sorted((a, b), key=len)
    if a == b or not short or len(long) > 2 * len(short):
        return a == b
    starts = (index for index in range(len(long)) if long.startswith(short, index))
    return any(_is_edge(long, start) and _is_edge(long, start + len(short)) for start in starts)


def _is_edge(text: str, index: int) -> bool:
    """May a mention begin or end here? Not inside a word, except where a script writes words without spaces."""
    if index in (0, len(text)):
        return True
    beside = text[index - 1], text[index]
    if not all(unicodedata.category(character)[0] in "LMN" for character in beside):
        return True
    return all(UNSPACED.match(character) or HANGUL.match(character) for character in beside)


_T = TypeVar("_T")


def _draw(choices: Sequence[_T], *key: str) -> _T:
    digest = hashlib.sha256("\0".join(key).encode()).digest()
    return choices[int.from_bytes(digest[:8], "big") % len(choices)]


def _choose(annotations: Sequence[Annotation], *key: str) -> Annotation | None:
    """One of some annotations, of the sure ones if there are any: an error planted on an error would teach nothing."""
    pool = [annotation for annotation in annotations if annotation.is_sure] or annotations
    return _draw(pool, *key) if pool else None
