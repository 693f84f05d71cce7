"""Read what a language model wrote: JSON that may be fenced, cut, quoted Python's way or followed by prose."""

import ast
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from finerweb.errors import Unreadable, excerpt

FENCE = re.compile(r"```(?:\w+)?\s*(.*?)(?:```|\Z)", re.DOTALL)
OPENING = re.compile(r"[\[{]")
CLOSING = {"[": "]", "{": "}", "(": ")"}
MOST_STARTS = 50  # a model that repeats a bracket forever is not worth more


def read_json(answer: str) -> Any:
    """The first JSON array or object in `answer`; Python literals are taken too, and missing brackets are added.

    Raises Unreadable.
    """
    fenced = FENCE.search(answer)
    for text in [answer, *([fenced.group(1)] if fenced else [])]:
        for start in list(OPENING.finditer(text))[:MOST_STARTS]:
            for found in _values(text[start.start() :]):
                with suppress(RecursionError):  # a bracket within a bracket, hundreds of times
                    return _clean(found)
    first = OPENING.search(answer)
    if first is None:
        raise Unreadable(f"no JSON in the answer: {excerpt(answer)}")
    raise Unreadable(f"not JSON: {excerpt(answer[first.start() :])}")


def _values(text: str) -> Iterator[Any]:
    """What can be read from a text that starts with a bracket: as JSON, as Python, or with its brackets mended."""
    with suppress(ValueError, RecursionError):
        yield json.JSONDecoder().raw_decode(text)[0]
    for candidate in (text, balanced(text)):
        with suppress(ValueError, RecursionError):
            yield json.loads(candidate)
        with suppress(ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            yield json.loads(json.dumps(ast.literal_eval(candidate)))  # a set or a complex number is no JSON


def _clean(value: Any) -> Any:
    """The value with halves of surrogate pairs replaced: no table can hold them."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_clean(key): _clean(inner) for key, inner in value.items()}
    return [_clean(inner) for inner in value] if isinstance(value, list) else value


def balanced(text: str) -> str:
    """`text` up to its first complete bracket; one that never closes loses its half-written end and is closed."""
    stack: list[str] = []
    complete = 0  # where the last element of an open bracket ended
    pending: list[str] = []
    quote = ""
    skip = False
    for at, character in enumerate(text):
        if skip:
            skip = False
        elif quote:
            if character == "\\":
                skip = True
            elif character == quote:
                quote = ""
        elif character in "\"'" and (character == '"' or not text[at - 1].isalnum()):
            quote = character
        elif character in "[{(":
            stack.append(CLOSING[character])
        elif stack and character == stack[-1]:
            stack.pop()
            complete, pending = at + 1, list(stack)
            if not stack:
                return text[: at + 1]
    return text[:complete] + "".join(reversed(pending))
