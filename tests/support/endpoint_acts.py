"""What tests/support/endpoint.py sends back: good answers to the four questions, and every kind of bad one."""

from __future__ import annotations

import itertools
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from endpoint import Call, Handler

    Act = Callable[[Handler, Call], None]


def completion(call: Call, **choice: Any) -> dict[str, Any]:
    """A chat completion; tokens are a quarter of the characters."""
    text = choice["message"].get("content") or ""
    return {
        "id": f"chatcmpl-{call.number}",
        "object": "chat.completion",
        "model": call.body["model"],
        "choices": [{"index": 0, "finish_reason": "stop", **choice}],
        "usage": {
            "prompt_tokens": (len(call.instructions) + len(call.prompt)) // 4,
            "completion_tokens": len(text) // 4,
        },
    }


def content(text: str | None, **choice: Any) -> Act:
    """An answer with this text; other keywords are the choice's: finish_reason."""
    message = {"role": "assistant", "content": text}
    return lambda handler, call: handler.send_json(200, completion(call, message=message, **choice))


def streamed(text: str, *, rest: Iterable[str] = (), usage: bool = True, done: bool = True, **delta: Any) -> Act:
    """An answer in pieces of four letters, then `rest`, which may have no end; other keywords: of each piece's delta."""

    def pieces(call: Call) -> Iterator[Any]:
        name = next(iter(delta), "content")
        yield {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]}
        for piece in itertools.chain((text[start : start + 4] for start in range(0, len(text), 4)), rest):
            yield {"choices": [{"index": 0, "delta": {name: piece}, "finish_reason": None}]}
        if done:
            yield {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
            if usage:
                yield {"choices": [], "usage": completion(call, message={"content": text})["usage"]}
            yield "[DONE]"

    return lambda handler, call: handler.send_stream(pieces(call))


def broken_stream(code: int) -> Act:
    """An error after the first piece."""
    pieces = [{"choices": [{"delta": {"content": "{"}}]}, {"error": {"message": "the engine died", "code": code}}]
    return lambda handler, _: handler.send_stream(pieces)


def refusal(text: str) -> Act:
    """The model declines, as OpenAI's strict mode says it."""
    message = {"role": "assistant", "content": None, "refusal": text}
    return lambda handler, call: handler.send_json(200, completion(call, message=message))


def body(value: Any, status: int = 200) -> Act:
    """Any JSON at all."""
    return lambda handler, _: handler.send_json(status, value)


def later(seconds: float) -> Act:
    """A good answer, later."""

    def act(handler: Handler, call: Call) -> None:
        handler.server.endpoint.ended.wait(seconds)
        content(good(call))(handler, call)

    return act


def error(status: int, message: str = "", headers: Mapping[str, str] | None = None, **more: Any) -> Act:
    """An error as OpenAI words it; more fields: code, type, param."""
    return lambda handler, _: handler.send_json(status, {"error": {"message": message, **more}}, headers)


def slow_down(**headers: str) -> Act:
    """429; `retry_after="1"` becomes a header."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return error(429, "Rate limit reached", named, code="rate_limit_exceeded")


def half(handler: Handler, call: Call) -> None:
    """Half of an answer, then the connection is closed."""
    whole = json.dumps(completion(call, message={"content": good(call)})).encode()
    handler.send_bytes(200, whole[: len(whole) // 2], {}, announced=len(whole))
    handler.close_connection = True


def not_json(handler: Handler, call: Call) -> None:
    """Half of an answer that claims to be whole."""
    whole = json.dumps(completion(call, message={"content": good(call)})).encode()
    handler.send_bytes(200, whole[: len(whole) // 2], {})


def hang(handler: Handler, _: Call) -> None:
    """Not a byte."""
    handler.server.endpoint.ended.wait(60)
    handler.close_connection = True


def drip(handler: Handler, _: Call) -> None:
    """A byte now and then, so that no time-out between two bytes helps."""
    handler.send_bytes(200, b"", {}, announced=10_000)
    while not handler.server.endpoint.ended.wait(0.05):
        handler.wfile.write(b" ")


def cut(handler: Handler, _: Call) -> None:
    """The connection is closed without a word."""
    handler.close_connection = True


def good(call: Call) -> str:
    """A valid answer to the question; the same for the same prompt."""
    chance = int(call.hash, 16)
    if call.question == "usefulness":
        return json.dumps({"justification": "It names things.", "score": 1 + chance % 4})
    if call.question == "ner":
        return json.dumps({"entities": _entities(call.prompt, chance)}, ensure_ascii=False)
    if call.question == "judge":
        errors: dict[str, list[str]] = {"missing": [], "extra": [], "wrong": []}
        grades = {"faithfulness": 1 + chance % 5, "completeness": 1 + chance // 5 % 5}
        return json.dumps({"explanation": "Mostly right.", **grades, **errors})
    if call.question == "label_name":
        return json.dumps({"name": _name(call.prompt, chance)}, ensure_ascii=False)
    if call.question == "label_english":
        return json.dumps({"english": call.prompt.rpartition(": ")[2]}, ensure_ascii=False)
    return "{}"


def _entities(prompt: str, chance: int) -> list[dict[str, str]]:
    """One to three mentions that are in the passage, in reading order."""
    passage = prompt.partition("Passage:\n")[2]
    words = list(dict.fromkeys(re.findall(r"[^\W\d_]{3,40}", passage)))
    first = chance % max(1, len(words) - 2)
    types = ["person", "city", "river", "football club", "organization", "book"]
    chosen = words[first : first + 1 + chance % 3]
    return [{"mention": word, "type": types[(chance + number) % 6]} for number, word in enumerate(chosen)]


def _name(prompt: str, chance: int) -> str:
    """Four letters of the language's script."""
    from finerweb import settings
    from finerweb.text.scripts import LETTERS

    named = re.search(r"Language: (.*)", prompt)
    languages = {language.name: language for language in settings.load_languages().values()}
    language = languages.get(named.group(1) if named else "")
    script = sorted(LETTERS.get(language.script if language else "Latn", {"LATIN"}))[0]
    every = (chr(point) for point in range(0x41, 0xD7A4))
    kinds = ("Lu", "Lo", "Ll")
    letters = [letter for letter in every if unicodedata.category(letter) in kinds and _is_of(letter, script)][:20]
    return "".join(letters[(chance >> (5 * place)) % len(letters)] for place in range(4)).lower()


def _is_of(letter: str, script: str) -> bool:
    return unicodedata.name(letter, "").partition(" ")[0] == script
