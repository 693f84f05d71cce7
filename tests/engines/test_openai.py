"""Questions to an endpoint that works, over real HTTP: what is sent, how much at once and how fast, what is kept."""

import dataclasses
import itertools
import threading
import time
from collections.abc import Iterator
from typing import Any

import endpoint_acts as acts
import pytest
from asking_endpoint import KEY, KEY_ENV, ask, good, request, requests, spec
from endpoint import MODEL, Call, Endpoint

from finerweb import plugins, settings
from finerweb.engines import Answer, Request, Spec, check, openai
from finerweb.engines._openai.chat import unbounded
from finerweb.errors import BadSettings, EngineFailed

QUESTIONS = ["usefulness", "ner", "judge", "label_english", "label_name"]


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_ENV, KEY)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_asked_and_answered(question: str) -> None:
    query = request("r1", question)
    with Endpoint(key=KEY) as endpoint:
        assert ask(endpoint, query) == good(query)
    assert [call.body for call in endpoint.calls] == [
        {
            "model": MODEL,
            "messages": [
                {"role": "system", "content": query.instructions},
                {"role": "user", "content": query.prompt},
            ],
            "temperature": 0.0,
            "seed": 0,
            "max_tokens": 2048,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": question, "strict": True, "schema": query.schema},
            },
            "stream": True,
            "stream_options": {"include_usage": True},
        }
    ]
    plugins.load("finerweb.questions", question).parse(good(query)[0].text)


def sent(endpoint: Endpoint) -> list[dict[str, Any]]:
    """Of each body what is not the question: how the answer is drawn."""
    kept = {"model", "messages", "response_format", "stream", "stream_options"}
    return [{key: value for key, value in call.body.items() if key not in kept} for call in endpoint.calls]


def test_a_later_attempt_has_more_room() -> None:
    with Endpoint() as endpoint:
        ask(endpoint, request(attempt=3), max_tokens=100, seed=7)
    assert sent(endpoint) == [{"temperature": 0.3, "seed": 9, "max_tokens": 400}]


def test_an_attempt_after_a_loop_has_a_penalty_and_no_more_room() -> None:
    again = dataclasses.replace(request(attempt=3), last_problem="looped")
    with Endpoint() as endpoint:
        ask(endpoint, again, max_tokens=100, seed=7)
    assert sent(endpoint) == [{"temperature": 0.7, "seed": 9, "max_tokens": 100, "frequency_penalty": 0.3}]


def test_a_penalty_that_is_refused_is_left_out() -> None:
    refused = acts.error(400, "Unsupported parameter: 'frequency_penalty' is not supported with this model.")
    retries = [dataclasses.replace(query, attempt=2, last_problem="looped") for query in requests(2)]
    with Endpoint(lambda call: refused if "frequency_penalty" in call.body else None) as endpoint:
        assert ask(endpoint, *retries, in_flight=1) == good(*retries)
    assert ["frequency_penalty" in call.body for call in endpoint.calls] == [True, False, False]


def test_settings_that_are_null_are_left_to_the_server_and_extra_ones_are_sent() -> None:
    with Endpoint() as endpoint:
        ask(endpoint, request(), temperature=None, seed=None, max_tokens=None, extra={"top_p": 0.9})
    assert sent(endpoint) == [{"top_p": 0.9}]


def test_no_key_is_sent_where_none_is_wanted() -> None:
    with Endpoint() as endpoint:
        ask(endpoint, request(), key_env=None)
        ask(endpoint, request())
    assert [call.headers.get("Authorization") for call in endpoint.calls] == [None, f"Bearer {KEY}"]


