"""What each question is about, and the requests that the settings make of it."""

import pytest
from pyspark.sql import SparkSession
from rows import put

from finerweb import graph, questions, settings
from finerweb.asking import subjects
from finerweb.cost import Budget
from finerweb.errors import UnknownName, WrongTable
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import passages

BUDGETS = ["rate", "annotate", "name_labels", "judge"]


@pytest.fixture(scope="module")
def own() -> Settings:
    """Another model and another budget for each."""
    models = ["rate.raters=[strict, broad]", "annotate.annotators=[strict]", "name_labels.namer=strict"]
    budgets = [f"{section}.budget.tokens={number}" for number, section in enumerate(BUDGETS)]
    return settings.load("conf/test.yml", [*models, "train.rater=strict", "judge.judges=[broad]", *budgets])


@pytest.mark.parametrize(
    ("question", "job", "models", "budget"),
    [
        ("usefulness", "collect_ratings", ["strict", "broad"], Budget(tokens=0)),
        ("ner", "annotate", ["strict"], Budget(tokens=1)),
        ("label_english", "name_labels", ["strict"], Budget(tokens=2)),
        ("label_name", "name_labels", ["strict"], Budget(tokens=2)),
        ("judge", "collect_verdicts", ["broad"], Budget(tokens=3)),
    ],
)
def test_a_question_goes_to_the_models_and_is_paid_by_the_budget_that_it_names(
    question: str, job: str, models: list[str], budget: Budget, spark: SparkSession, own: Settings
) -> None:
    about = "passage_id string, label string, language string, text string, entities array<string>"
    requests = subjects.requests(question, spark.createDataFrame([("p", "city", "tha", "👍🏽", [])], about), own)
    assert (list(requests.models), requests.budget) == (models, budget)
    assert [row["model"] for row in requests.frame.collect()] == models
    asking = questions.load(question).JOB
    assert asking == job


def test_every_job_that_asks_is_one_of_the_pipeline() -> None:
    assert questions.jobs() <= set(graph.order())


@pytest.mark.parametrize("question", questions.every())
def test_what_a_question_is_about_is_made_of_tables(question: str, lake: Lake, own: Settings) -> None:
    with pytest.raises(WrongTable, match=r"^table \w+: nothing at .*; run the job that writes it first"):
        subjects.read(question, lake, own)


def test_before_there_is_a_selection_it_is_guessed_and_nobody_guesses_what_is_to_be_judged(
    lake: Lake, own: Settings
) -> None:
    text = {"language": "tha", "text": "กรุงเทพ", "end": 7, "is_target_language": True}
    put(lake, passages.TABLE, *[{"passage_id": f"{name}#0", "document_id": name, **text} for name in "ab"])
    about, guess = subjects.expected("ner", lake, own)
    assert {row["passage_id"] for row in about.collect()} == {"a#0", "b#0"}
    assert guess == "before selection: as many passages of a language as are wanted, one a document"
    with pytest.raises(WrongTable, match="^table selection: nothing at"):
        subjects.expected("judge", lake, own)


def test_others_can_be_asked_and_one_that_there_is_not_is_named(spark: SparkSession, own: Settings) -> None:
    about = spark.createDataFrame([("p", "tha", "กรุงเทพ")], "passage_id string, language string, text string")
    assert list(subjects.requests("ner", about, own, models=["broad"]).models) == ["broad"]
    with pytest.raises(UnknownName, match=r"^no model brod; there are: broad, strict, .*\. Did you mean 'broad'\?$"):
        subjects.requests("ner", about, own, models=["strict", "brod"])


def test_a_kind_of_subject_that_there_is_not_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions.load("ner"), "SUBJECTS", "selected_pasages")
    with pytest.raises(UnknownName, match=r"Did you mean 'selected_passages'\?$"):
        subjects.kind("ner")
