"""What asking costs besides the answers, how it grows, and what a crash costs.

    python bench/asking.py [--small 4000] [--large 400000] [--most 1000000] [--kills 50] [--store disk|s3] [--seed 0]

Requests about passages of a Delta table go to the scripted engine `fake` by `annotate`'s own path: what is due, the
queue, the engine, the spool, `completions`. `--small` and `--large` requests are asked in a process each, then `--most`
(0 leaves that out). `--store s3` has the spool in an S3 API on loopback. Then a budget is asked past, and `--kills`
times something is killed at a random moment (the driver, the Python workers, Spark's JVM, the endpoint; ten in a row in
one lake, where answers are committed by forties) and the job run again, until every passage has its answer, that of an
undisturbed run; requests are counted where they are paid for, by the endpoint. The last line is one JSON object:

    growth_100x               seconds of --large over those of --small; a start of Spark is in neither
    requests_per_s            of the largest run, everything written
    records_read_per_request  by Spark's tasks, by its own log, and of the spool: each request once, each answer once
    driver_memory_growth      resident memory of the driver (Python and JVM) at its highest, --large over --small
    objects_per_1000_answers  files in the spool
    overshoot                 of a budget in tokens, over what was in flight
    paid_over_needed          answers that the endpoint gave over passages, over all kills
"""

import argparse
import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))  # the driver and the endpoint of the kill tests

ANSWER = '{"entities": [{"mention": "Amina Diallo", "type": "person"}]}'
TASKS = 2
IN_A_ROW = 10  # kills of one lake's drivers
BUCKET = "bench"
EVENTS = {
    "spark.eventLog.enabled": "true",
    "spark.eventLog.compress": "false",
    "spark.eventLog.rolling.enabled": "false",
}


def grow(given: dict[str, Any]) -> dict[str, Any]:
    """Seconds, records and memory of so many requests."""
    from pyspark.sql import functions as F

    from finerweb.asking import committing, conversation, segments
    from finerweb.running.failures import load_settings
    from finerweb.running.session import opened
    from finerweb.tables import completions

    work, requests = Path(given["work"]), given["requests"]
    (work / "events").mkdir(parents=True)
    model = {"engine": "fake", "answers": {"ner": ANSWER}, "tokens_out": 20, "tasks": TASKS}
    chosen = load_settings(
        "conf/local.yml",
        [
            *(f"work={work}", f"ask.spool={given['spool']}", f"models.fake={json.dumps(model)}", "ask.attempts=1"),
            *(f"spark={json.dumps(EVENTS | {'spark.eventLog.dir': f'file:{work}/events'})}",),
        ],
    )
    objects = []
    clear = committing.clear

    def counted(spool: Any, token: int) -> None:
        objects.append(len(segments.listed(spool, segments.answers_of(token))))
        clear(spool, token)

    committing.clear = counted
    with opened(chosen) as lake:
        text = F.concat(F.lit("Passage "), "id", F.lit(": Amina Diallo went to the lake with Ola Berg. " * 10))
        passages = lake.spark.range(requests).select(
            F.concat(F.lit("d"), "id").alias("passage_id"), F.lit("eng").alias("language"), text.alias("text")
        )
        passages.write.format("delta").save(f"{work}/passages")
        frame = lake.spark.read.format("delta").load(f"{work}/passages")
        models = {"fake": chosen.models["fake"]}
        warm_up = conversation.requests(frame.limit(10), question="ner", models=models, languages=chosen.languages)
        conversation.answer_missing(lake, warm_up, how=chosen.ask, tasks=TASKS)  # workers start, modules are imported
        before = records(lake.spark, work)
        began = time.monotonic()
        with peak() as memory:
            about = conversation.requests(frame, question="ner", models=models, languages=chosen.languages)
            conversation.answer_missing(lake, about, how=chosen.ask, tasks=TASKS)
        seconds = time.monotonic() - began
        read = records(lake.spark, work) - before
        answers = lake.read(completions.TABLE).count()
    assert answers == requests, (answers, requests)
    return {
        "seconds": seconds,
        "requests": requests,
        "records": read + 2 * requests,
        "memory": memory[0],
        "objects": objects[-1],
    }


def records(spark: Any, work: Path) -> int:
    """Records that tasks have read until now, by Spark's own log of events."""
    read = 0
    for file in (work / "events").rglob("*"):
        for line in file.read_text().splitlines() if file.is_file() and not file.name.startswith(".") else ():
            if line.startswith('{"Event":"SparkListenerTaskEnd"'):
                metrics = json.loads(line).get("Task Metrics") or {}
                read += metrics.get("Input Metrics", {}).get("Records Read", 0)
    return read


@contextlib.contextmanager
def peak() -> Iterator[list[int]]:
    """The highest resident memory of this process and its JVM, in bytes, in a list."""
    highest, ended = [0], threading.Event()
    java = [
        int(stat.parent.name)
        for stat in Path("/proc").glob("[0-9]*/stat")
        if f") S {os.getpid()} " in stat.read_text() and "java" in (stat.parent / "comm").read_text()
    ]

    def watch() -> None:
        while not ended.wait(0.5):
            with contextlib.suppress(OSError):
                highest[0] = max(highest[0], sum(map(resident, [os.getpid(), *java])))

    thread = threading.Thread(target=watch)
    thread.start()
    yield highest
    ended.set()
    thread.join()


