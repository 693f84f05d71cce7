"""Questions to a Batch API over real HTTP: what is put and fetched, across restarts, and that nothing is paid twice."""

import threading
import time
from collections.abc import Iterable
from typing import Any

import pytest
from asking_endpoint import KEY, KEY_ENV, good, request, requests
from batch_endpoint import BatchEndpoint, Fate, problem
from endpoint import MODEL

from finerweb.engines import Answer, Lasting, Note, Request, Spec, check, openai_batch
from finerweb.engines._openai import batches
from finerweb.engines.openai_batch import Memory
from finerweb.errors import EngineFailed, SpoolFailed

POLL = 0.01


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_ENV, KEY)
    monkeypatch.setattr(batches, "backoff", lambda failures: 0.01)


def spec(endpoint: BatchEndpoint, **options: Any) -> Spec:
    fixed = {"model": MODEL, "url": endpoint.url, "key_env": KEY_ENV, "poll": POLL}
    return Spec.from_options("openai_batch", {**fixed, **options})


def ask(
    endpoint: BatchEndpoint,
    queries: Iterable[Request],
    *,
    notes: Memory | None = None,
    is_over: threading.Event | None = None,
    **options: Any,
) -> list[Answer]:
    """What a task that has just begun is answered, sorted by the ids."""
    engine = openai_batch.load(spec(endpoint, **options))
    assert isinstance(engine, Lasting)
    engine.remember(notes or Memory())
    engine.heed(is_over or threading.Event())
    return sorted(engine.answers(queries), key=lambda answer: (len(answer.request_id), answer.request_id))


def once(number: int) -> dict[str, int]:
    """So many requests, each paid for once."""
    return {f"r{index}-1": 1 for index in range(number)}


def test_requests_are_put_in_a_batch_waited_for_and_fetched() -> None:
    query = request("r0")
    with BatchEndpoint(key=KEY) as endpoint:
        assert ask(endpoint, [query]) == good(query)
        (batch,) = endpoint.batches.values()
        (line,) = endpoint.requests(batch)
    assert line == {
        "custom_id": "r0-1",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {
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
                "json_schema": {"name": "ner", "strict": True, "schema": query.schema},
            },
        },
    }
    assert endpoint.calls == [
        "POST files",
        "POST batches",
        *["GET batches/batch_1"] * 4,
        "GET files/file-1/content",
    ]


def test_an_id_fits_into_a_line_whatever_its_length() -> None:
    query = request("r" + "0123456789abcdef" * 4, attempt=12)
    with BatchEndpoint() as endpoint:
        assert ask(endpoint, [query]) == good(query)
    assert list(endpoint.paid) == ["r" + "0123456789abcdef" * 3 + "0123456-12"]


def test_more_requests_than_a_batch_holds_are_several() -> None:
    queries = list(requests(7))
    with BatchEndpoint() as endpoint:
        assert ask(endpoint, queries, requests_per_batch=3) == good(*queries)
        assert (endpoint.sizes, endpoint.paid) == ([3, 3, 1], once(7))
        length = len(endpoint.inputs["batch_1"]) // 3
        assert ask(endpoint, queries, bytes=3 * length) == good(*queries)
        assert endpoint.sizes[3:] in ([2, 2, 2, 1], [3, 3, 1])
        assert max(len(content) for content in list(endpoint.inputs.values())[3:]) <= 3 * length


def test_without_requests_nothing_is_put() -> None:
    with BatchEndpoint() as endpoint:
        assert ask(endpoint, []) == []
    assert endpoint.calls == []


def test_a_run_that_is_stopped_leaves_its_batches_and_the_next_ones_fetch_them() -> None:
    queries, notes, is_over = list(requests(20)), Memory(), threading.Event()
    with BatchEndpoint(lambda number: Fate(looks=10**9)) as endpoint:
        threading.Timer(0.3, is_over.set).start()
        began = time.monotonic()
        assert ask(endpoint, queries, notes=notes, is_over=is_over, requests_per_batch=8, poll=60) == []
        assert time.monotonic() - began < 3
        assert endpoint.sizes == [8, 8, 4]
        endpoint.ends = {name: (Fate(), 0) for name in endpoint.batches}
        # Two tasks now, that deal the requests otherwise.
        parts = [queries[::2], queries[1::2]]
        assert [ask(endpoint, part, notes=notes) for part in parts] == [good(*part) for part in parts]
    assert (endpoint.sizes, endpoint.paid) == ([8, 8, 4], once(20))


