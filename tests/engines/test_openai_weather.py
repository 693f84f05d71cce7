"""An endpoint that has answered, and then is gone, restarts, or refuses the key: what passes is waited out, and what was sent is kept."""

import dataclasses
import itertools
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import endpoint_acts as acts
import pytest
from asking_endpoint import KEY, KEY_ENV, ask, good, request, requests, spec
from endpoint import MODEL, Call, Endpoint
from kills import came as logged
from kills import endpoint as process
from kills import free_port, wait

from finerweb.engines import Answer, Request, Spec, openai
from finerweb.engines._openai import breaker, rate_limit
from finerweb.errors import EngineFailed


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_ENV, KEY)
    monkeypatch.setattr(
        rate_limit, "FIRST", 0.02
    )  # seconds, as all of these; the real ones would be the tests' longest
    monkeypatch.setattr(breaker, "FIRST", 0.1)
    monkeypatch.setattr(breaker, "LONGEST", 0.4)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was said of an endpoint, without times and numbers of seconds."""
    texts = [record.getMessage() for record in caplog.records if record.name == breaker.__name__]
    return [
        re.sub(r"[\d,.]+ s\b", "N s", re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "THEN", text)) for text in texts
    ]


def test_one_request_that_lands_where_nothing_is_costs_the_others_nothing(caplog: pytest.LogCaptureFixture) -> None:
    queries = list(requests(103))
    missing = acts.error(404, "Not Found")
    with Endpoint(lambda call: missing if call.number == 70 else None, delay=0.01) as endpoint:
        assert ask(endpoint, *queries) == good(*queries)
    assert len(endpoint.calls) == 104
    assert warnings(caplog) == []


# What an endpoint that is gone does to all that is sent.
GONE = {
    "404": acts.error(404, "Not Found"),
    "405": acts.error(405),
    "410": acts.error(410),
    "307": acts.error(307, "", {"Location": "https://elsewhere/v1"}),
    "500": acts.error(500, "boom"),
    "502, no JSON": acts.error(502),
    "503, later": acts.error(503, "loading", {"retry-after-ms": "50"}),
    "429": acts.slow_down(),
    "half an answer": acts.half,
    "not JSON": acts.not_json,
    "no choices": acts.body({"choices": []}),
    "not a word": acts.cut,
    "no end": acts.hang,
}


@pytest.mark.parametrize("trouble", GONE)
def test_what_is_gone_for_a_while_is_waited_for(trouble: str, caplog: pytest.LogCaptureFixture) -> None:
    queries = list(requests(40))
    began = ended = 0.0

    def script(call: Call) -> Any:
        nonlocal began, ended
        if call.number == 20:
            began, ended = call.arrival, call.arrival + 0.7
        return GONE[trouble] if call.number >= 20 and call.arrival < ended else None

    with Endpoint(script, delay=0.01) as endpoint:
        # A busy machine is slow too: only where nothing else tells it is the time a short one.
        answers = ask(endpoint, *queries, in_flight=8, retries=4, timeout=1.0 if trouble == "no end" else 10.0)
    assert answers == good(*queries)
    lost = [call for call in endpoint.calls if began <= call.arrival < ended]
    assert len(lost) <= 8 + 4 + 12, "those under way, some again, and probes"
    first, *_, last = warnings(caplog)
    assert re.fullmatch(rf"model tiny at {endpoint.url}: gone since THEN: .+", first)
    assert last == f"model tiny at {endpoint.url}: it answers again, after N s"


def test_an_endpoint_that_is_gone_is_probed_by_one_at_a_time_ever_more_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaker, "FIRST", 0.3)
    monkeypatch.setattr(breaker, "LONGEST", 0.6)
    queries, ends = list(requests(30)), 0.0

    def script(call: Call) -> Any:
        nonlocal ends
        if call.number == 10:
            ends = time.monotonic() + 2.5
        return acts.error(502) if time.monotonic() < ends else None

    with Endpoint(script, delay=0.01) as endpoint:
        assert ask(endpoint, *queries, in_flight=8) == good(*queries)
    lost = [call for call in endpoint.calls if call.number >= 10 and call.arrival < ends]
    gaps = [after.arrival - before.arrival for before, after in itertools.pairwise(lost)]
    assert len(lost) < 8 * 3 + 10, "those that were under way, some of them again, and probes"
    assert all(0.14 < gap < 1.5 for gap in gaps[-4:]), "nothing is sent between the probes"
    assert gaps[-1] > 0.29
    probes = [call.prompt for call in lost[-4:]]
    assert len(set(probes)) == len(probes), "each time it is another one"


def test_late_answers_of_a_server_that_is_replaced_do_not_say_that_it_is_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    queries, until = list(requests(30)), 0.0

    def script(call: Call) -> Any:
        nonlocal until
        if call.number == 9:
            until = call.arrival + 0.9
        if 9 <= call.number <= 12:
            return acts.later(0.3 + 0.1 * (call.number - 9))
        return acts.error(404, "Not Found") if call.number > 12 and call.arrival < until else None

    with Endpoint(script) as endpoint:
        assert ask(endpoint, *queries, in_flight=8) == good(*queries)
    assert [text.split(": ")[1].split()[0] for text in warnings(caplog)] == ["gone", "it"]


def test_a_name_that_is_not_resolved_for_a_while_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    queries, resolve, until = list(requests(20)), socket.getaddrinfo, 0.0

    def script(call: Call) -> Any:
        nonlocal until
        if call.number == 10:
            until = time.monotonic() + 0.7
        message = {"content": acts.good(call)}  # each time on a connection of its own
        return lambda handler, call: handler.send_json(
            200, acts.completion(call, message=message), {"Connection": "close"}
        )

    def resolving(*args: Any, **more: Any) -> Any:
        if time.monotonic() < until:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return resolve(*args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolving)
    with Endpoint(script) as endpoint:
        url = endpoint.url.replace("127.0.0.1", "localhost")
        assert ask(endpoint, *queries, url=url, in_flight=4, retries=4) == good(*queries)
    assert len(endpoint.calls) == 20


def test_a_probe_waits_as_long_as_it_is_asked_to() -> None:
    queries = list(requests(12))
    later = acts.error(503, "later", {"retry-after-ms": "900"})
    with Endpoint(lambda call: later if call.number == 6 else None) as endpoint:
        assert ask(endpoint, *queries, in_flight=2) == good(*queries)
    six, seven, eight = (call.arrival for call in endpoint.calls[5:8])
    assert max(seven - six, eight - seven) > 0.85, "at most one was under way already"


def test_a_request_to_wait_for_hours_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("finerweb.engines._openai.weather.LONGEST_WAIT", 0.5)
    queries = list(requests(9))
    with Endpoint(lambda call: acts.slow_down(retry_after="36000") if call.number == 4 else None) as endpoint:
        assert ask(endpoint, *queries, in_flight=2) == good(*queries)


@pytest.mark.parametrize("act", [acts.error(500, "boom"), acts.error(404, "boom"), acts.body({}), acts.slow_down()])
@pytest.mark.parametrize("in_flight", [1, 8])
def test_a_request_that_always_fails_is_a_row_and_the_endpoint_is_not_gone(
    act: Any, in_flight: int, caplog: pytest.LogCaptureFixture
) -> None:
    queries = list(requests(20))
    with Endpoint(lambda call: act if call.prompt == queries[7].prompt else None) as endpoint:
        answers = ask(endpoint, *queries, in_flight=in_flight, retries=2)
    assert [answer.problem for answer in answers] == [None] * 7 + ["unreachable"] + [None] * 12
    assert len(endpoint.calls) == 19 + 3
    assert warnings(caplog) == []


def test_requests_with_more_tokens_than_a_minute_has_do_not_look_like_a_storm() -> None:
    queries = list(requests(12))
    bad = {query.prompt for query in queries[10:]}
    large = acts.error(429, "Request too large for tiny on tokens per min (TPM): Limit 300, Requested 400.")
    with Endpoint(lambda call: large if call.prompt in bad else None, delay=0.02) as endpoint:
        answers = ask(endpoint, *queries, in_flight=4, retries=2)
    assert [answer.problem for answer in answers] == [None] * 10 + ["unreachable"] * 2
    assert len(endpoint.calls) == 10 + 2 * 3


def test_requests_that_always_fail_do_not_hold_up_the_others() -> None:
    """The last four crash the server and there is one more: one in five is a probe that is answered."""
    queries = list(requests(25))
    bad = {query.prompt for query in queries[20:24]}
    with Endpoint(lambda call: acts.cut if call.prompt in bad else None, delay=0.02) as endpoint:
        answers = ask(endpoint, *queries, in_flight=5, retries=2)
    assert [answer.problem for answer in answers] == [None] * 20 + ["unreachable"] * 4 + [None]
    assert len(endpoint.calls) == 21 + 4 * 3


def test_an_endpoint_that_is_killed_and_starts_again_answers_each_request_once(tmp_path: Path) -> None:
    port, queries = free_port(), list(requests(200))
    came, answered = tmp_path / "came", tmp_path / "answered"
    engine = openai.load(
        Spec.from_options(
            "openai", {"model": MODEL, "url": f"http://127.0.0.1:{port}/v1", "key_env": None, "in_flight": 16}
        )
    )
    answers: list[Answer] = []
    with process(came, port, answers=answered) as first:
        asking = threading.Thread(target=lambda: answers.extend(engine.answers(iter(queries))))
        asking.start()
        wait(lambda: logged(answered).total() >= 80, "80 answers")
        first.kill()
        first.wait()
    time.sleep(0.7)  # several are refused
    with process(came, port, answers=answered):
        asking.join(60)
    assert sorted(answers, key=lambda answer: int(answer.request_id[1:])) == good(*queries)
    assert set(logged(answered).values()) == {1}
    assert 200 <= logged(came).total() <= 200 + 16, "those that were under way came twice"


def test_a_task_that_starts_while_it_is_gone_waits_where_others_had_answers(tmp_path: Path) -> None:
    port, queries = free_port(), list(requests(20))
    settings = {"model": MODEL, "url": f"http://127.0.0.1:{port}/v1", "key_env": None, "in_flight": 4}
    with pytest.raises(EngineFailed, match="see that it runs and can be reached from here"):
        list(openai.load(Spec.from_options("openai", settings)).answers(iter(queries)))
    engine = openai.load(Spec.from_options("openai", settings))
    engine.share(2, is_proven=True)
    answers: list[Answer] = []
    asking = threading.Thread(target=lambda: answers.extend(engine.answers(iter(queries))))
    asking.start()
    time.sleep(0.5)  # several are refused
    with process(tmp_path / "came", port):
        asking.join(60)
    assert sorted(answers, key=lambda answer: int(answer.request_id[1:])) == good(*queries)


def test_a_wait_for_an_endpoint_ends_when_it_is_over_and_leaves_what_was_not_sent() -> None:
    answers: list[Answer] = []
    is_over = threading.Event()
    with Endpoint() as endpoint:
        engine = openai.load(spec(endpoint, in_flight=4))
        engine.heed(is_over)
        stream = engine.answers(requests(50))
        answers += [next(stream) for _ in range(10)]
    waiting = threading.Thread(target=lambda: answers.extend(stream))
    waiting.start()
    time.sleep(0.5)
    assert waiting.is_alive(), "it is patient"
    is_over.set()
    waiting.join(5)
    assert not waiting.is_alive()
    assert 10 <= len(answers) < 20
    assert {answer.problem for answer in answers} == {None}


def test_an_endpoint_that_is_gone_for_longer_than_patience_ends_it_and_what_came_is_kept() -> None:
    answers: list[Answer] = []
    pulled = iter(requests(50))
    with Endpoint() as endpoint:
        stream = openai.load(spec(endpoint, in_flight=4, retries=1, patience=1.0)).answers(pulled)
        answers += [next(stream) for _ in range(10)]
    began = time.monotonic()
    with pytest.raises(EngineFailed) as failure:
        answers.extend(stream)
    assert 1.0 < time.monotonic() - began < 3.0
    assert re.fullmatch(
        rf"model tiny at {endpoint.url}: gone since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d UTC: ConnectError: All "
        r"connection attempts failed \(Connection refused\); see that it runs and can be reached from here, then run "
        r"again, or set patience to more seconds\. What was answered is kept",
        str(failure.value),
    )
    assert [answer.problem for answer in answers] == [None] * len(answers)
    assert len(list(pulled)) >= 50 - len(answers) - 4, "none was pulled meanwhile"


# What ends it, while others are under way.
ENDS = {
    "another key": (acts.error(401, "Revoked"), "HTTP 401: Revoked"),
    "not allowed": (acts.error(403, "Your organization was suspended"), "HTTP 403: Your organization"),
    "no money": (acts.error(402, "Insufficient balance"), "HTTP 402: Insufficient balance"),
    "no quota": (acts.error(429, "Spent", code="insufficient_quota"), "HTTP 429: Spent"),
}


@pytest.mark.parametrize("end", ENDS)
def test_what_was_sent_is_answered_before_the_end(end: str) -> None:
    act, words = ENDS[end]
    pulled, answers = iter(requests(60)), list[Answer]()
    with Endpoint(lambda call: act if call.number == 25 else None, delay=0.2) as endpoint:
        stream = openai.load(spec(endpoint, in_flight=12)).answers(pulled)
        with pytest.raises(EngineFailed, match=words):
            answers.extend(stream)
    assert len(answers) == len(endpoint.calls) - 1, "all but the one that was refused"
    assert [answer.problem for answer in answers] == [None] * len(answers)
    assert len(list(pulled)) >= 60 - len(endpoint.calls) - 12


def test_a_bug_costs_no_answer_that_is_under_way() -> None:
    def breaking() -> Iterator[Request]:
        yield from requests(9)
        wait(lambda: len(endpoint.calls) == 9, "nine requests")
        yield dataclasses.replace(request("r9"), schema={"type": object()})
        yield request("r10")

    answers: list[Answer] = []
    with Endpoint(delay=0.3) as endpoint, pytest.raises(TypeError, match="not JSON serializable"):
        answers.extend(openai.load(spec(endpoint)).answers(breaking()))
    assert len(answers) == len(endpoint.calls) == 9


def test_requests_that_break_off_cost_no_answer_that_is_under_way() -> None:
    def breaking() -> Iterator[Request]:
        yield from requests(5)
        wait(lambda: len(endpoint.calls) == 5, "five requests")
        raise ValueError("no more")

    answers: list[Answer] = []
    with Endpoint(delay=0.3) as endpoint, pytest.raises(ValueError, match="no more"):
        answers.extend(openai.load(spec(endpoint)).answers(breaking()))
    assert len(answers) == 5


def test_it_is_said_every_so_often_that_an_endpoint_is_gone_and_never_with_a_key(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(breaker, "REMINDER", 0.5)
    queries = list(requests(12))
    odd = acts.body({"error": {"message": f"Bearer {KEY} is unknown upstream"}})
    with Endpoint(lambda call: odd if 6 < call.number < 14 else None) as endpoint:
        assert ask(endpoint, *queries, in_flight=2) == good(*queries)
    gone = (
        f"model tiny at {endpoint.url}: gone since THEN: HTTP 200: Bearer *** is unknown upstream; one request in "
        "N s will show whether it is back; patience: N s"
    )
    *reminders, last = warnings(caplog)
    assert reminders == [gone] * len(reminders)
    assert 2 <= len(reminders) <= 5
    assert last == f"model tiny at {endpoint.url}: it answers again, after N s"
    assert KEY not in caplog.text
