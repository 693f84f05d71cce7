"""What ten times as many documents cost, what one more document costs, and what it costs to find nothing to do.

    python bench/growth.py --documents FILE.jsonl.gz [--most N] [--times 10] [--synthetic 10000000] [--sample yes|no]

Every job runs, with the embedded engines and the settings of conf/local.yml, over the documents (at most --most of
them) and over --times as many, their copies under names of their own. Then one document more is put into the larger
lake and every job run, and run again. --synthetic documents of one passage each, and a tenth of them, go through the
jobs that read or write all passages, all of them selected, with a hash in the place of the regression and two answers
that are there already for each; 0 leaves that out. --sample yes times `finerweb run` on the sample corpus, the first
and the second run, the start of Spark included. A lake is made in a process of its own. Last line, one JSON object:

    growth_10x            job -> its seconds with --times as many documents over its seconds with fewer
    synthetic_10x         the same of synthetic documents
    peak_gb               job -> memory at its highest (driver, JVM, workers; shared pages once), of the larger
    memory_10x            job -> that of the larger over that of the smaller
    one_more_document_s   every job, after one document more
    ran                   of them those that had something to do
    nothing_to_do_s       every job, after nothing
    sample_run_s, sample_again_s
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))  # the stand-in of a regression

SYNTHETIC = ["split_passages", "score_passages", "select_passages", "ground_mentions", "merge_entities"]
SYNTHETIC += ["name_labels", "build_examples", "publish"]
SENTENCE = "Amina Diallo went to Lake Geneva with Ola Berg. "
ENTITIES = [("Amina Diallo", "person"), ("Lake Geneva", "location"), ("Ola Berg", "person")]
MEBI = 2**20


def memory(root: int) -> int:
    """Bytes that a process and all below it hold: a page that n of them share counts an nth for each."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents.setdefault(int(stat.read_text().rpartition(")")[2].split()[1]), []).append(int(stat.parent.name))
        except OSError:
            continue
    family, total = [root], 0
    for pid in family:
        family += parents.get(pid, [])
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024
    return total


@contextmanager
def peak() -> Iterator[list[int]]:
    """The highest memory of this process and all below it while this lasts, in bytes, in a list."""
    highest, ended = [0], threading.Event()

    def watch() -> None:
        while not ended.wait(1):
            highest[0] = max(highest[0], memory(os.getpid()))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield highest
    finally:
        ended.set()
        thread.join()


def every_job(given: dict[str, Any]) -> dict[str, Any]:
    """Run jobs on the lake of these settings: job -> its seconds and memory, where it had something to do."""
    import stub_scorer

    from finerweb import graph
    from finerweb.running.failures import load_settings
    from finerweb.running.runner import Runner, line
    from finerweb.running.session import opened

    chosen = load_settings("conf/local.yml", given["overrides"])
    figures = {}
    with opened(chosen) as lake:
        if given.get("synthetic"):
            synthesise(lake, given["synthetic"])
        began = time.monotonic()
        runner = Runner(lake, chosen)
        for name in given.get("jobs") or graph.order():
            main = stub_scorer.JOBS.get(name) if given.get("synthetic") else None
            with peak() as highest:
                outcome = runner.run(name, main or graph.load(name).main)
            print(line(outcome), f"· {highest[0] / MEBI:,.0f} MiB", file=sys.stderr)
            if not outcome.is_current:
                figures[name] = {"seconds": outcome.seconds, "bytes": highest[0]}
            if given.get("synthetic") and name == "select_passages":
                answer(lake, chosen)
        seconds = time.monotonic() - began
    return {"jobs": figures, "seconds": seconds}


def synthesise(lake: Any, count: int) -> None:
    """Documents of one passage each, in all languages, of which no two are near-duplicates."""
    from pyspark.sql import functions as F

    from finerweb import settings
    from finerweb.tables import documents

    languages = settings.load("conf/local.yml", []).languages
    codes = F.array(*[F.lit(code) for code in sorted(languages)])
    scripts = F.array(*[F.lit(languages[code].script) for code in sorted(languages)])
    place = (F.col("id") % len(languages)).cast("int")
    words = F.concat_ws(" ", *[F.substring(F.sha2(F.concat("id", F.lit(f"/{n}")), 256), 1, 7) for n in range(24)])
    rows = lake.spark.range(count).select(
        F.concat(F.lit("web/"), "id").alias("document_id"),
        F.get(codes, place).alias("language"),
        F.get(scripts, place).alias("script"),
        F.concat(F.lit(SENTENCE), words, F.lit(".")).alias("text"),
        F.lit("web").alias("source"),
        *[F.lit(None).cast("string").alias(name) for name in ("url", "date", "dump", "licence")],
        F.lit(None).cast("double").alias("language_score"),
    )
    lake.append(documents.TABLE, rows)