def test_new_requests_beside_those_of_an_earlier_run_are_put_alone() -> None:
    queries, notes = list(requests(6)), Memory()
    with BatchEndpoint() as endpoint:
        ask(endpoint, queries[:4], notes=notes)
        assert ask(endpoint, queries, notes=notes) == good(*queries)
        later = request("r0", attempt=2)
        assert ask(endpoint, [later], notes=notes) == good(later)
    assert endpoint.sizes == [4, 2, 1]
    assert endpoint.paid == {**once(6), "r0-2": 1}


class Mortal(Memory):
    """Notes of a process that dies before it writes the `last` one."""

    def __init__(self, last: int) -> None:
        super().__init__()
        self.left = last

    def write(self, name: str, note: Note) -> None:
        self.left -= 1
        if not self.left:
            raise SpoolFailed("dead")
        super().write(name, note)


@pytest.mark.parametrize("others", [0, 250])
def test_a_batch_whose_id_was_not_noted_is_found_by_its_name(others: int) -> None:
    queries, notes = list(requests(3)), Mortal(2)
    with BatchEndpoint() as endpoint:
        with pytest.raises(SpoolFailed):
            ask(endpoint, queries, notes=notes)
        for _ in range(others):  # of others, later: on other pages of the list
            endpoint.create({**endpoint.batches["batch_1"], "metadata": None})
        (name,) = notes.read()
        assert endpoint.batches["batch_1"]["metadata"] == {"finerweb": name}
        assert ask(endpoint, queries, notes=notes) == good(*queries)
    assert (len(endpoint.batches), endpoint.paid) == (1 + others, once(3))
    assert notes.read()[name].details == {"file": "file-0", "batch": "batch_1"}


def test_a_batch_that_was_never_created_is_put_again_and_its_file_removed() -> None:
    queries, notes = list(requests(3)), Memory()
    with BatchEndpoint(trouble=lambda *call: (401, problem("no")) if call == ("POST", "batches") else None) as endpoint:
        with pytest.raises(EngineFailed, match="HTTP 401: no; the key in the environment variable"):
            ask(endpoint, queries, notes=notes)
        (name,) = notes.read()
        assert (list(endpoint.files), endpoint.batches) == (["file-0"], {})
        endpoint.trouble = lambda method, path: None
        assert ask(endpoint, queries, notes=notes) == good(*queries)
    assert endpoint.calls.count("GET batches") == 2, "a list may be late"
    assert (endpoint.sizes, endpoint.paid) == ([3], once(3))
    assert name not in notes.read()
    assert "DELETE files/file-0" in endpoint.calls


def test_a_process_that_dies_before_its_note_has_created_nothing() -> None:
    with BatchEndpoint() as endpoint:
        with pytest.raises(SpoolFailed):
            ask(endpoint, requests(3), notes=Mortal(1))
        assert endpoint.calls == ["POST files"]


def test_a_batch_of_which_the_servers_word_is_lost_is_not_created_twice() -> None:
    queries, lost = list(requests(3)), iter([(0, {})])
    with BatchEndpoint(trouble=lambda *call: next(lost, None) if call == ("POST", "batches") else None) as endpoint:
        assert ask(endpoint, queries) == good(*queries)
    assert (endpoint.sizes, endpoint.paid) == ([3], once(3))


def test_of_a_batch_that_expired_what_was_done_is_kept_and_the_rest_is_put_again() -> None:
    queries, notes = list(requests(5)), Memory()
    with BatchEndpoint(lambda number: Fate("expired", done=2) if number == 1 else Fate()) as endpoint:
        assert ask(endpoint, queries, notes=notes) == good(*queries)
        assert (endpoint.sizes, endpoint.paid) == ([5, 3], once(5))
        assert ask(endpoint, queries, notes=notes) == good(*queries), "one that dies before it kept them"
    assert (endpoint.sizes, endpoint.paid) == ([5, 3], once(5))


