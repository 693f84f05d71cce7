"""A lake that grew through additions, take-downs and settings has the rows of one that was made at once.

A history is some fifty jobs, minutes of two cores: `make test-histories` has random ones, and `make test` none.
"""

import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import stub_scorer
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from finerweb import graph, settings
from finerweb.commands import take_down
from finerweb.formats import marked
from finerweb.lake import Lake
from finerweb.running.runner import Main, Runner
from finerweb.settings import Settings
from finerweb.tables import (
    entities,
    examples,
    labels,
    mentions,
    near_duplicates,
    passages,
    reliabilities,
    selection,
)

ROOT = Path(__file__).parents[1]
JOBS = ["ingest_documents", "split_passages", "score_passages", "select_passages", "annotate", "ground_mentions"]
JOBS += ["merge_entities", "name_labels", "build_examples"]
DERIVED = [near_duplicates, selection, mentions, reliabilities, entities, labels, examples]
CHOICES = ["select.per_language=3", "select.per_language=5", "merge.rule=weighted", "ground.policy=cursor"]


def job(name: str) -> Main:
    return stub_scorer.JOBS.get(name) or graph.load(name).main


def texts(drawn: random.Random) -> Iterator[dict[str, Any]]:
    """Documents of three scripts; now and then one that says nearly what an earlier one says."""
    pool = [
        {"id": document.name, "language": code, "text": document.text, "url": f"https://{code}.example/{document.name}"}
        for code in ("eng", "tha", "rus")
        for document in marked.documents((ROOT / "sample" / f"{code}.txt").read_text(encoding="utf-8"))
    ]
    drawn.shuffle(pool)
    for number, document in enumerate(pool):
        yield document
        if number % 4 == 0:
            yield {**document, "id": f"copy-{number}", "url": None}


def rows(lake: Lake, module: Any) -> list[str]:
    return sorted(row[0] for row in lake.read(module.TABLE).select(F.to_json(F.struct("*"))).collect())


def run(spark: SparkSession, folder: Path, source: Path, choices: list[str]) -> tuple[Lake, Settings, list[str]]:
    """All jobs; and of those that did a part, which languages."""
    overrides = [f"work={folder}", f"ingest.sources=[{{name: web, format: jsonl, path: {source}}}]", *choices]
    chosen = settings.load("conf/test.yml", overrides)
    lake = Lake(spark, chosen.lake.location)
    runner = Runner(lake, chosen)
    notes = [note for name in JOBS for note in runner.run(name, job(name)).notes]
    return lake, chosen, [note for note in notes if note.startswith("changed: ")]


HISTORIES = int(os.environ.get("FINERWEB_HISTORIES", "0"))


@pytest.mark.skipif(not HISTORIES, reason="minutes for each history: make test-histories")
@pytest.mark.parametrize("seed", range(max(1, HISTORIES)))
def test_what_grew_is_what_is_made_at_once(spark: SparkSession, tmp_path: Path, seed: int) -> None:
    drawn = random.Random(seed)
    waiting, taken = texts(drawn), []
    source = tmp_path / "web"
    source.mkdir()
    choices: list[str] = []
    in_part: list[str] = []

    def add(count: int) -> None:
        lines = [json.dumps(next(waiting), ensure_ascii=False) for _ in range(count)]
        (source / f"{len(list(source.iterdir()))}.jsonl").write_text("\n".join(lines), encoding="utf-8")

    def take_some_down() -> None:
        documents = sorted(row[0] for row in lake.read(passages.TABLE).select("document_id").distinct().collect())
        gone = drawn.sample([name for name in documents if name not in taken], 2)
        take_down.take_down(lake, urls=[], ids=gone, reason="r", spools=chosen.ask.spool)
        taken.extend(gone)

    def choose() -> None:
        choices.append(drawn.choice(CHOICES))

    add(14)
    acts: list[Callable[[], None]] = [lambda: add(1), take_some_down, choose, lambda: add(3)]
    drawn.shuffle(acts)
    for step in ([], acts[:2], acts[2:], [lambda: add(1)]):
        for act in step:
            act()
        lake, chosen, notes = run(spark, tmp_path / "grown", source, choices)
        in_part += notes

    whole = [json.loads(line) for file in sorted(source.iterdir()) for line in file.read_text("utf-8").splitlines()]
    left = [json.dumps(row) for row in whole if f"web/{row['id']}" not in taken]
    (tmp_path / "left.jsonl").write_text("\n".join(left), encoding="utf-8")
    anew, _, _ = run(spark, tmp_path / "anew", tmp_path / "left.jsonl", choices)
    for module in DERIVED:
        assert rows(lake, module) == rows(anew, module), module.TABLE.name
    assert in_part
