"""Answers that come in pieces: they are what they would be at once, and one that loops is ended and paid as far as it came."""

import itertools
from typing import Any

import endpoint_acts as acts
import pytest
from asking_endpoint import KEY, KEY_ENV, ask, good, request, requests
from endpoint import Endpoint

from finerweb.engines import Answer, Request
from finerweb.questions import ner
from finerweb.tables import completions
from finerweb.text import loops

HEAD = '{"entities": [{"mention": "Cairo", "type": "city"}'
ITEM = ', {"mention": "Rome", "type": "city"}'
MOST = 5000  # pieces that the server would send


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_ENV, KEY)


def test_pieces_make_the_whole() -> None:
    queries = [
        request(f"r{number}", question) for number, question in enumerate(["ner", "judge", "label_name", "usefulness"])
    ]
    with Endpoint(streams=True, key=KEY) as endpoint:
        assert ask(endpoint, *queries) == good(*queries)
    assert endpoint.pieces > 4 * len(queries)


def test_what_is_not_to_be_streamed_is_not() -> None:
    with Endpoint(streams=True) as endpoint:
        assert ask(endpoint, request(), stream=False) == good(request())
    assert endpoint.pieces == 0
    assert "stream" not in endpoint.calls[0].body


def test_a_loop_is_ended_and_what_stands_before_it_is_kept() -> None:
    query = request()
    with Endpoint(lambda call: acts.streamed(HEAD, rest=itertools.repeat(ITEM, MOST)), streams=True) as endpoint:
        (answer,) = ask(endpoint, query)
    assert answer.finish_reason == "repetition"
    assert (answer.problem, completions.problem("ner", answer, query.payload)) == (None, "looped")
    assert answer.tokens_out >= len(answer.text) / 4
    assert 100 < answer.tokens_in < 800, "its account never came: as long as others"
    assert len(answer.text) < 2000
    assert endpoint.pieces < MOST, "the server noticed"
    kept = ner.parse(loops.without(answer.text, query.payload["text"]))
    assert kept == [("Cairo", "city"), ("Rome", "city")]


def test_a_prompt_without_its_account_is_estimated_from_those_in_other_scripts() -> None:
    """Tokenizers of bytes need about as many tokens for a byte of any script, and twice as many for a letter of some."""
    hindi, english = (
        request("r0", text="लेना बर्ग ओस्लो में रहती है। " * 60),
        request("r1", text="Lena Berg lives in Oslo. " * 60),
    )

    def tokens(query: Request) -> int:
        return len((query.instructions + query.prompt).encode()) // 4

    def script(call: Any) -> Any:
        if call.prompt == english.prompt:
            return acts.streamed(HEAD, rest=itertools.repeat(ITEM, MOST))
        message = {"role": "assistant", "content": '{"entities": []}'}
        usage = {"prompt_tokens": tokens(hindi), "completion_tokens": 5}
        return lambda handler, call: handler.send_json(200, acts.completion(call, message=message) | {"usage": usage})

    with Endpoint(script, streams=True) as endpoint:
        answers = {answer.request_id: answer for answer in ask(endpoint, hindi, english, in_flight=1)}
    assert answers["r0"].tokens_in == tokens(hindi)
    assert answers["r1"].finish_reason == "repetition"
    assert answers["r1"].tokens_in == pytest.approx(tokens(english), rel=0.01)


def test_a_thought_that_loops_is_ended_too() -> None:
    rest = itertools.repeat("Wait, let me check that again. ", MOST)
    with Endpoint(lambda call: acts.streamed("Hm. ", rest=rest, reasoning_content=""), streams=True) as endpoint:
        (answer,) = ask(endpoint, request())
    assert (answer.text, answer.finish_reason) == ("", "repetition")
    assert completions.problem("ner", answer, {"text": ""}) == "looped"
    assert answer.tokens_out > 40


def test_a_list_that_repeats_what_its_passage_does_is_not_ended() -> None:
    query = request(text="Rome and Cairo. " * 40)
    act = acts.streamed(HEAD, rest=[*itertools.repeat(ITEM, 30), "]}"])
    with Endpoint(lambda call: act, streams=True) as endpoint:
        (answer,) = ask(endpoint, query)
    assert answer.finish_reason == "stop"
    assert completions.problem("ner", answer, query.payload) is None
    assert len(ner.parse(answer.text)) == 31


# What a server answers to a stream that it does not take; then it is asked without.
REFUSALS = [
    (400, "Streaming is not supported for this endpoint."),
    (422, "extra fields not permitted: stream_options"),
    (400, "Unrecognized request argument supplied: stream"),
]


@pytest.mark.parametrize(("status", "words"), REFUSALS)
def test_a_server_that_refuses_streams_is_asked_without(status: int, words: str) -> None:
    queries = list(requests(3))
    with Endpoint(lambda call: acts.error(status, words) if "stream" in call.body else None) as endpoint:
        assert ask(endpoint, *queries, in_flight=1) == good(*queries)
    assert ["stream" in call.body for call in endpoint.calls] == [True, False, False, False]


def test_a_server_that_gives_no_account_of_a_stream_is_asked_without() -> None:
    queries = list(requests(2))

    def script(call: Any) -> Any:
        return acts.streamed(acts.good(call), usage=False) if "stream" in call.body else None

    with Endpoint(script, streams=True) as endpoint:
        first, second = ask(endpoint, *queries, in_flight=1)
    assert first.text == good(queries[0])[0].text
    assert first.tokens_in > 0 < first.tokens_out
    assert second == good(queries[1])[0]
    assert ["stream" in call.body for call in endpoint.calls] == [True, False]


@pytest.mark.parametrize(
    "act", [acts.broken_stream(503), acts.streamed('{"entities": [', done=False)], ids=["error", "cut"]
)
def test_a_stream_that_breaks_off_is_asked_again(act: Any) -> None:
    with Endpoint(lambda call: act if call.nth == 1 else None, streams=True) as endpoint:
        assert ask(endpoint, request()) == good(request())
    assert len(endpoint.calls) == 2


def test_what_a_stream_says_of_a_refusal_is_a_problem() -> None:
    act = acts.streamed("I cannot do that.", refusal="")
    with Endpoint(lambda call: act, streams=True) as endpoint:
        (answer,) = ask(endpoint, request())
    assert (answer.text, answer.problem) == ("I cannot do that.", "refused")


def test_an_error_in_a_stream_shows_no_key() -> None:
    act = acts.broken_stream(400)
    with Endpoint(lambda call: act, streams=True) as endpoint:
        assert ask(endpoint, request()) == [
            Answer("r0", "the engine died", finish_reason="rejected", problem="rejected")
        ]