def test_what_was_put_again_is_not_put_a_third_time_by_a_later_run() -> None:
    queries, notes = list(requests(5)), Memory()
    fates = {1: Fate("expired", done=2), 2: Fate(looks=10**9)}
    with BatchEndpoint(lambda number: fates.get(number, Fate())) as endpoint:
        endpoint.trouble = lambda method, path: (401, problem("no")) if path == "batches/batch_2" else None
        with pytest.raises(EngineFailed, match="HTTP 401"):
            ask(endpoint, queries, notes=notes)
        endpoint.trouble = lambda method, path: None
        endpoint.ends["batch_2"] = (Fate(), 0)
        assert ask(endpoint, queries, notes=notes) == good(*queries)
    assert (endpoint.sizes, endpoint.paid) == ([5, 3], once(5))


def test_a_request_that_no_batch_answers_is_given_up() -> None:
    with BatchEndpoint(lambda number: Fate("expired", done=0)) as endpoint:
        (answer,) = ask(endpoint, requests(1))
    assert endpoint.sizes == [1] * 5
    assert (answer.problem, answer.text) == (
        "unreachable",
        "This request could not be executed before the completion window expired.",
    )


def test_a_batch_that_was_cancelled_ends_the_job_and_a_later_one_puts_the_rest() -> None:
    queries, notes = list(requests(5)), Memory()
    with BatchEndpoint(lambda number: Fate("cancelled", done=2) if number == 1 else Fate()) as endpoint:
        engine = openai_batch.load(spec(endpoint))
        assert isinstance(engine, Lasting)
        engine.remember(notes)
        answers = engine.answers(queries)
        assert [next(answers), next(answers)] == good(*queries[:2])
        with pytest.raises(
            EngineFailed, match="batch batch_1 was cancelled there; run again to put again what has no answer"
        ):
            next(answers)
        assert ask(endpoint, queries, notes=notes) == good(*queries)
    assert (endpoint.sizes, endpoint.paid) == ([5, 3], once(5))


def test_a_line_that_is_refused_is_an_answer_with_its_problem() -> None:
    def line(call: Any) -> tuple[int, dict[str, Any]] | None:
        if "r1:" in call.prompt:
            return 400, problem("Invalid 'messages'.")
        if "r2:" in call.prompt:
            return 400, problem("Too long.", code="context_length_exceeded")
        if "r3:" in call.prompt:
            return 400, problem("No.", code="content_filter")
        return None

    queries = list(requests(5))
    with BatchEndpoint(line=line) as endpoint:
        answers = ask(endpoint, queries)
    assert [answers[0], answers[4]] == good(queries[0], queries[4])
    assert [(answer.problem, answer.text) for answer in answers[1:4]] == [
        ("rejected", "Invalid 'messages'."),
        ("over_long", "Too long."),
        ("refused", "No."),
    ]
    assert endpoint.sizes == [5]


def test_a_schema_that_is_refused_is_left_out_in_the_next_batch() -> None:
    def line(call: Any) -> tuple[int, dict[str, Any]] | None:
        is_schema = call.body.get("response_format", {}).get("type") == "json_schema"
        return (400, problem("response_format json_schema is not supported")) if is_schema else None

    queries = list(requests(6))
    with BatchEndpoint(line=line) as endpoint:
        assert [answer.problem for answer in ask(endpoint, queries, requests_per_batch=3)] == [None] * 6
    formats = [body.get("response_format", {}).get("type") for body in endpoint.bodies()]
    assert formats == ["json_schema"] * 12 + ["json_object"] * 6


def test_a_server_that_takes_no_request_at_all_is_said() -> None:
    notes = Memory()
    with (
        BatchEndpoint(line=lambda call: (400, problem("Unknown parameter: 'seed'."))) as endpoint,
        pytest.raises(EngineFailed, match="it took none of the 5 requests of batch batch_1: Unknown parameter: 'seed'"),
    ):
        ask(endpoint, requests(5), notes=notes)
    assert notes.read() == {}


def test_a_batch_that_fails_its_validation_is_said_in_the_servers_words() -> None:
    fate = Fate("failed", looks=1, code="invalid_json_line", message="This line is not parseable as valid JSON.")
    notes = Memory()
    with (
        BatchEndpoint(lambda number: fate) as endpoint,
        pytest.raises(EngineFailed) as failure,
    ):
        ask(endpoint, requests(3), notes=notes)
    assert str(failure.value) == (
        f"model {MODEL} at {endpoint.url}: batch batch_1 failed: line 1: This line is not parseable as valid JSON; "
        "mend it and run again"
    )
    assert notes.read() == {}


