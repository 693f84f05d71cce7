"""Questions to an endpoint that misbehaves on purpose, over real HTTP: what passes, what is a row, what ends it all."""

import logging
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import endpoint_acts as acts
import pytest
from asking_endpoint import KEY, KEY_ENV, ask, good, request, requests, spec
from endpoint import Call, Endpoint

from finerweb.engines import Answer, Request, check, openai
from finerweb.engines._openai import breaker, rate_limit
from finerweb.engines._openai.reply import wait_of
from finerweb.errors import EngineFailed


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_ENV, KEY)
    for module in (breaker, rate_limit):
        monkeypatch.setattr(module, "FIRST", 0.02)  # seconds; the real ones would be the tests' longest


def failing(act: Any, times: int) -> Callable[[Call], Any]:
    """Each prompt fails so often, then is answered."""
    return lambda call: act if call.nth <= times else None


# What passes: the server does it once or more for each request, and then answers.
PASSING = {
    "500": acts.error(500, "boom"),
    "502, no JSON": acts.error(502),
    "503": acts.error(503, "overloaded"),
    "408": acts.error(408),
    "409": acts.error(409),
    "half an answer": acts.half,
    "half an answer that claims to be whole": acts.not_json,
    "not a word": acts.cut,
    "no choices": acts.body({"choices": []}),
    "an error as a success": acts.body({"error": {"message": "upstream", "code": 502}}),
    "a list": acts.body([1]),
    "a message that is none": acts.body({"choices": [{"message": "hello"}]}),
}


@pytest.mark.parametrize("trouble", PASSING)
def test_what_passes_is_asked_again(trouble: str) -> None:
    queries = list(requests(3))
    with Endpoint(failing(PASSING[trouble], 2)) as endpoint:
        assert ask(endpoint, *queries, retries=2) == good(*queries)
    assert len(endpoint.calls) == 9


@pytest.mark.parametrize("act", [acts.hang, acts.drip])
def test_a_hung_connection_is_left(act: Any) -> None:
    query = request()
    with Endpoint(failing(act, 1)) as endpoint:
        began = time.monotonic()
        assert ask(endpoint, query, timeout=0.4) == good(query)
        assert 0.4 < time.monotonic() - began < 1.5
    assert len(endpoint.calls) == 2


def test_an_answer_that_never_comes_is_asked_for_three_times() -> None:
    """Each may have been paid for."""
    first, second = requests(2)
    with Endpoint(lambda call: acts.hang if call.prompt == first.prompt else None) as endpoint:
        answers = ask(endpoint, first, second, timeout=0.3)
    assert answers == [
        Answer("r0", "no whole answer within 0.3 s", "unreachable", problem="unreachable"),
        *good(second),
    ]
    assert len(endpoint.calls) == 4


def test_a_request_that_always_fails_is_a_row_with_the_last_reply() -> None:
    first, second = requests(2)
    boom = acts.error(500, f"boom for {KEY}")
    with Endpoint(lambda call: boom if call.prompt == first.prompt else None) as endpoint:
        answers = ask(endpoint, first, second, retries=3)
    assert answers == [Answer("r0", "HTTP 500: boom for ***", "unreachable", problem="unreachable"), *good(second)]
    assert len(endpoint.calls) == 5


def test_a_storm_is_waited_out_once_by_all() -> None:
    queries = list(requests(40))
    began = time.monotonic()

    def stormy(call: Call) -> Any:
        return acts.slow_down(retry_after_ms="500") if time.monotonic() - began < 0.4 else None

    with Endpoint(stormy) as endpoint:
        assert ask(endpoint, *queries, in_flight=16) == good(*queries)
    times = [call.arrival - endpoint.calls[0].arrival for call in endpoint.calls]
    assert [seconds for seconds in times if 0.2 < seconds < 0.5] == []  # nobody asks during the pause
    assert len(endpoint.calls) <= 40 + 16


