"""The real vLLM on this machine's CPU, with a tiny model of random weights: alone, and through Spark and Delta.

Each start of an engine takes half a minute: the tests come in an order in which there are two, and some that fail.
"""

import dataclasses
import itertools
import os
import signal
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from finerweb import engines, plugins, settings, tables
from finerweb.asking import conversation
from finerweb.engines import Answer, Request, Spec
from finerweb.engines._vllm import random_model, work
from finerweb.engines._vllm.place import MARK, Place
from finerweb.engines.vllm import Vllm
from finerweb.errors import EngineFailed
from finerweb.lake import Lake
from finerweb.report.views import VIEWS
from finerweb.tables import completions

pytestmark = pytest.mark.skipif(find_spec("vllm") is None, reason="vLLM is not installed (make .venv/.dev installs it)")

TEXTS = {"eng": "Ola Berg went to Cairo.", "tha": "คุณสมชายไปกรุงเทพ", "cmn": "王伟在北京。", "amh": "አበበ ወደ አዲስ አበባ ሄደ።"}
LANGUAGES = settings.load_languages()
ENDLESS = 1_000_000  # requests, so that something is always in flight
NO_SYSTEM = (
    "{% for message in messages %}{% if message.role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    "<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}<|im_start|>assistant"
)
TOO_LATE = "engine vllm, model random: it is not ready in time; models.NAME.start_timeout gives it more; its log ("


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the engines of these tests meet their clients. Nothing of them is left in the end."""
    path = tmp_path_factory.mktemp("e")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield str(path)
    marks = {str(lock.with_suffix("")) for lock in path.rglob("*.lock")}
    for pid in running(marks):
        os.kill(pid, signal.SIGKILL)
    wait(lambda: not running(marks))


@pytest.fixture(scope="module")
def spec(folder: str) -> Spec:
    return Spec.from_options("vllm", {"model": "random", "max_tokens": 300, "keep_alive": 180, "folder": folder})


def but(spec: Spec, **options: Any) -> Spec:
    return Spec.from_options(spec.engine, {**spec.settings, **options})


def folded(spec: Spec) -> Spec:
    """A model whose template refuses system messages."""
    return but(spec, chat_template=NO_SYSTEM)


def place(spec: Spec) -> Place:
    return Vllm(spec)._place()


def request(question: str, number: int = 0, text: str = TEXTS["eng"], attempt: int = 1) -> Request:
    payload: dict[str, Any] = {"text": text, "language": "English", "label": "city", "script": "Latn"}
    payload["entities"] = [{"mention": "Cairo", "label": "city"}]
    asks = plugins.load("finerweb.questions", question)
    named = f"{question}-{number}"
    return Request(named, question, "eng", asks.PROMPT, asks.prompt(payload), asks.SCHEMA, payload, attempt)


def endless() -> Iterator[Request]:
    return (request("ner", number, f"{number}. {TEXTS['cmn']}") for number in range(ENDLESS))


def running(marks: set[str]) -> set[int]:
    """The processes that engines of these places have started, those left over included. A zombie is none."""
    pids = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_text(errors="replace").split("\0")
            is_dead = (process / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            continue
        if not is_dead and any(f"{MARK}={mark}" in environment for mark in marks):
            pids.add(int(process.name))
    return pids


def leader(spec: Spec) -> int:
    """The engine's process, which started the others."""
    (session,) = {os.getsid(pid) for pid in running({place(spec).mark})}
    return session


def wait(is_so: Callable[[], bool], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)


def failure(spec: Spec) -> str:
    with pytest.raises(EngineFailed) as failed:
        list(engines.load(spec).answers([request("ner")]))
    return str(failed.value)


def last_words(answers: Iterator[Answer]) -> str:
    """What is said of an engine that dies; it is not waited for long."""
    until = time.monotonic() + 15
    with pytest.raises(EngineFailed) as failed:
        list(itertools.takewhile(lambda _: time.monotonic() < until, answers))
    return str(failed.value)


# Without an engine.


