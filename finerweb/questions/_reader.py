"""Which of the JSON values in an answer is the answer: the last one that the question takes for one.

Not those in which a model thinks, repeats the format, gives an example or makes a draft.
"""

import html
import re
from collections.abc import Callable, Iterable, Iterator
from enum import IntEnum
from typing import Any, NamedTuple

from finerweb.errors import Unreadable, excerpt
from finerweb.questions._drafts import is_aside, is_draft
from finerweb.questions._members import plain
from finerweb.questions._parts import own_turns, parts
from finerweb.questions._values import values, whole


class Form(IntEnum):
    """How far a value looks like an answer; of two, the later one counts unless it looks less like one."""

    PAIR = 0  # one item as a list: an item if others are beside it
    ITEM = 1  # one of the answer's items by itself
    LIST = 2  # the items without their object
    OBJECT = 3  # as it was asked for


class Reading(NamedTuple):
    """What a question reads from a value; its size is how many items it has, 0 for an answer that says `none`."""

    content: Any
    form: Form = Form.OBJECT
    size: int = 1
    is_whole: bool = True


Shape = Callable[[Any], Reading | None]  # what a question reads from one value; None where that is no answer to it

DEEPEST = 4  # an answer in an answer

# Members that hold an answer, beside those with a question's own names.
_CALLS = {"arguments", "parameters", "args", "input", "tool_input", "function", "function_call", "tool_calls"}
_ANSWERS = {"answer", "final_answer", "final", "response", "result", "results", "output", "outputs", "json", "data"}
_WRAPS = _ANSWERS | _CALLS | {"content", "text", "message", "messages", "choices", "value", "parts", "action_input"}
_NO_ANSWERS = {"example", "examples", "schema", "properties", "draft", "drafts", "format", "template", "default"}
_OF_A_CALL = _CALLS | {"name", "id", "type", "index", "call_id", "tool", "tool_name", "action"}

# Parts of a message, of which some are thought: {"type": "text", "text": "..."}.
_SAID = {"text", "output_text"}
_THOUGHT = {"reasoning", "thinking", "thought", "redacted_thinking", "summary_text"}

# Between answers that stand by themselves, one a line: one before a full stop stands in a sentence.
_BULLETS = re.compile(r"(?!\.)[\s,;\-*•\d.)\u3001]*")
_FULL_WIDTH = str.maketrans("｛｝［］", "{}[]")


def read(answer: str, shape: Shape, what: str) -> Any:
    """What an answer says, by the question's `shape`. Raises Unreadable, which names `what` was wanted."""
    text = answer.replace("\ufeff", "").strip()
    data = whole(_unfenced(text))
    if isinstance(data, str):
        text, data = data, None
    reading = _counted(interpret(data, shape))
    unescaped = html.unescape(text.replace('\\"', '"').replace("\\n", "\n"))  # a string without its quotes, or HTML
    for candidate in dict.fromkeys([*own_turns(text), text, unescaped, text.translate(_FULL_WIDTH)]):
        if reading is None:
            reading = _of_text(candidate, shape)
    if reading is None:
        raise Unreadable(f"no {what} in the answer: {excerpt(answer)}")
    return reading.content


def interpret(data: Any, shape: Shape, depth: int = 0) -> Reading | None:
    """What a value says, itself or in the wrappers around it: calls of tools, messages, JSON as a string."""
    if depth > DEEPEST:
        return None
    if isinstance(data, str):
        return _of_text(data, shape, depth) if depth and ("{" in data or "[" in data) else None
    if isinstance(data, dict):
        return _of_object(data, shape, depth)
    if isinstance(data, list):
        reading = None if data and all(map(_is_part, data)) else shape(data)
        return reading or _joined(interpret(part, shape, depth + 1) for part in data if isinstance(part, dict))
    return None


def _of_object(data: dict[str, Any], shape: Shape, depth: int) -> Reading | None:
    if _is_part(data):
        return None if data["type"] in _THOUGHT else interpret(data.get("text"), shape, depth + 1)
    names = {plain(name) for name in data}
    calls = [member for name, member in data.items() if plain(name) in _CALLS and member != []]
    call = _joined(interpret(member, shape, depth + 1) for member in calls)
    if call or (names & _CALLS and names <= _OF_A_CALL):
        return call
    return shape(data) or _joined(_inner(data, shape, depth))


