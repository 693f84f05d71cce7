"""Tokens and their tags, as CoNLL and data sets of the Hub have them, to a text and its entities."""

import re
from collections.abc import Sequence

from finerweb.errors import BadBenchmark
from finerweb.languages import Language
from finerweb.text.spans import Entity

OUTSIDE = "O"
TAG = re.compile(r"([BIESLU])-(.+)")
UNSPACED = frozenset({"Thai", "Laoo", "Khmr", "Mymr", "Hani", "Jpan"})  # scripts without spaces between words


def joint(language: Language) -> str:
    """What stands between two tokens of a language."""
    return "" if language.script in UNSPACED else " "


def is_tag(text: str) -> bool:
    """O, or a tag of IOB1, IOB2, BIOES or BILOU."""
    return text == OUTSIDE or TAG.fullmatch(text) is not None


def joined(tokens: Sequence[str], tags: Sequence[str], between: str) -> tuple[str, tuple[Entity, ...]]:
    """The text of tokens with this between them, and the entities of their tags; raises BadBenchmark.

    I- behind another label or O begins an entity, as in IOB1 and as seqeval reads it. White space around a token goes.
    """
    if len(tokens) != len(tags):
        raise BadBenchmark(f"found {len(tokens)} tokens and {len(tags)} tags")
    text = ""
    entities: list[Entity] = []
    is_open = False
    for token, tag in zip(tokens, tags, strict=True):
        if not is_tag(tag):
            raise BadBenchmark(f"found the tag {tag!r}, wanted O or B-, I-, E-, S- and a label")
        word = token.strip()
        if not word:  # a space as a token, as Thai and Japanese corpora have it
            text += token if between == "" else ""
            continue
        start = len(text) + len(between) if text else 0
        text = f"{text}{between}{word}" if text else word
        match = TAG.fullmatch(tag)
        if match is None:
            is_open = False
            continue
        position, label = match.groups()
        if is_open and position in "IEL" and entities[-1].label == label:
            entities[-1] = entities[-1]._replace(end=len(text))
        else:
            entities.append(Entity(start, len(text), label))
        is_open = position in "BI"
    if not text.strip():
        raise BadBenchmark("found no text")
    return text, tuple(entities)