def test_what_shapes_no_answer_is_not_in_the_key(spec: Spec) -> None:
    neutral = {"max_num_seqs": 4, "in_flight": 9, "max_tokens": 5, "gpus": 2, "folder": "/x", "max_model_len": 4096}
    assert but(spec, **neutral).fingerprint == spec.fingerprint
    assert spec.fingerprint.startswith("vllm-random-")
    assert but(spec, temperature=0.0, seed=0).fingerprint == spec.fingerprint, "as they are anyway"
    for other in ({"temperature": 1.0}, {"seed": 1}, {"model": "other"}, {"dtype": "bfloat16"}):
        assert but(spec, **other).fingerprint != spec.fingerprint


def test_models_that_only_draw_otherwise_share_a_process(spec: Spec) -> None:
    assert place(but(spec, temperature=1.0, seed=7, max_tokens=9)) == place(spec)
    assert place(but(spec, max_num_seqs=4)) != place(spec)


def test_a_process_belongs_to_the_gpus_that_spark_gave(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    first = place(spec)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2")
    assert place(spec) != first


def test_what_can_be_known_before_is_said_before() -> None:
    with pytest.raises(EngineFailed) as failed:
        engines.check(Spec.from_options("vllm", {"model": "/nowhere"}))
    assert str(failed.value) == (
        "engine vllm: no model in /nowhere: config.json is missing; wanted a transformers folder"
    )
    with pytest.raises(EngineFailed) as failed:
        engines.check(Spec.from_options("vllm", {}))
    assert str(failed.value) == (
        "engine vllm: no model is named; wanted a Hub name, a folder, or random: models.NAME.model=..."
    )


@pytest.mark.parametrize("name", ["in_flight", "max_tokens"])
def test_a_setting_with_which_nothing_can_be_asked_is_refused(name: str) -> None:
    with pytest.raises(EngineFailed, match=f"^engine vllm: {name}: found 0, wanted a number of at least 1: models"):
        engines.check(Spec.from_options("vllm", {"model": "random", name: 0}))


def test_no_request_starts_no_engine(spec: Spec) -> None:
    assert list(engines.load(spec).answers([])) == []
    assert not running({place(spec).mark})


# Engines that nobody waits for.


def test_one_that_takes_too_long_is_given_up_and_ends_when_nobody_is_there(spec: Spec) -> None:
    late = but(spec, max_num_seqs=3, keep_alive=1, start_timeout=3)
    assert failure(late).startswith(TOO_LATE)
    wait(lambda: not running({place(late).mark}))


def test_one_that_is_killed_is_started_anew(spec: Spec) -> None:
    late = but(spec, max_num_seqs=4, start_timeout=3)
    assert failure(late).startswith(TOO_LATE)
    first = leader(late)
    assert failure(late).startswith(TOO_LATE)
    assert leader(late) == first, "it is still loading"
    os.kill(first, signal.SIGKILL)
    # Whoever asks while it dies is told that it died; /proc shows nothing of a process that still holds its files.
    wait(lambda: failure(late).startswith(TOO_LATE))
    assert leader(late) != first


# The first one that answers: its model's template knows no system message.


def test_another_model_takes_the_place_of_one_that_nobody_uses(spec: Spec) -> None:
    idle = place(but(spec, max_num_seqs=4))
    assert running({idle.mark})
    assert [answer.problem for answer in engines.load(folded(spec)).answers([request("ner")])] == [None]
    assert not running({idle.mark})


def test_a_template_that_refuses_a_system_message_gets_the_instructions_with_the_passage(spec: Spec) -> None:
    query = request("label_name")
    (answer,) = engines.load(folded(spec)).answers([query])
    assert answer.problem is None
    written = f"user\n{query.instructions}\n\n{query.prompt}\nassistant"
    assert answer.tokens_in == 3 + len(written.encode()), (
        "a token for each byte and for <|im_start|>, <|im_end|>, <|im_start|>"
    )


def test_when_vllms_own_process_dies_everyone_is_told_and_nothing_stays(spec: Spec) -> None:
    spec = folded(spec)
    answers = engines.load(spec).answers(endless())
    next(answers)
    for pid in running({place(spec).mark}) - {leader(spec)}:
        os.kill(pid, signal.SIGKILL)
    # Whether it is vLLM or the process that sees it first.
    message = last_words(answers)
    assert message.startswith("engine vllm, model random: vLLM"), message
    assert "EngineCore" in message
    assert f"What was answered is kept: run again to go on; its log ({place(spec).log}) ends: " in message
    wait(lambda: not running({place(spec).mark}))


# The second one.


@pytest.mark.parametrize("question", plugins.names("finerweb.questions"))
def test_what_a_schema_binds_can_be_read_even_from_noise(question: str, spec: Spec) -> None:
    answers = list(engines.load(spec).answers([request(question, *named) for named in enumerate(TEXTS.values())]))
    assert sorted(answer.request_id for answer in answers) == [f"{question}-{number}" for number in range(len(TEXTS))]
    read = plugins.load("finerweb.questions", question).parse
    for answer in answers:
        assert answer.problem is None
        assert answer.tokens_in > 100
        assert 0 < answer.tokens_out <= 300
        if answer.finish_reason == "stop":
            assert read(answer.text)
        else:
            assert answer.finish_reason == "length"


def test_requests_stay_in_flight_while_the_next_ones_come_slowly(spec: Spec) -> None:
    pulled: list[int] = []

    def slowly() -> Iterator[Request]:
        for number in range(8):
            time.sleep(0.3)
            pulled.append(number)
            yield request("ner", number)

    ahead = [len(pulled) for _ in engines.load(but(spec, in_flight=2)).answers(slowly())]
    assert len(ahead) == 8
    assert ahead[0] < 8, "an answer is given before the last request is there"
    assert max(pulled - answered for answered, pulled in enumerate(ahead)) <= 3, "two sent, one in hand"


def test_a_request_that_cannot_be_answered_stops_no_other(spec: Spec) -> None:
    refused = Request("refused", "ner", "eng", "Do.", "this", {"type": "object", "properties": 1}, {})
    queries = [request("ner", 0), request("ner", 1, "x" * 9000), request("ner", 2, "x" * 9_000_000), refused]
    answers = {answer.request_id: answer for answer in engines.load(spec).answers(queries)}
    assert {name: answer.problem for name, answer in answers.items()} == {
        "ner-0": None,
        "ner-1": "over_long",
        "ner-2": "over_long",
        "refused": "rejected",
    }
    assert "maximum context length is 8192 tokens" in answers["ner-1"].text
    assert "schema" in answers["refused"].text
    room = 8192 - answers["ner-0"].tokens_in + len(TEXTS["eng"])
    queries = [request("ner", 0, "x" * (room - 15)), request("ner", 1, "x" * (room - 16))]
    answers = {answer.request_id: answer for answer in engines.load(spec).answers(queries)}
    assert (answers["ner-0"].text, answers["ner-0"].problem) == (
        "a prompt of 8177 tokens leaves no room for an answer; max_model_len is 8192",
        "over_long",
    )
    assert answers["ner-1"].problem is None


def test_two_clients_share_a_process_and_greedy_answers_are_the_same(spec: Spec) -> None:
    list(engines.load(spec).answers([request("ner")]))
    before = leader(spec)
    answers, others = (Vllm(spec).answers([request("ner", 1, TEXTS["tha"]), request("ner", 2)]) for _ in range(2))
    first = next(answers)
    assert {first, *answers} == set(others)
    assert leader(spec) == before


def test_a_later_attempt_has_more_room_and_another_seed(spec: Spec) -> None:
    short = Vllm(but(spec, max_tokens=4))
    (first,), (second,) = (list(short.answers([request("judge", 1, attempt=attempt)])) for attempt in (1, 2))
    assert (first.finish_reason, first.tokens_out) == (second.finish_reason, second.tokens_out - 4) == ("length", 4)


def test_an_answer_that_loops_is_ended_and_others_go_on(spec: Spec) -> None:
    """The schema leaves the model nothing else to say; its room would be 2000 tokens, a letter each."""
    schema = {"type": "array", "items": {"enum": ["Rome"]}, "minItems": 400, "maxItems": 400}
    looping = dataclasses.replace(request("ner"), request_id="loop", schema=schema)
    requests = [looping, *(request("label_name", number) for number in range(3))]
    answers = {answer.request_id: answer for answer in engines.load(but(spec, max_tokens=2000)).answers(requests)}
    loop = answers.pop("loop")
    assert (loop.finish_reason, loop.problem) == (engines.LOOPED, None)
    assert loop.text.startswith('["Rome","Rome"')
    assert len(loop.text) // 2 < loop.tokens_out < 700
    assert completions.problem("ner", loop, {"text": TEXTS["eng"]}) == "looped"
    assert {answer.problem for answer in answers.values()} == {None}


def test_a_client_that_leaves_takes_its_requests_with_it(spec: Spec) -> None:
    gone = engines.load(spec).answers(endless())
    next(gone)
    gone.close()
    began = time.monotonic()
    assert len(list(engines.load(spec).answers([request("ner")]))) == 1
    assert time.monotonic() - began < 10


def test_through_spark_and_delta(spec: Spec, spark: SparkSession, lake: Lake) -> None:
    rows = [(f"{code}{number}#0", code, f"{number}. {text}") for code, text in TEXTS.items() for number in range(4)]
    frame = spark.createDataFrame(rows, "passage_id string, language string, text string")
    list(engines.load(spec).answers([request("ner")]))
    before = leader(spec)
    models = {"noise": but(spec, tasks=2, price={"input": 1, "output": 2})}
    requests = conversation.requests(frame, question="ner", models=models, languages=LANGUAGES)
    how = settings.load("conf/test.yml", [f"work={lake.location}", "ask.attempts=1"]).ask
    for _ in range(2):
        conversation.answer_missing(lake, requests, how=how, tasks=2)
    answers = lake.read(completions.TABLE).collect()
    assert sorted(row["subject_id"] for row in answers) == sorted(row[0] for row in rows)
    for row in answers:
        assert row["usd"] == pytest.approx((row["tokens_in"] + 2 * row["tokens_out"]) / 1e6)
        assert (row["problem"] == "truncated") == (row["finish_reason"] == "length")
    lake.define(VIEWS, tables.every())
    ledger = spark.table("ledger").groupBy("model").agg(F.sum("answers"), F.sum("tokens_out")).collect()
    assert [tuple(row) for row in ledger] == [("noise", 16, sum(row["tokens_out"] for row in answers))]
    assert leader(spec) == before, "Spark's workers share the one that was there"


def test_what_a_killed_one_leaves_is_ended_by_the_next(spec: Spec) -> None:
    answers = engines.load(spec).answers(endless())
    next(answers)
    os.kill(leader(spec), signal.SIGKILL)
    assert last_words(answers).startswith(
        "engine vllm, model random: its process was ended while it was asked. What was answered is kept: run again to "
        f"go on; its log ({place(spec).log}) ends: "
    )
    assert running({place(spec).mark}), "vLLM's own process is still there, with the memory of a GPU"

    assert failure(but(spec, max_modl_len=512)) == (
        "engine vllm, model random: vllm.LLM has no setting max_modl_len. Did you mean 'max_model_len'?"
    )
    assert not running({place(spec).mark}), "whoever starts next ends it"


def test_a_model_that_is_not_there_is_named(spec: Spec) -> None:
    assert failure(but(spec, model="nobody/nothing")) == (
        "engine vllm, model nobody/nothing: there is no such model here, nor on a hub that can be reached; wanted a "
        "folder, or a Hub name"
    )


SAID = {
    "Available memory on node 0 (15.31/19.21 GiB) on startup is less than desired CPU memory utilization (0.92, 17 GiB)": (
        "less memory is free than it is to take; end what holds it, or lower gpu_memory_utilization, on a CPU too. "
    ),
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB": (
        "it does not fit into memory; lower max_model_len, raise gpu_memory_utilization, name a quantization, or spread "
        "it over GPUs with tensor_parallel_size. "
    ),
}


@pytest.mark.parametrize("error", SAID)
def test_memory_that_others_hold_is_no_reason_to_ask_for_more(error: str, tmp_path: Path) -> None:
    place = Place(tmp_path, "engine", "{}")
    place.log.write_text(f"(EngineCore pid=1) ERROR [core.py:1510] ValueError: {error}\n")
    assert work.explain(RuntimeError("See root cause above."), place) == (f"{SAID[error]}vLLM's log is {place.log}")


# The tiny model.


def test_the_tiny_model_is_always_the_same(tmp_path: Path) -> None:
    model, copy = (random_model.build(tmp_path / name) for name in ("one", "other"))
    files = sorted(path.name for path in model.iterdir())
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= set(files)
    assert [(model / name).read_bytes() for name in files] == [(copy / name).read_bytes() for name in files]
    kept = (model / "config.json").stat().st_mtime_ns
    assert random_model.build(model) == model
    assert (model / "config.json").stat().st_mtime_ns == kept, "it is written once"
