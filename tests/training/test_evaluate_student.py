"""The job evaluate_student on a small lake, with a tagger whose answers are known and no student yet."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import classifiers
import pytest
from pyspark.sql import SparkSession
from rows import put

from finerweb import graph, settings
from finerweb.errors import BadBenchmark, BadSettings
from finerweb.lake import Lake
from finerweb.languages import EVERY
from finerweb.running.runner import Outcome, Runner
from finerweb.tables import documents, evaluations, examples, gold, labels, passages

LANGUAGES = settings.load_languages()
WORDS = {"Ola": "B-PER", "Oslo": "B-LOC", "Bonn": "B-LOC", "sings": "O", "in": "O"}
VARIANT = "merged-english-multi"
LEAKED = "Ola sings in Oslo and in Bonn"
LEAKS = f"Yesterday we heard that {LEAKED} , again."


def example(document: str, split: str, text: str, *spans: tuple[int, int, list[str]]) -> dict[str, Any]:
    entities = [{"start": start, "end": end, "label": names} for start, end, names in spans]
    return {
        "example_id": f"{document}#0-s0",
        "variant": VARIANT,
        "language": "eng",
        "passage_id": f"{document}#0",
        "document_id": document,
        "split": split,
        "text": text,
        "char_spans": entities,
        "quartile": 1 if entities else None,
        "has_entities": bool(entities),
    }


def fill(lake: Lake) -> None:
    """A training passage that has a text of the benchmark in it, a test sentence, a document marked by people."""
    put(
        lake,
        examples.TABLE,
        example("d/1", "train", LEAKS, (24, 27, ["person"]), (37, 41, ["city"])),
        example("d/2", "test", "Ola in Bonn", (0, 3, ["person"]), (7, 11, ["city", "town"])),
        {**example("d/3", "test", "Bonn", (0, 4, ["city"])), "variant": "other-english-multi"},
    )
    text = {"language": "eng", "script": "Latn"}
    put(lake, documents.TABLE, {"document_id": "d/4", "text": "In Oslo, Ola", **text, "source": "d"})
    marked = {"document_id": "d/4", "language": "eng"}
    put(
        lake,
        gold.TABLE,
        {**marked, "start": 3, "end": 7, "label": "Cities", "mention": "Oslo"},
        {**marked, "start": 9, "end": 12, "label": "Person", "mention": "Ola"},
    )
    passage = {"passage_id": "d/1#0", "document_id": "d/1", "language": "eng", "text": LEAKS, "end": len(LEAKS)}
    put(lake, passages.TABLE, passage)
    put(lake, labels.TABLE, {"label": "City", "language": "tha", "canonical": "city", "name": "เมือง", "mentions": 2})


@pytest.fixture(scope="module")
def tagger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return classifiers.saved(tmp_path_factory.mktemp("tagger") / "words", WORDS)


def run(spark: SparkSession, folder: Path, tagger: Path, *more: str, **options: Any) -> tuple[Lake, Outcome]:
    """Fill a lake where there is none, and run the job."""
    benchmark = {"path": str(folder / "small.jsonl"), "labels": {"PER": "person", "LOC": "city"}, **options}
    peer = {"kind": "token_classification", "model": str(tagger), "names": {"PER": "person", "LOC": "city"}}
    chosen = settings.load(
        "conf/test.yml",
        [
            f"work={folder}",
            f"evaluate.benchmarks={json.dumps([benchmark, 'test', 'gold'])}",
            f"evaluate.beside={json.dumps([peer])}",
            *more,
        ],
    )
    lake = Lake(spark, chosen.lake.location)
    if not lake.exists(examples.TABLE):
        fill(lake)
    return lake, Runner(lake, chosen).run("evaluate_student", graph.load("evaluate_student").main)


def write(folder: Path, *texts: tuple[str, list[tuple[int, int, str]]]) -> None:
    keys = ("start", "end", "label")
    rows = [
        {"text": text, "language": "eng", "spans": [dict(zip(keys, span, strict=True)) for span in spans]}
        for text, spans in texts
    ]
    (folder / "small.jsonl").write_text("\n".join([*map(json.dumps, rows), "{"]), "utf-8")


def test_taggers_are_measured_on_every_benchmark_and_not_twice(
    spark: SparkSession, tmp_path: Path, tagger: Path
) -> None:
    write(tmp_path, (LEAKED, [(0, 3, "PER"), (13, 17, "LOC"), (25, 29, "LOC")]), ("Ola sings", [(0, 9, "PER")]))
    lake, outcome = run(spark, tmp_path, tagger)
    rows = lake.read(evaluations.TABLE).filter(f"language = '{EVERY}' and script = '{EVERY}' and label = '{EVERY}'")
    figures = {
        (row["benchmark"], row["measure"], row["subset"]): (row["gold"], row["predicted"], row["correct"])
        for row in rows.collect()
    }
    assert figures["small", "tagger", "all"] == (4, 4, 3)
    assert figures["small", "tagger", "uncontaminated"] == (1, 1, 0)
    assert figures["small", "tagger", "seen"] == (4, 4, 3)
    assert figures["small", "oracle", "all"] == (4, 4, 4)
    # A span with two labels is two entities, one of which no flat answer has.
    assert figures["test", "tagger", "all"] == (3, 2, 2)
    assert figures["test", "oracle", "all"] == (3, 2, 2)
    assert figures["gold", "tagger", "all"] == (2, 2, 2)
    first = rows.filter("benchmark = 'small'").first()
    assert first is not None
    assert (first["tagger"], first["kind"], first["experiment"], first["refused"]) == (
        "words",
        "token_classification",
        None,
        1,
    )
    assert first["contaminated"] == 1
    assert any(note.startswith("benchmark small, line 3: not JSON") for note in outcome.notes)
    assert "no student finerweb-student@champion; run train_student and promote_student first" in outcome.notes
    assert "gold: words has F1 1.00 (95 % 1.00 to 1.00)" in outcome.notes

    _, again = run(spark, tmp_path, tagger)
    assert again.is_current


def test_a_benchmark_that_cannot_be_used_ends_the_job(spark: SparkSession, tmp_path: Path, tagger: Path) -> None:
    with pytest.raises(BadBenchmark, match=r"^benchmark small: found no file .*small\.jsonl, wanted the file"):
        run(spark, tmp_path, tagger)


def test_the_commonest_labels_are_counted_and_those_of_benchmarks(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluations, "FREQUENT", 1)
    often = [example(f"d/{number}", "train", "Oslo", (0, 4, ["city"])) for number in range(3)]
    seldom = [example("d/3", "train", "Ola", (0, 3, ["person"])), example("d/4", "train", "May", (0, 3, ["month"]))]
    put(lake, examples.TABLE, *often, *seldom, example("d/5", "test", "Bonn", (0, 4, ["city"])))
    rows = lake.read(examples.TABLE)
    assert evaluations.label_counts(rows, {"person", "river"}, variant=VARIANT) == {"city": 3, "person": 1}
    assert evaluations.label_counts(rows, set(), variant=VARIANT) == {"city": 3}


def test_the_newest_run_of_each_tagger_and_benchmark_counts(spark: SparkSession) -> None:
    figures = {"kind": "student", "names": "english", "measure": "tagger", "subset": "all", "label": EVERY, "f1": 0.5}
    figures |= {"language": EVERY, "script": EVERY, "familiarity": None, "nearest": None, "low": None, "high": None}
    figures |= {"sha256": "", "labels": []}
    numbers = ("texts", "documents", "gold", "text_limit", "seed", "refused", "contaminated")
    runs = [("a", "small", "old", 1, None), ("a", "small", "new", 2, None), ("a", "small", "trial", 3, "x")]
    rows = [
        evaluations.row(
            {**figures, **dict.fromkeys(numbers, 0), "tagger": tagger, "benchmark": benchmark},
            run=run,
            evaluated=datetime(2026, 1, day, tzinfo=UTC),
            experiment=experiment,
        )
        for tagger, benchmark, run, day, experiment in [*runs, ("b", "small", "old", 1, None)]
    ]
    newest = evaluations.newest(spark.createDataFrame(rows, evaluations.TABLE.schema)).collect()
    assert sorted((row["tagger"], row["run"]) for row in newest) == [("a", "new"), ("a", "trial"), ("b", "old")]


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        (
            "evaluate.beside=[{kind: glinner, model: x}]",
            r"beside\.0\.kind: found 'glinner', wanted one of finerweb/tagg",
        ),
        (
            "evaluate.beside=[{kind: token_classification, model: x, nams: {}}]",
            r"beside\.0\.nams: found 'nams', wanted one of tagger token_classification's options: batch, by, .*'names'",
        ),
        ("evaluate.benchmarks=[test, {name: test, path: x.jsonl}]", "two benchmarks are called test; give each a name"),
        (
            "evaluate.benchmarks=[{path: x.jsonl, language: tlh}]",
            r"benchmarks\.x: found 'tlh', wanted one of languages",
        ),
        ("evaluate.benchmarks=[{path: x.jsonl, labels: {PER: ''}}]", "labels: found '', wanted a name with letters"),
        ("evaluate.near=1.5", "less than or equal to 1"),
    ],
)
def test_settings_that_lead_nowhere_are_told_before_any_work(setting: str, why: str) -> None:
    with pytest.raises(BadSettings, match=why):
        settings.load("conf/test.yml", [setting])