@pytest.mark.parametrize("header", ["seconds", "milliseconds", "date"])
def test_retry_after_is_honoured(header: str) -> None:
    query = request()

    def script(call: Call) -> Any:
        if call.nth > 1:
            return None
        in_two_seconds = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
        headers = {"seconds": {"retry-after": "1"}, "milliseconds": {"retry-after-ms": "1000"}}
        return acts.error(503, "later", headers.get(header, {"Retry-After": in_two_seconds}))

    with Endpoint(script) as endpoint:
        assert ask(endpoint, query) == good(query)
    first, second = (call.arrival for call in endpoint.calls)
    assert 0.99 < second - first < 2.5


def test_waits_that_are_none() -> None:
    headers = ["", "soon", "nan", "inf", "-5", "Wed, 21 Oct 2015 07:28:00 GMT"]
    assert [wait_of({"retry-after": value}) for value in headers] == [None, None, None, None, 0.0, 0.0]
    assert wait_of({}) is None
    assert wait_of({"retry-after-ms": "soon", "retry-after": "2"}) == 2.0


def test_a_server_that_takes_few_at_once_is_given_few() -> None:
    """Two at a time, each for 0.1 s; whoever comes besides is told to come later, without saying when."""
    queries = list(requests(30))
    with Endpoint(lambda call: acts.slow_down() if endpoint.at_once > 2 else acts.later(0.1)) as endpoint:
        assert ask(endpoint, *queries, in_flight=30) == good(*queries)
    assert len(endpoint.calls) < 5 * 30


def test_an_endpoint_that_only_ever_says_slow_down_is_given_up() -> None:
    with Endpoint(lambda call: acts.slow_down()) as endpoint, pytest.raises(EngineFailed) as failure:
        ask(endpoint, *requests(30), in_flight=8, retries=2)
    assert str(failure.value) == (
        f"model tiny at {endpoint.url}: it asked to slow down 4 times with no answer in between: HTTP 429: Rate limit "
        "reached; ask later, or less at once (in_flight, requests_per_minute, tokens_per_minute). What was answered is "
        "kept"
    )
    assert len(endpoint.calls) < 20


# What ends it all at once, whenever: the act, and the words after `model tiny at URL: `.
NOT_ACCEPTED = (
    "the key in the environment variable FINERWEB_TEST_KEY was not accepted: set it to one that may use this model, or "
    "name another variable with key_env"
)
FATAL = {
    "a wrong key": (
        acts.error(401, f"Incorrect API key provided: {KEY}."),
        f"HTTP 401: Incorrect API key provided: ***; {NOT_ACCEPTED}",
    ),
    "a wrong key, half masked": (
        acts.error(401, "Incorrect API key provided: sk-te****************fXYZ."),
        f"HTTP 401: Incorrect API key provided: ***; {NOT_ACCEPTED}",
    ),
    "not allowed": (acts.error(403, "Not in your country"), f"HTTP 403: Not in your country; {NOT_ACCEPTED}"),
    "no money": (
        acts.error(402, "Insufficient balance"),
        "HTTP 402: Insufficient balance; add credit there, or ask another model. What was answered is kept",
    ),
    "no quota": (
        acts.error(429, "You exceeded your current quota", code="insufficient_quota"),
        "HTTP 429: You exceeded your current quota; add credit there, or ask another model. What was answered is kept",
    ),
}


@pytest.mark.parametrize("trouble", FATAL)
def test_a_refusal_of_credentials_ends_it_at_once(trouble: str) -> None:
    act, words = FATAL[trouble]
    with Endpoint(lambda call: act if call.number > 2 else None) as endpoint:
        answers = openai.load(spec(endpoint, in_flight=1)).answers(requests(9))
        assert [next(answers), next(answers)] == good(*requests(2))
        with pytest.raises(EngineFailed) as failure:
            next(answers)
    assert str(failure.value) == f"model tiny at {endpoint.url}: {words}"
    assert len(endpoint.calls) == 3


