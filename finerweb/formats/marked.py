"""Documents with their entities marked inline, in a format that a person can edit.

    === river-ferry rich
    The company [Nile Crossing](organization) sails between [Cairo](city) and [Aswan](city).

A line `=== name kind` starts a document; `[mention](type)` marks an entity, and reads as the mention alone.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from finerweb.errors import BadMark

HEADING = re.compile(r"^=== ([\w.-]+) ([\w-]+)[ \t]*$", re.MULTILINE)
MARK = re.compile(r"\[([^\[\]\n]+)\]\(([a-z][a-z -]*)\)")


class Entity(NamedTuple):
    """A half-open code-point span of the document's text and its type."""

    start: int
    end: int
    label: str


class Document(NamedTuple):
    """A document's text without the marks, and the entities that were marked. `line` is its heading's."""

    name: str
    kind: str
    line: int
    text: str
    entities: list[Entity]


def documents(source: str) -> Iterator[Document]:
    """The documents of a file; raises BadMark for a text before the first heading or a bracket that is no mark."""
    headings = list(HEADING.finditer(source))
    before = source[: headings[0].start()] if headings else source
    if before.strip():
        raise BadMark(1, f"text before the first heading: {before.strip()[:40]!r}; wanted a line '=== name kind'")
    for heading, end in zip(
        headings, [*(one.start() for one in headings[1:]), len(source)][: len(headings)], strict=True
    ):
        body = source[heading.end() : end].rstrip()
        text = body.lstrip("\n")
        line = source.count("\n", 0, heading.start()) + 1
        text, entities = read_marks(text, line + len(body) - len(text))
        yield Document(heading[1], heading[2], line, text, entities)


def read_marks(marked: str, line: int = 1) -> tuple[str, list[Entity]]:
    """A marked text as the text alone and its entities; raises BadMark."""
    parts: list[str] = []
    entities = []
    length = at = 0
    for mark in MARK.finditer(marked):
        parts.append(_plain(marked[at : mark.start()], line + marked.count("\n", 0, at)))
        length += len(parts[-1])
        entities.append(Entity(length, length + len(mark[1]), mark[2]))
        parts.append(mark[1])
        length += len(mark[1])
        at = mark.end()
    parts.append(_plain(marked[at:], line + marked.count("\n", 0, at)))
    return "".join(parts), entities


def _plain(text: str, line: int) -> str:
    at = min((text.find(bracket) for bracket in "[]" if bracket in text), default=-1)
    if at >= 0:
        raise BadMark(
            line + text.count("\n", 0, at), f"a bracket that is no mark: {text[at : at + 40]!r}; wanted [mention](type)"
        )
    return text