# What models and servers say: the message, the rest of the choice, the rest of the completion; and what is made of it.
SHAPES: dict[str, tuple[Any, dict[str, Any], dict[str, Any], Answer]] = {
    "cut": ('{"enti', {"finish_reason": "length"}, {}, Answer("r0", '{"enti', "length", 5, 7)),
    "no finish reason": ("{}", {"finish_reason": None}, {}, Answer("r0", "{}", "stop", 5, 7)),
    "no usage": ("{}", {}, {"usage": None}, Answer("r0", "{}")),
    "odd usage": ("{}", {}, {"usage": {"prompt_tokens": "many", "completion_tokens": -1}}, Answer("r0", "{}")),
    "another model": ("{}", {}, {"model": "tiny-2026-01-01", "new": [1]}, Answer("r0", "{}", "stop", 5, 7)),
    "nothing": (None, {}, {}, Answer("r0", "", "stop", 5, 7)),
    "parts": (
        [{"type": "reasoning", "summary": []}, {"type": "text", "text": "{}"}],
        {},
        {},
        Answer("r0", "{}", "stop", 5, 7),
    ),
    "half an emoji": ("\ud83d {}", {}, {}, Answer("r0", "\ufffd {}", "stop", 5, 7)),
    "filtered": (
        "",
        {"finish_reason": "content_filter"},
        {},
        Answer("r0", "", "content_filter", 5, 7, problem="refused"),
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_an_answer_of_any_shape_is_kept(shape: str) -> None:
    text, choice, more, wanted = SHAPES[shape]
    whole = {
        "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop", **choice}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 7},
        **more,
    }
    with Endpoint(lambda call: acts.body(whole)) as endpoint:
        assert ask(endpoint, request()) == [wanted]


def test_a_refusal_is_a_problem_with_the_models_words() -> None:
    with Endpoint(lambda call: acts.refusal("I cannot help with that.")) as endpoint:
        (answer,) = ask(endpoint, request())
    assert (answer.text, answer.finish_reason, answer.problem) == ("I cannot help with that.", "stop", "refused")


def test_an_answer_to_another_question_is_kept_for_the_annotator_to_judge() -> None:
    with Endpoint(lambda call: acts.content('{"score": 3}')) as endpoint:
        (answer,) = ask(endpoint, request())
    assert (answer.text, answer.problem) == ('{"score": 3}', None)


def test_never_more_in_flight_than_allowed_and_none_pulled_ahead() -> None:
    pulled, answered, ahead = 0, 0, []

    def pulling() -> Iterator[Request]:
        nonlocal pulled
        for query in requests(60):
            pulled += 1
            ahead.append(pulled - answered)
            yield query

    with Endpoint(delay=0.03) as endpoint:
        began = time.monotonic()
        for _ in openai.load(spec(endpoint, in_flight=7)).answers(pulling()):
            answered += 1
        took = time.monotonic() - began
    assert (answered, len(endpoint.calls), endpoint.most_at_once, max(ahead)) == (60, 60, 7, 7)
    assert took < 60 * 0.03  # one after another would take as long


def test_answers_come_as_they_are_there_not_as_they_were_asked() -> None:
    first = request("r0")
    with Endpoint(lambda call: time.sleep(0.3) if call.prompt == first.prompt else None) as endpoint:
        order = [answer.request_id for answer in openai.load(spec(endpoint, in_flight=2)).answers(requests(5))]
    assert (sorted(order), order[-1]) == (["r0", "r1", "r2", "r3", "r4"], "r0")


def test_requests_in_flight_go_on_while_the_caller_is_busy() -> None:
    with Endpoint(delay=0.1) as endpoint:
        answers = openai.load(spec(endpoint, in_flight=4)).answers(requests(9))
        next(answers)
        time.sleep(0.4)  # as Spark does when it takes a batch
        began = time.monotonic()
        assert len(list(itertools.islice(answers, 3))) == 3
        assert time.monotonic() - began < 0.09  # they were there
        assert len(list(answers)) == 5


def test_closing_ends_what_is_in_flight() -> None:
    left = requests(100)
    with Endpoint(lambda call: acts.hang if call.number > 1 else None) as endpoint:
        answers = openai.load(spec(endpoint, in_flight=5)).answers(left)
        next(answers)
        began = time.monotonic()
        answers.close()  # type: ignore[attr-defined]
        assert time.monotonic() - began < 1.0
    assert len(endpoint.calls) <= 6
    assert next(left).request_id in {"r5", "r6"}
    assert [thread.name for thread in threading.enumerate() if thread.name == "requests in flight"] == []


