"""Taggers on benchmarks: every figure of a small case by hand."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reading import Reader, WordReader

from finerweb import settings
from finerweb.evaluation import loading, naming
from finerweb.evaluation.benchmarks import Benchmark
from finerweb.evaluation.evaluating import Candidate, Context, Question, evaluate
from finerweb.evaluation.familiarity import Familiar, familiarity
from finerweb.languages import EVERY

LANGUAGES = settings.load_languages()
CONTEXT = Context(
    {code: language.script for code, language in LANGUAGES.items()}, {"tha": {"city": "เมือง", "person": "คน"}}
)
TEXTS = [
    {"text": "Ola in Oslo", "language": "eng", "spans": [(0, 3, "PER"), (7, 11, "LOC")]},
    {"text": "Oslo-Ola", "language": "eng", "spans": [(0, 4, "LOC"), (5, 8, "PER")]},
    {"text": "Rain", "language": "eng", "spans": []},
    {"text": "เขาอยู่กรุงเทพ", "language": "tha", "spans": [(7, 14, "LOC")]},
]
MENTIONS = {"Oslo": ("city", 0.9), "Ola": ("person", 0.4), "Rain": ("person", 0.7), "กรุงเทพ": ("city", 0.6)}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "small.jsonl"
    keys = ("start", "end", "label")
    rows = [{**text, "spans": [dict(zip(keys, span, strict=True)) for span in text["spans"]]} for text in TEXTS]
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return path


def question(file: Path, contaminated: tuple[int, ...] = (), **options: Any) -> Question:
    spec = {"path": str(file), "labels": {"PER": "person", "LOC": "city"}, **options}
    known_labels = {"city": Familiar("seen", "city"), "person": Familiar("unseen", "")}
    return Question(loading.load(Benchmark.model_validate(spec), LANGUAGES), known_labels, contaminated)


def rows_of(*taggers: Reader, question: Question) -> list[dict[str, Any]]:
    candidates = [Candidate("reader", lambda tagger=tagger: tagger) for tagger in taggers]  # type: ignore[misc]
    return list(evaluate(candidates, [question], CONTEXT))


def row(rows: list[dict[str, Any]], **wanted: str) -> dict[str, Any]:
    whole = {"measure": "tagger", "names": "english", "subset": "all"} | dict.fromkeys(
        ("language", "script", "label"), EVERY
    )
    (match,) = [entry for entry in rows if all(entry[key] == value for key, value in (whole | wanted).items())]
    return match


def test_figures_of_every_slice(file: Path) -> None:
    rows = rows_of(Reader(MENTIONS), question=question(file, contaminated=(1,)))
    names = ("texts", "gold", "predicted", "correct")
    whole = row(rows)
    assert [whole[name] for name in names] == [4, 5, 4, 3]
    assert (whole["precision"], whole["recall"], whole["f1"]) == (0.75, 0.6, 6 / 9)
    # By score: two right at 0.9, one wrong at 0.7, one right at 0.6, two right at 0.4.
    assert whole["auprc"] == pytest.approx((2 * 1 + 3 / 4 + 2 * 5 / 6) / 5)
    assert (whole["threshold"], whole["contaminated"], whole["documents"]) == (0.5, 1, 4)
    assert whole["low"] <= whole["f1"] <= whole["high"]
    assert [row(rows, language="tha", script="Thai")[name] for name in names] == [1, 1, 1, 1]
    assert [row(rows, script="Latn")[name] for name in names] == [3, 4, 3, 2]
    assert [row(rows, subset="seen")[name] for name in names] == [4, 3, 3, 3]
    assert [row(rows, subset="unseen")[name] for name in names] == [4, 2, 1, 0]
    assert [row(rows, subset="uncontaminated")[name] for name in names] == [3, 3, 3, 2]
    person = row(rows, label="person")
    assert [person[name] for name in names] == [4, 2, 1, 0]
    assert (person["familiarity"], person["nearest"], person["precision"]) == ("unseen", None, 0.0)
    assert not [entry for entry in rows if entry["subset"] == "near"]


def test_the_oracle_reaches_what_its_edges_let_it(file: Path) -> None:
    everywhere = rows_of(Reader(MENTIONS), question=question(file))
    assert row(everywhere, measure="oracle")["f1"] == 1.0
    words = rows_of(WordReader(MENTIONS), question=question(file))
    best = row(words, measure="oracle")
    assert (best["correct"], best["gold"], best["precision"], best["recall"]) == (2, 5, 1.0, 0.4)
    assert (best["auprc"], best["threshold"]) == (None, None)
    assert row(words, measure="oracle", language="tha", script="Thai")["recall"] == 0.0


def test_a_difference_is_paired_with_the_first(file: Path) -> None:
    worse = {mention: value for mention, value in MENTIONS.items() if mention != "Oslo"}
    rows = rows_of(Reader(MENTIONS), Reader(worse, name="other/2"), question=question(file))
    apart = row(rows, measure="difference")
    assert (apart["tagger"], apart["other"]) == ("reader/1", "other/2")
    assert apart["f1"] == pytest.approx(6 / 9 - 2 / 7)
    assert apart["low"] <= apart["f1"] <= apart["high"]
    assert row(rows, measure="difference", language="tha", script="Thai")["f1"] == 0.0
    assert len([entry for entry in rows if entry["measure"] == "oracle" and entry["label"] == EVERY]) == 16


def test_labels_are_asked_for_by_other_names_where_there_are_any(file: Path) -> None:
    synonyms = {"เมือง": "city", "คน": "person", "human being": "person"}
    tagger = Reader(MENTIONS, synonyms=synonyms)
    rows = rows_of(tagger, question=question(file, paraphrases={"person": "human being"}))
    assert tagger.questions == [
        ["person", "city"],
        ["person", "city"],
        ["คน", "เมือง"],
        ["human being", "city"],
        ["human being", "city"],
    ]
    target = row(rows, names="target")
    assert (target["texts"], target["correct"], target["labels"]) == (1, 1, ["city", "person"])
    assert row(rows, names="paraphrase")["correct"] == 3


def test_a_tagger_of_fixed_labels_is_asked_in_english_alone(file: Path) -> None:
    tagger = Reader(MENTIONS, labels=("city",))
    rows = rows_of(tagger, question=question(file, paraphrases={"person": "human being"}))
    assert {entry["names"] for entry in rows} == {"english"}


def test_a_name_that_two_labels_share_is_asked_for_once() -> None:
    benchmark = Benchmark(name="b", format="test", labels_in={"tha": {"city": "ที่", "place": "ที่"}})
    assert naming.names_of("target", ["city", "place", "person"], "tha", benchmark, {"tha": {"person": "คน"}}) == {
        "city": "ที่",
        "place": "place",
        "person": "คน",
    }
    assert naming.names_of("target", ["city"], "eng", benchmark, {}) is None
    assert naming.names_of("target", ["river"], "tha", benchmark, {}) is None
    # A name that is another label's own English one would be asked for twice.
    swapped = Benchmark(name="b", format="test", paraphrases={"city": "place"})
    assert naming.names_of("paraphrase", ["city", "place"], "eng", swapped, {}) == {"city": "city", "place": "place"}


def test_a_label_is_seen_near_or_unseen() -> None:
    training = {"City": 3, "cities": 9, "writer": 2}
    alike = {("author", "writer"): 0.8, ("protein", "writer"): 0.1}

    def similarity(names: Any, others: Any) -> Any:
        return np.array([[alike.get((name, other), 0.0) for other in others] for name in names])

    labels = ["CITY", "author", "protein"]
    known_labels = familiarity(labels, training, similarity=similarity, near=0.75)
    assert known_labels == {
        "CITY": ("seen", "cities"),
        "author": ("near", "writer"),
        "protein": ("unseen", "writer"),
    }
    assert familiarity(["author"], training, similarity=None, near=0.75) == {"author": ("unseen", "")}
    assert familiarity(["author"], {}, similarity=similarity, near=0.75) == {"author": ("unseen", "")}
