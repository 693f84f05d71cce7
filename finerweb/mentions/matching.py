"""All places where a mention could be in a text: letter by letter, written otherwise, or only similar. Plain Python.

Every span is a slice of the text: `text[start:end]` is what it says, whatever the model wrote. Offsets are code points.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache

from rapidfuzz.distance import Levenshtein

from finerweb.mentions.aligning import Place
from finerweb.problems import MentionProblem
from finerweb.text import clitics, endings
from finerweb.text.characters import UNSPACED, is_letter
from finerweb.text.edges import Edges
from finerweb.text.folding import Folded, fold
from finerweb.text.scripts import scripts
from finerweb.text.spans import Span

# What a place costs, where a mention in reading order is worth 1.
NORMALISED, FUZZY = 0.2, 0.4
PREFIXED = 0.03  # a sign that is written together with the next word: the "@" of "@ NASA" is not that of "@esa"

# A part of a word, for a name that is ordered less often than it stands there: `EEC-kakan`, 京都 of 東京都.
PART = 0.02
_HYPHENATED = re.compile(r"[-\u2010\u2011][^\W_]")

LETTERS_AN_EDIT, MOST_EDITS = 5, 3  # one letter in five may be another one
SHORTEST_RUN = 8  # characters of a mention of several words that may be run together with another one

# Of a script whose vowels are marks: three characters are two syllables, and endings are written together with names.
SHORTEST_SYLLABIC = 3
VIRAMA = 9  # its combining class: the letter before it joins the one after it


class Text:
    """A passage, with what grounding needs of it computed once."""

    def __init__(self, text: str, locale: str) -> None:
        self.text = text
        self.locale = locale
        self.edges = Edges(text, locale)
        self._endings = endings.load(self.edges.language)

    @cached_property
    def folded(self) -> Folded:
        """The text as the tiers `normalised` and `fuzzy` compare it."""
        return fold(self.text, self.locale)

    def exact(self, mention: str) -> list[Place]:
        """The places of a mention, letter by letter."""
        if not mention:
            return []
        is_sign = not (mention[-1].isalnum() or is_letter(mention[-1]))
        return [
            Place(span, "exact", PREFIXED if is_sign and self.text[span.end : span.end + 1].isalnum() else 0.0)
            for span in occurrences(self.text, mention)
            if self.edges.is_whole(span)
        ]

    def alone_first(self, places: list[Place]) -> list[Place]:
        """The same places, those that are a part of a word at a cost."""
        return [place._replace(cost=place.cost + PART * self._is_part(place.span)) for place in places]

    def _is_part(self, span: Span) -> bool:
        before, after = self.text[max(0, span.start - 2) : span.start], self.text[span.end : span.end + 2]
        is_in_compound = _HYPHENATED.fullmatch(before[::-1]) or _HYPHENATED.fullmatch(after)
        return bool(is_in_compound) or any(map(self.edges.is_inside_word, span))

    def places(self, mention: str, exact: list[Place], count: int = 1) -> list[Place]:
        """All places of a mention that is named so often: exact, written otherwise, joined; else those most like it."""
        name = fold(mention, self.locale).text.strip()
        if not name:
            return exact
        spans = {place.span for place in exact}
        alike = [span for span in (*self._alike(name), *self._contracted(name)) if span not in spans]
        places = exact + [Place(span, "normalised", NORMALISED) for span in alike if self.edges.is_whole(span)]
        if len(places) < count:
            spans |= {place.span for place in places}
            places += self._joined(mention, [span for span in alike if span not in spans])
        return places or [Place(span, "fuzzy", FUZZY) for span in self._similar(name)] or self._run_together(mention)

    def _alike(self, name: str) -> list[Span]:
        """The places that fold to a folded mention, from whole clusters to whole clusters."""
        spans = {
            self.folded.source(start, end)
            for start, end in occurrences(self.folded.text, name)
            if self._is_bound(start) and self._is_bound(end)
        }
        return sorted(spans)

    def _contracted(self, name: str) -> list[Span]:
        """The places of a folded mention behind a preposition that takes the first letter of its article."""
        article, prepositions = clitics.ARTICLES.get(self.edges.language, (name, ()))
        if not name.startswith(article) or name == article:
            return []
        return [
            span for span in self._alike(name[1:]) if self.text[max(0, span.start - 1) : span.start] in prepositions
        ]

    def _is_bound(self, index: int) -> bool:
        """Does a cluster of the text begin at this place of the folded text? "ﬁ" folds to two letters."""
        starts = self.folded.starts
        return index in (0, len(starts)) or starts[index] != starts[index - 1]

    def _joined(self, mention: str, alike: Sequence[Span]) -> list[Place]:
        """The places of a mention that was written together with its neighbours."""
        return [
            Place(span, "exact" if self.text[slice(*span)] == mention else "normalised", NORMALISED)
            for span in alike
            if self.edges.is_seam(span.start, is_start=True) and self.edges.is_seam(span.end, is_start=False)
        ]

    def _run_together(self, mention: str) -> list[Place]:
        """The places of several words, of which one lacks the space to its neighbour: they are there by no accident."""
        if len(mention) < SHORTEST_RUN or " " not in mention:
            return []
        return [
            Place(span, "exact", FUZZY) for span in occurrences(self.text, mention) if self.edges.is_run_together(span)
        ]

    def _similar(self, name: str) -> list[Span]:
        """The places most like a folded mention: with few other letters, or with another ending.

        The first letter and all digits are the same: other years and numbers are others, and few names are misspelt
        in their first letter.
        """
        if len(name) < endings.SHORTEST:  # shorter names have too many neighbours
            return self._inflected(name) if len(name) >= SHORTEST_SYLLABIC and endings.is_syllabic(name) else []
        best = min(len(name) // LETTERS_AN_EDIT, MOST_EDITS)
        spans: list[Span] = []
        text, starts, ends = self.folded
        digits = _digits(name)
        for start in _indexes(text, name[0]):
            # Where an end near this length is within `best` edits, this length is within twice as many.
            if _distance(text[start : start + len(name)], name, 2 * best) > 2 * best:
                continue
            is_start = self._is_bound(start) and self.edges.is_edge(starts[start], is_start=True)
            for end in self._ends(start, name, best) if is_start else ():
                distance = _distance(text[start:end], name, best)
                if distance <= best and _digits(text[start:end]) == digits:
                    if distance < best:
                        spans, best = [], distance
                    spans.append(Span(starts[start], ends[end - 1]))
        # "umjetnostii" is a misspelt "umjetnosti", not "umjetnosti i".
        as_many_words = [span for span in spans if len(self.text[slice(*span)].split()) == len(name.split())]
        return as_many_words or spans or self._inflected(name)

    def _ends(self, start: int, name: str, edits: int) -> Iterator[int]:
        """Where a folded word ends that is about as long as a name, without punctuation unless the name has it."""
        text = self.folded.text
        shortest, longest = max(1, len(name) - edits), len(name) + edits
        for end in range(start + shortest, min(len(text), start + longest) + 1):
            if self._is_end(end) and (is_letter(text[end - 1]) or not is_letter(name[-1])):
                yield end

    def _is_end(self, end: int) -> bool:
        text, _, ends = self.folded
        is_end = end == len(text) or ends[end - 1] != ends[end]
        return is_end and not text[end - 1].isspace() and self.edges.is_edge(ends[end - 1], is_start=False)

    def _inflected(self, name: str) -> list[Span]:
        """The places that begin like a folded mention, and only end otherwise: its last word has another ending."""
        if UNSPACED.search(name):
            return []
        stem = self._endings.stem(name)
        spans = []
        text, starts, ends = self.folded
        for start in _indexes(text, name[:stem]):
            if not (self._is_bound(start) and self.edges.is_edge(starts[start], is_start=True)):
                continue
            end = self._end_of_inflected(start, name, stem)
            if end is not None:
                spans.append(Span(starts[start], ends[end - 1]))
        return spans

    def _end_of_inflected(self, start: int, name: str, stem: int) -> int | None:
        """Where a word ends that shares a stem with a folded mention, if the rest of both is no more than an ending."""
        text = self.folded.text
        same = stem
        while same < min(len(name), len(text) - start) and text[start + same] == name[same]:
            same += 1
        lost, end = name[same:], start + same
        if not lost and unicodedata.combining(text[end : end + 1] or " ") == VIRAMA:
            return None  # the last letter of the mention is a part of another one here
        while end <= len(text) and endings.letters(text[start + same : end]) <= self._endings.longest:
            if self._is_end(end):
                return end if self._endings.fits(name, lost, text[start + same : end]) else None
            end += 1
        return None

    def problem(self, mention: str, prompt: str = "") -> MentionProblem:
        """Why a mention has no place."""
        if not mention:
            return "empty"
        if mention in self.text:
            return "inside_word"
        name = fold(mention, self.locale).text.strip()
        if not name:
            return "empty"
        if name in self.folded.text:
            return "inside_word"
        if name in _folded(prompt, self.locale):
            return "in_prompt"
        written = scripts(mention)
        return "wrong_script" if written and not written & scripts(self.text) else "absent"


def occurrences(text: str, mention: str, start: int = 0) -> list[Span]:
    """Every place of an exact mention, overlapping ones too."""
    return [Span(index, index + len(mention)) for index in _indexes(text, mention, start)]


def _indexes(text: str, part: str, start: int = 0) -> Iterator[int]:
    index = text.find(part, start)
    while index >= 0:
        yield index
        index = text.find(part, index + 1)


@lru_cache(maxsize=128)
def _folded(text: str, locale: str) -> str:
    return fold(text, locale).text


def _digits(text: str) -> list[str]:
    return [character for character in text if character.isdecimal()]


def _distance(first: str, second: str, most: int) -> int:
    """Edits from one to the other; more than `most` where it is more."""
    return int(Levenshtein.distance(first, second, score_cutoff=most))
