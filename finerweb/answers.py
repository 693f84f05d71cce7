"""Read what a language model wrote: JSON that may be fenced, cut, quoted Python's way or followed by prose."""

import ast
import json
import re
from typing import Any

FENCE = re.compile(r"```(?:\w+)?\s*(.*?)(?:```|\Z)", re.DOTALL)
OPENING, CLOSING = "[{", {"[": "]", "{": "}"}


class Unreadable(ValueError):
    """An answer that cannot be read; the text says what was found and what was wanted."""


def read_json(answer: str) -> Any:
    """The first JSON value in `answer`; Python literals are taken too, and missing closing brackets are added.

    Raises Unreadable.
    """
    fenced = FENCE.search(answer)
    text = fenced.group(1) if fenced else answer
    starts = [at for at in (text.find(bracket) for bracket in OPENING) if at >= 0]
    if not starts:
        raise Unreadable(f"no JSON in the answer: {excerpt(answer)}")
    text = text[min(starts) :]
    try:
        return json.JSONDecoder().raw_decode(text)[0]
    except json.JSONDecodeError:
        pass
    for candidate in (text, balanced(text)):
        for load in (json.loads, ast.literal_eval):
            try:
                return load(candidate)
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                continue
    raise Unreadable(f"not JSON: {excerpt(text)}")


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
            stack.append({"(": ")"}.get(character) or CLOSING[character])
        elif stack and character == stack[-1]:
            stack.pop()
            complete, pending = at + 1, list(stack)
            if not stack:
                return text[: at + 1]
    return text[:complete] + "".join(reversed(pending))


def excerpt(text: str, length: int = 80) -> str:
    """The start of a text, on one line, for an error message."""
    line = " ".join(text.split())
    return repr(line if len(line) <= length else line[: length - 1] + "…")