def answer(lake: Any, chosen: Any) -> None:
    """The same answer of every annotator about every selected passage, as if it had been given."""
    from pyspark.sql import functions as F

    from finerweb.asking import subjects
    from finerweb.tables import completions

    text = json.dumps({"entities": [{"mention": mention, "type": kind} for mention, kind in ENTITIES]})
    requests = subjects.requests("ner", subjects.read("ner", lake, chosen), chosen).frame
    own = {
        "attempt": F.lit(1),
        "answer": F.lit(text),
        "finish_reason": F.lit("stop"),
        "tokens_in": F.lit(100),
        "tokens_out": F.lit(30),
        "usd": F.lit(0.0),
        "seconds": F.lit(0.0),
        "problem": F.lit(None),
        "run": F.lit("synthetic"),
        "answered": F.current_timestamp(),
    }
    lake.append(completions.TABLE, requests.drop("payload").withColumns(own))


def put(source: Path, lines: list[str], copies: int) -> None:
    """Documents as JSON lines, each so many times, a file for each time."""
    source.mkdir()
    for copy in range(copies):
        with gzip.open(source / f"{copy:03}.jsonl.gz", "wt", encoding="utf-8", compresslevel=1) as file:
            for line in lines:
                record = json.loads(line)
                file.write(json.dumps({**record, "id": f"{copy}-{record['id']}"}, ensure_ascii=False) + "\n")


def alone(given: dict[str, Any]) -> dict[str, Any]:
    """`every_job` in a process of its own."""
    command = [sys.executable, __file__, "--run", json.dumps(given)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def overrides(folder: Path, source: Path | None) -> list[str]:
    """The settings of a lake in a folder."""
    if source is None:
        return [f"work={folder}", "select.per_language=1000000000"]
    return [f"work={folder}", f"ingest.sources=[{{name: web, format: jsonl, path: {source}}}]"]


def grown(small: dict[str, Any], large: dict[str, Any], what: str) -> dict[str, float]:
    """Job -> a figure of the larger lake over that of the smaller."""
    return {name: round(job[what] / small[name][what], 2) for name, job in large.items() if name in small}


def documents(folder: Path, lines: list[str], times: int) -> dict[str, Any]:
    """The figures of real documents."""
    runs = []
    for copies in (1, times):
        put(folder / f"web-{copies}", lines, copies)
        given = {"overrides": overrides(folder / f"lake-{copies}", folder / f"web-{copies}")}
        runs.append(alone(given)["jobs"])
    extra = {**json.loads(lines[0]), "id": "one-more", "text": "Amina Diallo opened a bakery in Galway on 3 May 2021."}
    (folder / f"web-{times}" / "one-more.jsonl").write_text(json.dumps(extra), encoding="utf-8")
    more, nothing = alone(given), alone(given)
    small, large = runs
    return {
        "growth_10x": grown(small, large, "seconds"),
        "memory_10x": grown(small, large, "bytes"),
        "peak_gb": {name: round(job["bytes"] / 2**30, 2) for name, job in large.items()},
        "seconds": {name: round(job["seconds"], 1) for name, job in large.items()},
        "one_more_document_s": round(more["seconds"], 1),
        "ran": {name: round(job["seconds"], 1) for name, job in more["jobs"].items()},
        "nothing_to_do_s": round(nothing["seconds"], 2),
    }


def synthetic(folder: Path, count: int) -> dict[str, Any]:
    """The figures of synthetic documents."""
    small, large = (
        alone({"overrides": overrides(folder / f"synthetic-{rows}", None), "synthetic": rows, "jobs": SYNTHETIC})[
            "jobs"
        ]
        for rows in (count // 10, count)
    )
    return {
        "synthetic_10x": grown(small, large, "seconds"),
        "synthetic_memory_10x": grown(small, large, "bytes"),
        "synthetic_peak_gb": {name: round(job["bytes"] / 2**30, 2) for name, job in large.items()},
        "synthetic_s": {name: round(job["seconds"], 1) for name, job in large.items()},
    }


def sample(folder: Path) -> dict[str, Any]:
    """Seconds of two runs of the command on the sample corpus."""
    seconds = []
    for _ in range(2):
        began = time.monotonic()
        command = [
            sys.executable,
            "-m",
            "finerweb",
            "run",
            "--conf",
            "conf/local.yml",
            "--set",
            f"work={folder}/sample",
        ]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True, cwd=ROOT)
        seconds.append(round(time.monotonic() - began, 1))
    return {"sample_run_s": seconds[0], "sample_again_s": seconds[1]}


def main() -> None:
    """Measure, and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=Path, help="JSON lines in FineWeb-2's columns, gzip; without it, none")
    parser.add_argument("--most", type=int, default=10**9)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--synthetic", type=int, default=10_000_000)
    parser.add_argument("--sample", choices=("yes", "no"), default="yes")
    parser.add_argument("--run", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.run:
        print(json.dumps(every_job(json.loads(given.run))))
        return
    figures: dict[str, Any] = {"cores": os.cpu_count()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.sample == "yes":
            figures |= sample(folder)
        if given.documents:
            with gzip.open(given.documents, "rt", encoding="utf-8") as file:
                lines = file.read().splitlines()[: given.most]
            figures |= {"documents": len(lines), "times": given.times, **documents(folder, lines, given.times)}
        if given.synthetic:
            figures |= {"synthetic": given.synthetic, **synthetic(folder, given.synthetic)}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