# What does so only where nothing was ever answered.
PLAIN = {
    "no such model": (
        acts.error(404, "The model `tiny` does not exist."),
        "HTTP 404: The model `tiny` does not exist; wanted a url (most end in /v1) and a model that are there",
    ),
    "moved": (
        acts.error(307, "Moved", {"Location": "https://elsewhere/v1"}),
        "HTTP 307: moved to https://elsewhere/v1; redirects are not followed: set url to where the endpoint is",
    ),
    "come back tomorrow": (
        acts.slow_down(retry_after="36000"),
        "HTTP 429: Rate limit reached; it asks to wait 600 minutes: run again then. What was answered is kept",
    ),
}


@pytest.mark.parametrize("trouble", FATAL | PLAIN)
def test_what_is_wrong_from_the_first_ends_it_at_once(trouble: str) -> None:
    act, words = (FATAL | PLAIN)[trouble]
    with Endpoint(lambda call: act) as endpoint, pytest.raises(EngineFailed) as failure:
        ask(endpoint, *requests(9), in_flight=1)
    assert str(failure.value) == f"model tiny at {endpoint.url}: {words}"
    assert len(endpoint.calls) == 1


def test_an_endpoint_without_a_key_says_so() -> None:
    with Endpoint(key="another") as endpoint, pytest.raises(EngineFailed) as failure:
        ask(endpoint, request(), key_env=None)
    assert str(failure.value) == (
        f"model tiny at {endpoint.url}: HTTP 401: Incorrect API key provided: None; no key was sent, as key_env is null: "
        "name the environment variable that holds one"
    )


def test_a_key_is_in_no_error_no_answer_no_repr_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    shown: list[str] = []
    rejected = acts.error(400, f"Bad request with Authorization: Bearer {KEY}")
    with Endpoint(lambda call: rejected) as endpoint:
        shown += map(repr, ask(endpoint, request(), key_env=KEY_ENV))
        engine = openai.load(spec(endpoint))
        shown += [repr(engine), repr(engine._access), str(engine._access), repr(spec(endpoint))]  # type: ignore[attr-defined]
    with Endpoint(key="another") as endpoint:
        for act in (lambda: ask(endpoint, request()), lambda: check(spec(endpoint))):
            with pytest.raises(EngineFailed) as failure:
                act()
            shown += traceback.format_exception(failure.value)
    with pytest.raises(EngineFailed) as failure:  # nobody is there any more
        ask(endpoint, request())
    shown += traceback.format_exception(failure.value)
    text = "\n".join([*shown, caplog.text])
    assert "Connection refused" in text
    assert "Bearer ***" in text
    assert KEY not in text
    assert "0123456789" not in text


def test_nobody_there_ends_it_soon() -> None:
    with Endpoint() as endpoint:
        pass
    began = time.monotonic()
    with pytest.raises(EngineFailed) as failure:
        ask(endpoint, *requests(99))
    assert str(failure.value) == (
        f"model tiny at {endpoint.url}: ConnectError: All connection attempts failed (Connection refused); "
        "see that it runs and can be reached from here, then run again. What was answered is kept"
    )
    assert time.monotonic() - began < 3.0


def test_an_endpoint_that_never_answers_is_given_up() -> None:
    with Endpoint(lambda call: acts.error(500, "out of memory")) as endpoint, pytest.raises(EngineFailed) as failure:
        ask(endpoint, *requests(99), in_flight=6, retries=1)
    assert str(failure.value) == (
        f"model tiny at {endpoint.url}: 6 requests in a row without an answer: HTTP 500: out of memory; see that it runs "
        "and can be reached from here, then run again. What was answered is kept"
    )
    assert len(endpoint.calls) <= 2 * 12


