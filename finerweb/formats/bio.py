"""Sentences as BIO: a token and its tag a line, as CoNLL has them, with what leads back to the text. Plain Python.

    # sent_id = "web/1#0-s0"
    # text = "Red Sea port"
    Red	B-sea
    Sea	I-sea
    port	O

Id and text are JSON strings, a tab stands before a tag, an empty line after a sentence. A tag may have spaces:
`B-football club`.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from finerweb.errors import BadLine, BadTokens
from finerweb.formats import tagging
from finerweb.formats.tagging import Sentence, json_line
from finerweb.text.spans import Entity

OUTSIDE = "O"
HEAD = ("sent_id", "text")
END = "\n\n"  # of a sentence: no line in it is empty


class _Token(NamedTuple):
    line: int
    word: str
    tag: str


def write(sentence: Sentence, locale: str) -> str:
    """The lines of a sentence, whose spans must be what `tagging.fit` says that BIO holds."""
    spans = tagging.tokens(sentence.text, locale, sentence.entities)
    tags = [OUTSIDE] * len(spans)
    for entity in sentence.entities:
        inside = [index for index, span in enumerate(spans) if entity.start <= span.start < entity.end]
        for index in inside:
            tags[index] = f"{'B' if index == inside[0] else 'I'}-{entity.label}"
    head = [f"# {name} = {json_line(value)}" for name, value in zip(HEAD, (sentence.id, sentence.text), strict=True)]
    lines = [f"{sentence.text[slice(*span)]}\t{tag}" for span, tag in zip(spans, tags, strict=True)]
    return "\n".join([*head, *lines]) + END


def read(content: str) -> Iterator[Sentence]:
    """The sentences of lines that `write` made; raises BadLine."""
    head: dict[str, str] = {}
    tokens: list[_Token] = []
    *lines, rest = content.split("\n")
    for number, line in enumerate(lines, start=1):
        word, tab, tag = line.partition("\t")
        comment = re.fullmatch(r'# (sent_id|text) = (".*")', line)
        if tab:
            tokens.append(_Token(number, word, tag))
        elif comment:
            head[comment[1]] = _unquoted(comment[2], number)
        elif line:
            raise BadLine(number, f'found {line[:40]!r}, wanted token, tab and tag, # sent_id = "…" or # text = "…"')
        elif head or tokens:
            yield _sentence(head, tokens, number)
            head, tokens = {}, []
    if head or tokens or rest:
        raise BadLine(len(lines) + 1, "found the end of the file, wanted an empty line behind the last sentence")


def _unquoted(text: str, line: int) -> str:
    try:
        return str(json.loads(text))
    except ValueError:
        raise BadLine(line, f"found {text[:40]}, wanted a JSON string") from None


def _sentence(head: dict[str, str], tokens: Sequence[_Token], end: int) -> Sentence:
    missing = [name for name in HEAD if name not in head]
    if missing:
        raise BadLine(end, f"the sentence above has no # {missing[0]} =")
    try:
        spans = tagging.places(head["text"], [token.word for token in tokens])
    except BadTokens as error:
        raise BadLine(end, f"the sentence above: {error}") from None
    entities: list[Entity] = []
    previous = OUTSIDE
    for span, (line, _, tag) in zip(spans, tokens, strict=True):
        if tag.startswith("B-"):
            entities.append(Entity(span.start, span.end, tag[2:]))
        elif tag.startswith("I-") and previous[1:] == tag[1:]:
            entities[-1] = entities[-1]._replace(end=span.end)
        elif tag != OUTSIDE:
            raise BadLine(line, f"found {tag} after {previous}, wanted O, B-label or I- with the label before it")
        previous = tag
    return Sentence(head["sent_id"], head["text"], entities)