def test_an_error_of_the_requests_themselves_is_raised() -> None:
    def breaking() -> Iterator[Request]:
        yield from requests(3)
        raise EOFError("Spark is gone")

    with Endpoint() as endpoint, pytest.raises(EOFError, match="Spark is gone"):
        list(openai.load(spec(endpoint)).answers(breaking()))
    assert [thread.name for thread in threading.enumerate() if thread.name == "requests in flight"] == []


def test_an_engine_is_used_again_and_again() -> None:
    with Endpoint() as endpoint:
        engine = openai.load(spec(endpoint))
        for _ in range(3):
            assert sorted(answer.request_id for answer in engine.answers(requests(4))) == ["r0", "r1", "r2", "r3"]
        assert list(engine.answers([])) == []


def windows(times: list[float], width: float) -> int:
    """The most that happened within any time span of this width."""
    return max(sum(1 for moment in times if start <= moment < start + width) for start in times)


def test_requests_per_minute_are_shared_by_the_tasks() -> None:
    with Endpoint() as endpoint:  # 600 of 1200 a minute: 10 a second
        engine = openai.load(spec(endpoint, requests_per_minute=1200))
        engine.share(2)
        began = time.monotonic()
        assert len(list(engine.answers(requests(20)))) == 20
    times = [call.arrival for call in endpoint.calls]
    assert len(times) == 20
    assert windows(times, 0.5) <= 10 + 5 + 2  # 2 for a busy machine, on which some arrive late
    assert 1.0 < times[-1] - began < 3.0  # 10 at once, then one every 0.1 s


@pytest.mark.parametrize(("used", "number", "least", "most"), [(8000, 3, 2.5, 5.0), (100, 20, 0.0, 2.0)])
def test_tokens_per_minute_count_what_was_used(used: int, number: int, least: float, most: float) -> None:
    """About 900 are expected of each request, and 4000 a second are allowed, which may be spent at once."""
    usage = {"prompt_tokens": used - 10, "completion_tokens": 10}
    answer = acts.body({"choices": [{"message": {"content": "{}"}}], "usage": usage})
    with Endpoint(lambda call: answer) as endpoint:
        began = time.monotonic()
        ask(endpoint, *requests(number), tokens_per_minute=61 * 4000, in_flight=1)
    assert least < endpoint.calls[-1].arrival - began < most


# A server that takes: which formats are refused, with which words; what is sent to it then.
UNKNOWN = "Unsupported response_format type"
BOUND = "Invalid schema for response_format 'ner': In context=(), 'maxLength' is not permitted."
FALLBACKS: dict[str, tuple[dict[str, str], list[str]]] = {
    "all": ({}, ["bounded"]),
    "no bounds": ({"bounded": BOUND}, ["bounded", "unbounded"]),
    "no schema": ({"bounded": UNKNOWN, "unbounded": UNKNOWN}, ["bounded", "unbounded", "json_object"]),
    "nothing": (
        {"bounded": UNKNOWN, "unbounded": UNKNOWN, "json_object": "'response_format.type' must be 'text'"},
        ["bounded", "unbounded", "json_object", "text"],
    ),
}


def format_of(call: Call) -> str:
    """The format that was asked for."""
    wanted = call.body.get("response_format")
    if wanted is None or wanted["type"] != "json_schema":
        return "text" if wanted is None else str(wanted["type"])
    schema = plugins.load("finerweb.questions", call.question).SCHEMA
    return {True: "bounded", False: "unbounded"}[wanted["json_schema"]["schema"] == schema]


