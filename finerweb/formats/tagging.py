"""Spans of characters as spans of tokens, and back; GLiNER's records, and what BIO (bio.py) can hold. No Spark.

Tokens are ICU's words and signs, in every script, without white space; one that the edge of a span cuts is two. Nothing
but white space lies between tokens, so that the text and its tokens say where each of them is.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from operator import attrgetter
from typing import Any, NamedTuple

from finerweb.errors import BadTokens
from finerweb.problems import FormatProblem
from finerweb.text import segment
from finerweb.text.spans import Entity, Span

FORMATS = ("gliner", "bio")
# Ends of lines for some readers, which JSON leaves as they are.
LINE_ENDS = {sign: f"\\u{ord(sign):04x}" for sign in "\x85\u2028\u2029"}


class Unaligned(NamedTuple):
    """A labelled span that a format cannot hold, and why."""

    entity: Entity
    problem: FormatProblem


class Sentence(NamedTuple):
    """A text with its labelled spans; a span with two labels is there twice."""

    id: str
    text: str
    entities: list[Entity]


def entities(char_spans: Iterable[Mapping[str, Any]]) -> list[Entity]:
    """The spans of an example (`start`, `end`, a list of labels as `label`), label by label."""
    return [Entity(int(span["start"]), int(span["end"]), str(label)) for span in char_spans for label in span["label"]]


def fit(text: str, entities: Iterable[Entity], kind: str) -> tuple[list[Entity], list[Unaligned]]:
    """What the format holds, in reading order, and what it does not.

    GLiNER holds nested and overlapping spans, and several labels on one. BIO holds one label a token: of spans that
    share a character the longest stays, then the first, with the first of its labels.
    """
    held: list[Entity] = []
    left = []
    for entity in sorted(dict.fromkeys(entities), key=lambda entity: (entity.start - entity.end, entity.start)):
        problem = _unwritable(text, entity)
        if kind == "bio":
            problem = problem or _unspeakable(entity.label) or _taken(entity, held)
        if problem:
            left.append(Unaligned(entity, problem))
        else:
            held.append(entity)
    return sorted(held, key=attrgetter("span")), sorted(left, key=attrgetter("entity.span"))


def _unwritable(text: str, entity: Entity) -> FormatProblem | None:
    inside = text[entity.start : entity.end]
    if not inside.strip():
        return "no_token"
    return None if inside == inside.strip() else "space_at_edge"


def _unspeakable(label: str) -> FormatProblem | None:
    """A tag is the rest of a line."""
    return None if label.splitlines() == [label] and "\t" not in label else "bad_label"


def _taken(entity: Entity, held: Iterable[Entity]) -> FormatProblem | None:
    """Why BIO has no room for a span, beside longer ones."""
    problems = {_relation(entity, other) for other in held if entity.start < other.end and other.start < entity.end}
    worst_first: tuple[FormatProblem, ...] = ("same_place", "nested", "overlapping")
    return next((problem for problem in worst_first if problem in problems), None)


def _relation(entity: Entity, longer: Entity) -> FormatProblem:
    if entity.span == longer.span:
        return "same_place"
    return "nested" if longer.start <= entity.start and entity.end <= longer.end else "overlapping"


def tokens(text: str, locale: str, entities: Iterable[Entity] = ()) -> list[Span]:
    """The tokens of a text, cut where these spans begin and end."""
    breaks = {*segment.edges(text, locale), *(edge for entity in entities for edge in entity.span)}
    return [
        Span(start + run.start(), start + run.end())
        for start, end in pairwise(sorted(breaks))
        for run in re.finditer(r"\S+", text[start:end])
    ]


def places(text: str, words: Sequence[str]) -> list[Span]:
    """Where these tokens of a text are; raises BadTokens for tokens of another text."""
    spans: list[Span] = []
    end = 0
    for word in words:
        start = _after_space(text, end)
        end = start + len(word)
        if not word or not text.startswith(word, start):
            raise BadTokens(f"token {len(spans)}: found {text[start : start + 20]!r} in the text, wanted {word!r}")
        spans.append(Span(start, end))
    if text[end:].strip():
        raise BadTokens(f"after the last token: found {text[end : end + 20]!r} in the text, wanted nothing more")
    return spans


def _after_space(text: str, start: int) -> int:
    space = re.compile(r"\s*").match(text, start)
    return space.end() if space else start


def to_gliner(sentence: Sentence, locale: str) -> dict[str, Any]:
    """A record as GLiNER trains on (`tokenized_text` and `ner`, both tokens inclusive), with its id and text.

    The spans must be what `fit` holds.
    """
    spans = tokens(sentence.text, locale, sentence.entities)
    firsts = {span.start: index for index, span in enumerate(spans)}
    lasts = {span.end: index for index, span in enumerate(spans)}
    return {
        "id": sentence.id,
        "text": sentence.text,
        "tokenized_text": [sentence.text[slice(*span)] for span in spans],
        "ner": [[firsts[start], lasts[end], label] for start, end, label in sentence.entities],
    }


def from_gliner(record: dict[str, Any]) -> Sentence:
    """The sentence of a record that `to_gliner` made."""
    spans = places(record["text"], record["tokenized_text"])
    entities = [Entity(spans[first].start, spans[last].end, label) for first, last, label in record["ner"]]
    return Sentence(record["id"], record["text"], entities)


def json_line(value: Any) -> str:
    """JSON that stays on one line for every reader."""
    line = json.dumps(value, ensure_ascii=False)
    for sign, escape in LINE_ENDS.items():  # a tenth of what str.translate takes
        line = line.replace(sign, escape)
    return line