def resident(pid: int) -> int:
    """The resident memory of a process, in bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def overspend(given: dict[str, Any]) -> dict[str, Any]:
    """Tokens beyond a budget, over those of the requests that may be in flight."""
    from finerweb.asking import conversation
    from finerweb.cost import Budget
    from finerweb.errors import BudgetSpent
    from finerweb.running.failures import load_settings
    from finerweb.running.session import opened
    from finerweb.tables import completions

    model = {"engine": "fake", "answers": {"ner": ANSWER}, "tokens_out": 200, "tasks": TASKS}
    chosen = load_settings("conf/local.yml", [f"work={given['work']}", f"models.fake={json.dumps(model)}"])
    budget = Budget(tokens=100_000)
    with opened(chosen) as lake:
        texts = [(f"d{n}", "eng", f"Passage {n}: Amina Diallo went to the lake.") for n in range(2000)]
        frame = lake.spark.createDataFrame(texts, "passage_id string, language string, text string")
        about = conversation.requests(
            frame, question="ner", models={"fake": chosen.models["fake"]}, languages=chosen.languages, budget=budget
        )
        with contextlib.suppress(BudgetSpent):
            conversation.answer_missing(lake, about, how=chosen.ask, tasks=TASKS)
        cost = completions.cost(lake.read(completions.TABLE))
    a_request = cost.tokens / cost.answers
    return {"spent": cost.tokens, "budget": budget.tokens, "in_flight": TASKS * a_request}


PARTS = {part.__name__: part for part in (grow, overspend)}


def apart(part: str, given: dict[str, Any], store: str) -> dict[str, Any]:
    """What a part measures, in a process of its own, with a folder and a spool of its own."""
    with tempfile.TemporaryDirectory(prefix="finerweb-bench-") as folder, served(store) as environment:
        file = Path(folder) / "given.json"
        spool = f"{folder}/spool" if store == "disk" else f"s3://{BUCKET}/spool"
        file.write_text(json.dumps({**given, "work": f"{folder}/work", "spool": spool}), encoding="utf-8")
        subprocess.run([sys.executable, __file__, "--part", part, str(file)], check=True, env=environment)
        measured: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    print(part, measured, flush=True)
    return measured


@contextlib.contextmanager
def served(store: str) -> Iterator[dict[str, str]]:
    """The environment in which a part runs, with an S3 API on loopback where that is the store."""
    if store == "disk":
        yield dict(os.environ)
        return
    import s3

    with s3.served(BUCKET) as settings:
        yield {**os.environ, **settings}


def killed(kills: int, seed: int) -> float:
    """Answers that were paid for, over those that were needed, over lakes of so many kills in a row."""
    import kills as killing

    draw, paid, needed = random.Random(seed), 0, 0
    kinds = [killing.kill_driver, killing.kill_worker, killing.kill_java, killing.kill_endpoint]
    undisturbed = disturbed([], draw, passages=IN_A_ROW * killing.PASSAGES)[1] if kills else {}
    for first in range(0, kills, IN_A_ROW):
        numbers = range(first, min(kills, first + IN_A_ROW))
        chosen = [kinds[number % len(kinds)] for number in numbers]
        counted, table = disturbed(chosen, draw, passages=len(chosen) * killing.PASSAGES)
        assert table.items() <= undisturbed.items(), "the answers are those of a run that nobody disturbed"
        paid, needed = paid + counted, needed + len(table)
    return paid / needed if needed else float("nan")


def disturbed(kinds: list[Any], draw: random.Random, *, passages: int) -> tuple[int, dict[str, str]]:
    """Requests that came to the endpoint and the table, of a lake whose drivers were killed so at random moments.

    An answer is committed with few others, so that the committer is under way at many of these moments.
    """
    import kills as killing

    moments = sorted(draw.uniform(0.02, 0.98) for _ in kinds)
    draw.shuffle(kinds)
    with tempfile.TemporaryDirectory(prefix="finerweb-kill-") as folder:
        row = list(zip(kinds, moments, strict=True))
        counted = killing.run_killed(row, Path(folder), "ask.slice=40", passages=passages)
        table = answers(Path(folder) / "work" / "lake" / "completions")
    assert len(counted) == len(table) == passages, "every passage was asked about, and has its answer"
    print(", ".join(f"{kind.__name__} at {moment:.2f}" for kind, moment in row) or "nothing killed", end=": ")
    print(f"{counted.total()} for {passages}", flush=True)
    return counted.total(), table


def answers(table: Path) -> dict[str, str]:
    """The answer to each request, read by another reader of Delta; each stands there once."""
    from deltalake import DeltaTable

    rows = DeltaTable(table).to_pyarrow_table(columns=["request_id", "attempt", "answer"]).to_pylist()
    assert len({(row["request_id"], row["attempt"]) for row in rows}) == len(rows)
    return {row["request_id"]: row["answer"] for row in rows}


def main() -> None:
    """Measure all of it, and print one JSON object last."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", type=int, default=4_000)
    parser.add_argument("--large", type=int, default=400_000)
    parser.add_argument("--most", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--store", choices=["disk", "s3"], default="disk")
    parser.add_argument("--part", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        name, file = options.part
        given = json.loads(Path(file).read_text(encoding="utf-8"))
        Path(file).write_text(json.dumps(PARTS[name](given)), encoding="utf-8")
        return
    small, large = (apart("grow", {"requests": size}, options.store) for size in (options.small, options.large))
    most = apart("grow", {"requests": options.most}, options.store) if options.most else large
    budget = apart("overspend", {}, "disk")
    paid = killed(options.kills, options.seed)
    measured = {
        "growth_100x": round(large["seconds"] / small["seconds"], 1),
        "requests_per_s": round(most["requests"] / most["seconds"]),
        "records_read_per_request": round(most["records"] / most["requests"], 2),
        "driver_memory_growth": round(large["memory"] / small["memory"], 2),
        "objects_per_1000_answers": round(1000 * most["objects"] / most["requests"], 2),
        "overshoot": round(max(0, budget["spent"] - budget["budget"]) / budget["in_flight"], 3),
        "paid_over_needed": round(paid, 4),
    }
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