def _is_part(data: Any) -> bool:
    is_typed = isinstance(data, dict) and isinstance(data.get("type"), str) and data["type"] in _SAID | _THOUGHT
    return is_typed and ("text" in data or data["type"] in data)


def _inner(data: dict[str, Any], shape: Shape, depth: int) -> Iterator[Reading | None]:
    for name, member in data.items():
        is_wrapper = plain(name) in _WRAPS or (len(data) == 1 and plain(name) not in _NO_ANSWERS)
        if is_wrapper and (member != [] or plain(name) in _ANSWERS):
            yield interpret(member, shape, depth + 1)


def _joined(readings: Iterable[Reading | None]) -> Reading | None:
    """Lists of items one after the other; of other answers the last."""
    joined: Reading | None = None
    for reading in filter(None, readings):
        if joined and isinstance(reading.content, list):
            content, size = joined.content + reading.content, joined.size + reading.size
            joined = reading._replace(content=content, size=size)
        else:
            joined = reading
    return joined


def _unfenced(text: str) -> str:
    fence = re.fullmatch(r"```\w*\s*\n(.*?)\n?```", text, re.DOTALL)
    return fence[1] if fence else text


def _of_text(text: str, shape: Shape, depth: int = 0) -> Reading | None:
    """The answer outside all thoughts; where nothing is said after the last of these, the one that ends it."""
    pieces = parts(text)
    outside = "\n".join(piece.text for piece in pieces if not piece.is_thought)
    if reading := _last(outside, shape, depth):
        return reading
    while pieces and not pieces[-1].text.strip():
        pieces.pop()
    return _closing(pieces[-1].text, shape, depth) if pieces and pieces[-1].is_thought else None


def _closing(thought: str, shape: Shape, depth: int) -> Reading | None:
    """A whole answer with which a thought ends, as of a model that forgets the mark; none that says `none`."""
    ends = [value for value in values(thought) if value.is_whole]
    if not ends or re.search(r"[^\W_]", re.sub(r"<[^<>]*>|\[/THINK\]|◁/think▷", "", thought[ends[-1].end :])):
        return None
    if is_draft(thought, ends[-1], is_empty=False):
        return None
    reading = interpret(ends[-1].data, shape, depth)
    return reading if reading and reading.size and reading.form >= Form.LIST else None


def _last(text: str, shape: Shape, depth: int) -> Reading | None:
    best: Reading | None = None
    run: Reading | None = None  # items, or answers, that stand by themselves, one a line
    end = best_end = 0
    for value in values(text):
        reading = interpret(value.data, shape, depth)
        if reading is None or is_draft(text, value, is_empty=not reading.size) or not (reading.size or value.is_whole):
            continue
        if best and _is_settled(best, reading) and is_aside(text[best_end : value.start], is_empty=not reading.size):
            continue
        reading = reading._replace(is_whole=value.is_whole)
        if reading.form is Form.PAIR and text[value.start] == "(":
            reading = reading._replace(form=Form.ITEM)
        is_next = _BULLETS.fullmatch(text, end, value.start)
        if run and (reading.form is Form.ITEM or is_next) and _goes_on(run, reading):
            reading = _joined([run, reading]) or reading
        run, end = reading, value.end
        if _counted(reading) and (best is None or _supersedes(reading, best)):
            best, best_end = reading, value.end
    return best


def _is_settled(best: Reading, later: Reading) -> bool:
    """Is it a whole answer, beside which a later one may only be mentioned?"""
    return bool(best.size) and best.is_whole and (best.form >= Form.LIST or not later.size)


def _goes_on(run: Reading, reading: Reading) -> bool:
    """Is it more of the same: another item, or a list of others? One that has an item again is a better answer."""
    if run.form is not reading.form or not isinstance(run.content, list):
        return False
    if reading.form < Form.LIST:
        return True
    mentions = [{item[0] for item in part.content} for part in (run, reading)]
    return bool(run.size and reading.size) and mentions[0].isdisjoint(mentions[1])


def _counted(run: Reading | None) -> Reading | None:
    """Items that stand by themselves, if they are some: two strings in brackets may be anything."""
    return run if run and (run.form is not Form.PAIR or run.size > 1) else None


def _supersedes(later: Reading, earlier: Reading) -> bool:
    if not earlier.size:
        return bool(later.size) or later.form >= earlier.form
    if later.is_whole or not earlier.is_whole:
        return later.form >= earlier.form
    return later.form >= earlier.form and later.size > earlier.size