def test_what_does_not_fit_into_the_queue_waits_for_room() -> None:
    queries = list(requests(12))
    with BatchEndpoint(room=8) as endpoint:
        assert ask(endpoint, queries, requests_per_batch=6) == good(*queries)
        assert endpoint.paid == once(12)
        assert endpoint.sizes[:2] == [6, 6]
        assert [batch["status"] for batch in endpoint.batches.values()][:2] == ["completed", "failed"]
    with BatchEndpoint(room=2) as endpoint:
        assert ask(endpoint, queries) == good(*queries), "in smaller ones, until they fit"
        assert endpoint.paid == once(12)
        assert endpoint.sizes[:4] == [12, 6, 3, 1]
        assert len(endpoint.sizes) < 30, "one after the other, until there is room"


def test_no_credit_in_a_line_ends_the_job() -> None:
    spent = 429, problem("You exceeded your current quota.", code="insufficient_quota")
    with (
        BatchEndpoint(line=lambda call: spent if "r1:" in call.prompt else None) as endpoint,
        pytest.raises(EngineFailed, match="HTTP 429: You exceeded your current quota; add credit there"),
    ):
        ask(endpoint, requests(3))
    assert endpoint.sizes == [3]


def test_an_api_that_is_gone_for_a_while_is_waited_for() -> None:
    queries = list(requests(3))
    gone = iter([None, None, None, (503, problem("busy")), (0, {}), None, None, (502, problem("gone")), (500, {})])
    with BatchEndpoint(trouble=lambda *call: next(gone, None)) as endpoint:
        assert ask(endpoint, queries) == good(*queries)
    assert endpoint.paid == once(3)


def test_an_api_that_never_answered_ends_the_job_soon() -> None:
    with BatchEndpoint() as endpoint:
        pass
    with pytest.raises(EngineFailed, match="see that it can be reached from here"):
        ask(endpoint, requests(1))


def test_a_batch_that_the_key_does_not_see_is_not_paid_for_again() -> None:
    queries, notes = list(requests(3)), Memory()
    with BatchEndpoint() as endpoint:
        ask(endpoint, queries, notes=notes)
        endpoint.batches.clear()
        with pytest.raises(EngineFailed, match="batch batch_1 is not there, of which note .* in the spool tells"):
            ask(endpoint, queries, notes=notes)
    assert endpoint.calls.count("POST batches") == 1


def test_answers_that_the_server_keeps_no_longer_are_asked_for_again() -> None:
    queries, notes = list(requests(3)), Memory()
    with BatchEndpoint() as endpoint:
        ask(endpoint, queries, notes=notes)
        endpoint.files.clear()
        assert ask(endpoint, queries, notes=notes) == good(*queries)
    assert endpoint.sizes == [3, 3]


def test_what_can_be_known_before_is_checked_before() -> None:
    with BatchEndpoint(key=KEY) as endpoint:
        check(spec(endpoint))
        with pytest.raises(EngineFailed, match="it has no such model"):
            check(spec(endpoint, model="huge"))
        with pytest.raises(EngineFailed, match=r"its price is 2.5 USD per hour; wanted USD per million tokens"):
            check(spec(endpoint, price={"hour": 2.5}))
        with pytest.raises(EngineFailed, match="its setting requests_per_batch: found 50001"):
            check(spec(endpoint, requests_per_batch=50_001))
        endpoint.has_batches = False
        with pytest.raises(EngineFailed, match=r"it has no Batch API \(GET /batches\): ask it with engine openai"):
            check(spec(endpoint))


def test_where_it_is_and_how_it_is_cut_asks_nothing_again() -> None:
    with BatchEndpoint() as endpoint:
        plain = spec(endpoint)
        changes = {"url": "http://other/v1", "poll": 5.0, "requests_per_batch": 10, "bytes": 10**6, "timeout": 1.0}
        assert spec(endpoint, **changes).fingerprint == plain.fingerprint
        assert spec(endpoint, response_format="text").fingerprint != plain.fingerprint