@pytest.mark.parametrize("server", FALLBACKS)
def test_a_format_that_is_refused_is_not_asked_for_again(server: str) -> None:
    refused, formats = FALLBACKS[server]

    def script(call: Call) -> Any:
        return acts.error(400, refused[format_of(call)]) if format_of(call) in refused else None

    queries = list(requests(3))
    with Endpoint(script) as endpoint:
        engine = openai.load(spec(endpoint, in_flight=1, retries=0))
        assert list(engine.answers(queries)) == good(*queries)
        assert list(engine.answers(queries)) == good(*queries)
    assert [format_of(call) for call in endpoint.calls] == formats + 5 * formats[-1:]


def test_many_refusals_at_once_teach_one_thing() -> None:
    with Endpoint(
        lambda call: acts.error(422, BOUND) if format_of(call) == "bounded" else None, delay=0.05
    ) as endpoint:
        assert ask(endpoint, *requests(24), in_flight=8) == good(*requests(24))
    used = [format_of(call) for call in endpoint.calls]
    assert (used.count("bounded"), used.count("unbounded")) == (8, 24)


def test_bounds_are_taken_from_schemas_and_properties_of_their_names_are_not() -> None:
    item = {"type": "string", "maxLength": 9}
    schema = {"type": "object", "properties": {"format": item, "list": {"type": "array", "maxItems": 3, "items": item}}}
    string = {"type": "string"}
    assert unbounded(schema) == {
        "type": "object",
        "properties": {"format": string, "list": {"type": "array", "items": string}},
    }


def test_max_completion_tokens_takes_the_place_of_max_tokens() -> None:
    words = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    refused = acts.error(400, words, code="unsupported_parameter", param="max_tokens")
    queries = list(requests(3))
    with Endpoint(lambda call: refused if "max_tokens" in call.body else None) as endpoint:
        assert ask(endpoint, *queries, in_flight=1) == good(*queries)
    drawn = {"temperature": 0.0, "seed": 0}
    renamed = {**drawn, "max_completion_tokens": 2048}
    assert sent(endpoint) == [{**drawn, "max_tokens": 2048}, renamed, renamed, renamed]


def test_room_that_the_context_does_not_have_is_not_asked_for() -> None:
    """A later attempt asks for twice the room: the model's whole context may be less."""
    refused = acts.error(
        400, "max_tokens=4096 cannot be greater than max_model_len=2048. Please request fewer output tokens."
    )
    query = request(attempt=2)
    with Endpoint(lambda call: refused if "max_tokens" in call.body else None) as endpoint:
        assert ask(endpoint, query) == good(query)
    drawn = {"temperature": 0.3, "seed": 1}
    assert sent(endpoint) == [{**drawn, "max_tokens": 4096}, drawn]


def test_check_passes_where_the_model_is_listed_or_no_list_is_there() -> None:
    with Endpoint(key=KEY, models=["other", MODEL]) as endpoint:
        check(spec(endpoint))
        check(spec(endpoint, url=endpoint.url.removesuffix("v1"), model="not listed there"))
    assert endpoint.calls == []


def test_check_names_the_models_that_are_there() -> None:
    with Endpoint(models=["gpt-4o", "gpt-4o-mini"]) as endpoint, pytest.raises(EngineFailed) as failure:
        check(spec(endpoint, model="gpt-4o-mimi"))
    assert str(failure.value) == (
        f"model gpt-4o-mimi at {endpoint.url}: it has no such model; there are: gpt-4o, gpt-4o-mini. "
        "Did you mean 'gpt-4o-mini'?"
    )


def test_check_knows_a_wrong_key_and_does_not_show_it() -> None:
    with Endpoint(key="another") as endpoint, pytest.raises(EngineFailed) as failure:
        check(spec(endpoint))
    assert str(failure.value) == (
        f"model tiny at {endpoint.url}: HTTP 401: Incorrect API key provided: Bearer ***; the key in the environment "
        "variable FINERWEB_TEST_KEY was not accepted: set it to one that may use this model, or name another variable "
        "with key_env"
    )


