"""Find the mentions that a model named in the text it named them from. Plain Python, no Spark.

Every span is a slice of the text: `text[start:end]` is what it says, whatever the model wrote. Offsets are code points.
"""

import bisect
import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from finerweb import segment
from finerweb.spans import Span

POLICIES = ("best", "cursor", "all")

# Letters of these scripts follow each other without spaces, so that a word break says little about a name's edge.
UNSPACED = re.compile(
    r"[\u0E00-\u0EFF\u1000-\u109F\u1780-\u17FF\u3040-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uAA60-\uAA7F\U00020000-\U0003FFFF]"
)
HANGUL = re.compile(r"[\uAC00-\uD7A3]")
# And, the, in, to, from, as, that: written together with the word that follows.
PROCLITICS = re.compile(
    r"[\u05D5\u05D4\u05D1\u05DC\u05DE\u05DB\u05E9]{1,3}|[\u0648\u0641]?[\u0628\u0644\u0643]?(?:\u0627\u0644)?"
)
# Invisible and lost by models: soft hyphen, zero-width signs, bidi controls, tatweel, Arabic and Hebrew points.
INVISIBLE = re.compile(
    r"[\u00AD\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF\u0640\u064B-\u065F\u0670\u06D6-\u06ED\u0591-\u05BD\u05BF-\u05C7]"
)
SAME = str.maketrans(
    {**dict.fromkeys("‘’‚‛ʼ`´′", "'"), **dict.fromkeys("“”„‟«»″״", '"'), **dict.fromkeys("‐‑‒–—―−־", "-")}
)


class Grounded(NamedTuple):
    """Where a mention is and by which tier it was found; or, where it is nowhere, the problem."""

    span: Span | None
    tier: str | None
    problem: str | None


class Folded(NamedTuple):
    """A text as it is compared; `starts[i]`, `ends[i]` bound the source of its i-th character."""

    text: str
    starts: list[int]
    ends: list[int]

    def source(self, start: int, end: int) -> Span:
        """The span of the original text that folds to `text[start:end]`."""
        return Span(self.starts[start], self.ends[end - 1])


def fold(text: str) -> Folded:
    """Case, Unicode form, quotes, dashes, digits and white space made alike, invisible characters left out.

    Works cluster by cluster (a character and its combining marks), so that every folded character has its source.
    """
    folded: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    while at < len(text):
        end = at + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        for character in _fold_cluster(text[at:end]):
            if character == " " and folded and folded[-1] == " ":
                ends[-1] = end
                continue
            folded.append(character)
            starts.append(at)
            ends.append(end)
        at = end
    return Folded("".join(folded), starts, ends)


def _fold_cluster(cluster: str) -> str:
    plain = INVISIBLE.sub("", unicodedata.normalize("NFKC", INVISIBLE.sub("", cluster))).translate(SAME)
    # "İ" folds to "i" and a combining dot, which nobody who writes "istanbul" types.
    plain = unicodedata.normalize("NFC", plain.casefold().replace("i\u0307", "i"))
    return "".join(" " if c.isspace() else str(unicodedata.decimal(c)) if c.isdecimal() else c for c in plain)


class Text:
    """A passage, with what grounding needs of it computed once."""

    def __init__(self, text: str, locale: str) -> None:
        self.text = text
        pieces = segment.pieces(text, locale)
        self._starts = sorted({piece.start for piece in pieces})
        self._breaks = {*self._starts, len(text)}
        self._folded: Folded | None = None

    @property
    def folded(self) -> Folded:
        """The text as the `normalised` tier compares it."""
        if self._folded is None:
            self._folded = fold(self.text)
        return self._folded

    def is_whole(self, span: Span) -> bool:
        """Does the span begin and end where words do, by the rules of its script?

        Beyond ICU's word breaks: anywhere between letters of an unspaced script, since dictionaries do not know every
        name; before a Korean particle; after Hebrew and Arabic words of one letter, written together with the next;
        beside a full stop that ICU takes for part of an abbreviation or a host name.
        """
        return self._is_edge(span.start, is_start=True) and self._is_edge(span.end, is_start=False)

    def _is_edge(self, at: int, *, is_start: bool) -> bool:
        if at in self._breaks:
            return True
        before, after = self.text[at - 1], self.text[at]
        if UNSPACED.match(before) and UNSPACED.match(after):
            return True
        if is_start:
            word = self._starts[bisect.bisect_right(self._starts, at) - 1]
            return bool(PROCLITICS.fullmatch(self.text[word:at])) or (before == "." and self._is_name(at, at + 2))
        if HANGUL.match(before) and HANGUL.match(after):
            return True
        return (after == "." and self._is_name(at - 2, at)) or (before == "." and self._is_name(at - 3, at - 1))

    def _is_name(self, start: int, end: int) -> bool:
        """Two letters: beside a full stop between single letters or digits, as in e.g. and 3.14, there is no edge."""
        return start >= 0 and len(self.text[start:end]) == 2 and self.text[start:end].isalpha()


