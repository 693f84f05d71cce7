"""Find the mentions that a model named in the text it named them from. Plain Python, no Spark.

Every span is a slice of the text: `text[start:end]` is what it says, whatever the model wrote. Offsets are code points.
"""

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

from finerweb.errors import UnknownName
from finerweb.mentions.aligning import Place, align
from finerweb.problems import MentionProblem
from finerweb.text.edges import UNSPACED, Edges
from finerweb.text.folding import Folded, fold
from finerweb.text.scripts import scripts
from finerweb.text.spans import Span

POLICIES = ("best", "cursor", "all")

# What a place costs, where a mention in reading order is worth 1.
NORMALISED, FUZZY = 0.2, 0.4

SHORTEST = 5  # folded characters of a mention that may be found by similarity: shorter names have too many neighbours
LETTERS_AN_EDIT, MOST_EDITS = 5, 3  # one letter in five may be another one
LONGEST_ENDING = 4  # letters that a word's other ending may have


class Grounded(NamedTuple):
    """Where a mention is and by which tier it was found; or, where it is nowhere, the problem."""

    span: Span | None
    tier: str | None
    problem: MentionProblem | None


class Text:
    """A passage, with what grounding needs of it computed once."""

    def __init__(self, text: str, locale: str) -> None:
        self.text = text
        self.edges = Edges(text, locale)

    @cached_property
    def folded(self) -> Folded:
        """The text as the tiers `normalised` and `fuzzy` compare it."""
        return fold(self.text)

    def exact(self, mention: str) -> list[Place]:
        """The places of a mention, letter by letter."""
        if not mention:
            return []
        return [Place(span, "exact", 0.0) for span in occurrences(self.text, mention) if self.edges.is_whole(span)]

    def places(self, mention: str, exact: list[Place]) -> list[Place]:
        """All places of a mention: the exact ones, those written otherwise, and where there are none, similar ones."""
        wanted = fold(mention).text.strip()
        if not wanted:
            return exact
        there = {place.span for place in exact}
        alike = {self.folded.source(*span) for span in occurrences(self.folded.text, wanted)} - there
        found = exact + [Place(span, "normalised", NORMALISED) for span in sorted(alike) if self.edges.is_whole(span)]
        return found or self._inside(mention) or [Place(span, "fuzzy", FUZZY) for span in self._similar(wanted)]

    def _inside(self, mention: str) -> list[Place]:
        """The places of a mention that was written together with its neighbours."""
        return [
            Place(span, "exact", NORMALISED)
            for span in occurrences(self.text, mention)
            if (self.edges.is_edge(span.start, is_start=True) or self.edges.is_seam(span.start))
            and (self.edges.is_edge(span.end, is_start=False) or self.edges.is_seam(span.end))
        ]

    def _similar(self, wanted: str) -> list[Span]:
        """The places most like a folded mention: with few other letters, or with another ending.

        The first letter and all digits are the same: other years and numbers are others, and few names are misspelt
        in their first letter.
        """
        if len(wanted) < SHORTEST:
            return []
        best = min(len(wanted) // LETTERS_AN_EDIT, MOST_EDITS)
        found: list[Span] = []
        text, starts, ends = self.folded
        digits = _digits(wanted)
        at = text.find(wanted[0])
        while at >= 0:
            # Where an end near this length is within `best` edits, this length is within twice as many.
            if _distance(text[at : at + len(wanted)], wanted, 2 * best) > 2 * best:
                at = text.find(wanted[0], at + 1)
                continue
            is_start = (not at or starts[at] != starts[at - 1]) and self.edges.is_edge(starts[at], is_start=True)
            for end in self._ends(at, len(wanted), best) if is_start else ():
                distance = _distance(text[at:end], wanted, best)
                if distance <= best and _digits(text[at:end]) == digits:
                    if distance < best:
                        found, best = [], distance
                    found.append(Span(starts[at], ends[end - 1]))
            at = text.find(wanted[0], at + 1)
        return found or self._inflected(wanted)

    def _ends(self, at: int, length: int, edits: int) -> Iterator[int]:
        """Where a folded word ends, so many characters after `at`, more or less."""
        text, _, ends = self.folded
        for end in range(max(at + 1, at + length - edits), min(len(text), at + length + edits) + 1):
            is_end = end == len(text) or ends[end - 1] != ends[end]
            if is_end and not text[end - 1].isspace() and self.edges.is_edge(ends[end - 1], is_start=False):
                yield end

    def _inflected(self, wanted: str) -> list[Span]:
        """The places that begin like a folded mention, and only end otherwise: its last word has another ending."""
        stem = max(SHORTEST - 1, -(-len(wanted) * 2 // 3))
        found = []
        text, starts, ends = self.folded
        at = text.find(wanted[:stem])
        while at >= 0:
            same = at + stem
            while same < len(text) and same - at < len(wanted) and text[same] == wanted[same - at]:
                same += 1
            longest = min(LONGEST_ENDING, (same - at) // 2)
            lost = wanted[same - at :]
            end = next((one for one in self._ends(at, same - at, longest) if one >= same), None)
            if (
                end is not None
                and self.edges.is_edge(starts[at], is_start=True)
                and len(lost) <= longest
                and (lost + text[same:end]).isalpha()
                and not UNSPACED.search(wanted)
            ):
                found.append(Span(starts[at], ends[end - 1]))
            at = text.find(wanted[:stem], at + 1)
        return found

    def problem(self, mention: str, prompt: str = "") -> MentionProblem:
        """Why a mention has no place."""
        if not mention:
            return "empty"
        if mention in self.text:
            return "inside_word"
        wanted = fold(mention).text.strip()
        if not wanted:
            return "empty"
        if wanted in self.folded.text:
            return "inside_word"
        if wanted in _folded(prompt):
            return "in_prompt"
        written = scripts(mention)
        return "wrong_script" if written and not written & scripts(self.text) else "absent"


@lru_cache(maxsize=8)
def _folded(text: str) -> str:
    return fold(text).text


def _digits(text: str) -> list[str]:
    return [character for character in text if character.isdecimal()]


def _distance(a: str, b: str, most: int) -> int:
    """Edits from one to the other; more than `most` where it is more."""
    return int(Levenshtein.distance(a, b, score_cutoff=most))


def occurrences(text: str, mention: str, start: int = 0) -> list[Span]:
    """Every place of an exact mention, overlapping ones too."""
    found = []
    at = text.find(mention, start)
    while at >= 0:
        found.append(Span(at, at + len(mention)))
        at = text.find(mention, at + 1)
    return found


def ground(
    mentions: Sequence[str],
    text: Text,
    *,
    labels: Sequence[Hashable] | None = None,
    policy: str = "best",
    prompt: str = "",
) -> list[list[Grounded]]:
    """For each mention, in the order in which the model named them, its place or its problem.

    `cursor`  the paper's section 3.2: exact, each search starting where the last match ended; one place a mention
    `all`     the paper's algorithm 1: every exact occurrence
    `best`    the whole list aligned at once (`mentions.aligning`): exact, else normalised, else fuzzy; at word edges;
              one place each, which two mentions share only if their `labels` differ

    `prompt` is what the model was told besides the text: what was copied from there is no mention.
    """
    if policy == "all":
        return [_all(mention, text) for mention in mentions]
    if policy == "cursor":
        return [[place] for place in _cursor(mentions, text)]
    if policy == "best":
        return [[place] for place in _best(mentions, text, labels or [None] * len(mentions), prompt)]
    raise UnknownName(f"grounding policy {policy!r}; wanted one of {', '.join(POLICIES)}")


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


def _best(mentions: Sequence[str], text: Text, labels: Sequence[Hashable], prompt: str) -> list[Grounded]:
    stripped = [mention.strip() for mention in mentions]
    exact = {mention: text.exact(mention) for mention in set(stripped)}
    # An exact mention may stand for a place that is written otherwise, where it was named more often than it is there.
    named = Counter(stripped)
    places = {
        mention: spans if len(spans) >= named[mention] else text.places(mention, spans)
        for mention, spans in exact.items()
    }
    options = [places[mention] for mention in stripped]
    found = []
    for mention, option, placed in zip(stripped, options, align(options, labels), strict=True):
        if placed:
            span, tier, _ = placed.place
            found.append(Grounded(span, "elsewhere" if tier == "exact" and not placed.is_in_order else tier, None))
        else:
            found.append(Grounded(None, None, "claimed" if option else text.problem(mention, prompt)))
    return found