# Requests that are not taken: what the server says, and the row that becomes of it.
LONG = "This model's maximum context length is 2048 tokens. However, your messages resulted in 3000 tokens."
REJECTED: dict[str, tuple[Any, Answer]] = {
    "OpenAI, too long": (
        acts.error(400, LONG, code="context_length_exceeded"),
        Answer("r0", LONG, "over_long", problem="over_long"),
    ),
    "vLLM, too long": (
        acts.error(400, f"{LONG} Please reduce the length of the input prompt."),
        Answer("r0", f"{LONG} Please reduce the length of the input prompt.", "over_long", problem="over_long"),
    ),
    "a body too large": (
        acts.error(413, "Request Entity Too Large"),
        Answer("r0", "Request Entity Too Large", "rejected", problem="rejected"),
    ),
    "FastAPI": (
        acts.body({"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]}, 422),
        Answer(
            "r0",
            '[{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]',
            "rejected",
            problem="rejected",
        ),
    ),
    "Azure, filtered": (
        acts.error(400, "The prompt triggered the content policy", code="content_filter"),
        Answer("r0", "The prompt triggered the content policy", "refused", problem="refused"),
    ),
    "OpenRouter, moderated": (
        acts.error(403, "Input was flagged", code=403, metadata={"reasons": ["sexual"], "flagged_input": "Passage"}),
        Answer("r0", "Input was flagged", "refused", problem="refused"),
    ),
    "a gateway, filtered": (
        acts.error(403, "The policy of this gateway", type="content_policy_violation"),
        Answer("r0", "The policy of this gateway", "refused", problem="refused"),
    ),
    "Groq, no JSON": (
        acts.error(400, "Failed to validate JSON schema", code="json_validate_failed", failed_generation='{"enti'),
        Answer("r0", '{"enti'),
    ),
}


@pytest.mark.parametrize("trouble", REJECTED)
def test_a_request_that_is_not_taken_is_a_row(trouble: str) -> None:
    act, wanted = REJECTED[trouble]
    first, second = requests(2)
    with Endpoint(lambda call: act if call.prompt == first.prompt else None) as endpoint:
        assert ask(endpoint, first, second) == [wanted, *good(second)]
    assert len(endpoint.calls) == 2


def test_five_that_are_not_taken_and_none_that_is_end_it() -> None:
    refused = acts.error(400, "Invalid schema for response_format 'ner': too deep")
    with Endpoint(lambda call: refused) as endpoint, pytest.raises(EngineFailed) as failure:
        ask(endpoint, *requests(40), in_flight=3, response_format="json_schema")
    assert str(failure.value) == (
        f"model tiny at {endpoint.url}: it took none of 5 requests: HTTP 400: Invalid schema for response_format 'ner': "
        "too deep; response_format auto falls back where a schema is refused; temperature, seed or max_tokens: null "
        "leaves that out of the request; extra adds to it"
    )
    assert len(endpoint.calls) <= 7


def test_many_that_are_not_taken_are_rows_where_others_are() -> None:
    queries = list(requests(20))
    bad = {query.prompt for query in queries[1:15]}
    refused = acts.error(400, "no")
    with Endpoint(lambda call: refused if call.prompt in bad else None) as endpoint:
        answers = ask(endpoint, *queries, in_flight=1)
    assert [answer.problem for answer in answers] == [None, *["rejected"] * 14, *[None] * 5]


def test_a_mixed_day() -> None:
    """Every request meets another trouble, all at once, and each is answered once."""
    troubles = [acts.half, acts.error(500), acts.cut, acts.slow_down(retry_after_ms="30"), acts.body({}), acts.hang]
    queries: list[Request] = list(requests(120))

    def script(call: Call) -> Any:
        return troubles[call.number % 6] if call.nth == 1 else None

    with Endpoint(script, delay=0.005) as endpoint:
        assert ask(endpoint, *queries, in_flight=24, timeout=0.5) == good(*queries)
    assert 240 <= len(endpoint.calls) <= 240 + 12, "twice, and on a busy machine some good ones come too late"