def test_check_knows_an_endpoint_that_is_not_there() -> None:
    with Endpoint() as endpoint:
        pass
    with pytest.raises(EngineFailed) as failure:
        check(spec(endpoint))
    assert str(failure.value) == (
        f"model tiny at {endpoint.url}: ConnectError: [Errno 111] Connection refused; see that it runs and can be "
        "reached from here; url says where"
    )


HERE = "http://127.0.0.1:9/v1"
BAD_SETTINGS: list[tuple[dict[str, Any], str]] = [
    ({}, "engine openai: its setting model: wanted the name that the endpoint has for a model, such as gpt-4o-mini"),
    (
        {"model": "m", "url": "ftp://x"},
        "engine openai: its setting url: wanted http:// or https://, a host and a path, without password and query: "
        "https://api.openai.com/v1",
    ),
    (
        {"model": "m", "key_env": KEY},
        "engine openai: its setting key_env: wanted the name of an environment variable, in capitals: OPENAI_API_KEY, "
        "or null; never the key",
    ),
    (
        {"model": "m", "in_flight": 0},
        "engine openai: its setting in_flight: found 0; Input should be greater than 0",
    ),
    (
        {"model": "m", "url": f"{HERE}/chat/completions", "key_env": None},
        f"model m at {HERE}/chat/completions: the url ends in /chat/completions, which is added to it; leave that out",
    ),
    (
        {"model": "m", "url": HERE, "key_env": "NO_SUCH_KEY"},
        f"model m at {HERE}: the environment variable NO_SUCH_KEY is not set; it holds the endpoint's key (on a cluster "
        "every worker needs it, from a secret scope). key_env names another variable, and is null for an endpoint that "
        "wants no key",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("options", "wanted"), BAD_SETTINGS)
def test_settings_that_cannot_be_are_told_before_anything_is_asked(options: dict[str, Any], wanted: str) -> None:
    with pytest.raises(EngineFailed) as failure:
        check(Spec.from_options("openai", options))
    assert str(failure.value) == wanted


def test_a_key_that_cannot_be_sent_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_ENV, f"{KEY}\nsecond line")
    with pytest.raises(EngineFailed) as failure:
        check(Spec.from_options("openai", {"model": "m", "url": HERE, "key_env": KEY_ENV}))
    assert str(failure.value) == (
        f"model m at {HERE}: the environment variable FINERWEB_TEST_KEY holds a space, a line break or a letter that is "
        "not ASCII; wanted a key"
    )


def test_a_misspelt_setting_is_refused() -> None:
    with pytest.raises(BadSettings) as failure:
        settings.load("conf/test.yml", ["models.broad={engine: openai, model: m, temprature: 1}"])
    assert "Did you mean 'temperature'?" in str(failure.value)


def test_what_shapes_an_answer_is_in_the_fingerprint_and_nothing_else() -> None:
    plain = Spec.from_options("openai", {"model": "org/gpt-4o"})
    neutral = {
        "url": HERE, "key_env": None, "in_flight": 1, "requests_per_minute": 1, "tokens_per_minute": 1, "timeout": 1,
        "retries": 1, "patience": 1, "max_tokens": 1, "tasks": 3, "price": {"input": 1.0}, "stream": False,
    }  # fmt: skip
    shaping = {"temperature": 1, "seed": 1, "response_format": "text", "extra": {"top_p": 1}}
    assert Spec.from_options("openai", {"model": "org/gpt-4o", **neutral}).fingerprint == plain.fingerprint
    assert plain.fingerprint.startswith("openai-gpt-4o-")
    same = {"temperature": 0.0, "seed": 0, "response_format": "auto", "extra": {}}
    assert Spec.from_options("openai", {"model": "org/gpt-4o", **same}).fingerprint == plain.fingerprint
    changed = {
        Spec.from_options("openai", {"model": "org/gpt-4o", key: value}).fingerprint for key, value in shaping.items()
    }
    assert len({plain.fingerprint, *changed}) == 5
    assert set(neutral) | set(shaping) | {"model"} == openai.OPTIONS | {"tasks", "price"}
