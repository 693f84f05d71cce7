"""Requests for the tests of the engine openai, and asking them."""

from collections.abc import Iterator
from typing import Any

from endpoint import MODEL, Call, Endpoint
from endpoint_acts import good as text_of

from finerweb import questions
from finerweb.engines import Answer, Request, Spec, openai

KEY_ENV, KEY = "FINERWEB_TEST_KEY", "sk-test-0123456789abcdefXYZ"


def request(name: str = "r0", question: str = "ner", *, text: str = "", attempt: int = 1) -> Request:
    """A request about a passage of its own."""
    module = questions.load(question)
    payload = {
        "text": text or f"Passage {name}: from Cairo 👍🏽 to Rome with Naguib Mahfouz.",
        "language": "English",
        "label": f"city {name}",
        "entities": [{"mention": "Cairo", "label": "city"}],
    }
    prompt = module.prompt(payload)
    return Request(name, question, "eng", module.PROMPT, prompt, module.SCHEMA, payload, attempt)


def requests(number: int, question: str = "ner") -> Iterator[Request]:
    """So many of them: r0, r1, ..."""
    return (request(f"r{index}", question) for index in range(number))


def spec(endpoint: Endpoint, **options: Any) -> Spec:
    """The engine of this endpoint."""
    return Spec.from_options("openai", {"model": MODEL, "url": endpoint.url, "key_env": KEY_ENV, **options})


def ask(endpoint: Endpoint, *requests: Request, **options: Any) -> list[Answer]:
    """The answers to requests, sorted by their ids."""
    answers = openai.load(spec(endpoint, **options)).answers(requests)
    return sorted(answers, key=lambda answer: int(answer.request_id[1:]))


def good(*requests: Request) -> list[Answer]:
    """What the endpoint says to them when it behaves."""

    answers = []
    for request in requests:
        messages = [{"role": "system", "content": request.instructions}, {"role": "user", "content": request.prompt}]
        text = text_of(Call(1, 1, 0.0, {"messages": messages}, {}))
        tokens_in = (len(request.instructions) + len(request.prompt)) // 4
        answers.append(Answer(request.request_id, text, "stop", tokens_in, len(text) // 4))
    return answers