def occurrences(text: str, mention: str, start: int = 0) -> list[Span]:
    """Every place of an exact mention, overlapping ones too."""
    found = []
    at = text.find(mention, start)
    while at >= 0:
        found.append(Span(at, at + len(mention)))
        at = text.find(mention, at + 1)
    return found


def ground(mentions: Sequence[str], text: Text, *, policy: str = "best") -> list[list[Grounded]]:
    """For each mention, in the order in which the model named them, its place or its problem.

    `cursor`  the paper's section 3.2: exact, each search starting where the last match ended; one place a mention
    `all`     the paper's algorithm 1: every exact occurrence
    `best`    exact at the cursor, exact elsewhere and unclaimed, then normalised, only at word edges; one place each
    """
    if policy == "all":
        return [_all(mention, text) for mention in mentions]
    if policy == "cursor":
        return [[place] for place in _cursor(mentions, text)]
    if policy == "best":
        return [[place] for place in _best(mentions, text)]
    raise ValueError(f"grounding policy {policy!r}; wanted one of {', '.join(POLICIES)}")


def _all(mention: str, text: Text) -> list[Grounded]:
    if not mention.strip():
        return [Grounded(None, None, "empty")]
    found = [Grounded(span, "exact", None) for span in occurrences(text.text, mention)]
    return found or [Grounded(None, None, "absent")]


def _cursor(mentions: Sequence[str], text: Text) -> list[Grounded]:
    found = []
    cursor = 0
    for mention in mentions:
        at = text.text.find(mention, cursor) if mention.strip() else -1
        if at >= 0:
            cursor = at + len(mention)
            found.append(Grounded(Span(at, cursor), "exact", None))
        elif not mention.strip():
            found.append(Grounded(None, None, "empty"))
        else:
            found.append(Grounded(None, None, "passed" if mention in text.text else "absent"))
    return found


def _best(mentions: Sequence[str], text: Text) -> list[Grounded]:
    claimed: set[Span] = set()
    cursor = 0
    found = []
    for mention in mentions:
        place = _place(mention.strip(), text, claimed, cursor)
        found.append(place)
        if place.span:
            claimed.add(place.span)
            cursor = max(cursor, place.span.start)  # not its end: a nested mention may follow
    return found


def _place(mention: str, text: Text, claimed: set[Span], cursor: int) -> Grounded:
    if not mention:
        return Grounded(None, None, "empty")
    problem = "absent"
    for tier, spans in (
        ("exact", lambda: occurrences(text.text, mention)),
        ("normalised", lambda: _alike(mention, text)),
    ):
        candidates = spans()
        whole = [span for span in candidates if text.is_whole(span)]
        free = [span for span in whole if span not in claimed]
        if free:
            ahead = [span for span in free if span.start >= cursor]
            if tier == "exact":
                return Grounded(ahead[0], "exact", None) if ahead else Grounded(free[0], "elsewhere", None)
            return Grounded((ahead or free)[0], tier, None)
        if whole:
            return Grounded(None, None, "claimed")
        if candidates:
            problem = "inside_word"
    return Grounded(None, None, problem)


def _alike(mention: str, text: Text) -> list[Span]:
    wanted = fold(mention).text.strip()
    if not wanted:
        return []
    return [text.folded.source(*span) for span in occurrences(text.folded.text, wanted)]
