"""Scoring in waves: the same selection as if everything had been scored, for fewer scores."""

import random
from functools import partial
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from finerweb.errors import BadModel, TooFewRatings, WrongModel
from finerweb.lake import Lake
from finerweb.scorer import model_card
from finerweb.scorer.model_card import Card
from finerweb.tables import passages, scores, selection
from finerweb.training import scoring, waves
from finerweb.training.scoring import Regression
from finerweb.training.waves import Enough

SCORER = "m/1"
THRESHOLDS = {"eng": 0.5, "tha": 0.8, "khm": 0.5}
CORPUS = "passage_id string, document_id string, language string, position int, is_target_language boolean, score float"


def corpus() -> list[tuple[str, str, str, int, bool, float | None]]:
    """Documents of one to nine passages: of English half the passages are useful, of Thai one in six, of Khmer none."""
    drawn = random.Random(4)
    rows = []
    for code, documents in (("eng", 150), ("tha", 150), ("khm", 9)):
        for number in range(documents):
            document = f"{code}👍🏽{number}"
            for position in range(drawn.choice([1, 1, 2, 3, 9])):
                value = 0.1 if code == "khm" else drawn.random()
                score = None if value > 0.99 else value if code == "tha" else round(value, 2)
                rows.append((f"{document}#{position}", document, code, position, drawn.random() > 0.1, score))
    return rows


def oracle(texts: DataFrame, *, scorer: str) -> DataFrame:
    """Says of each passage what is known of it."""
    by_target = F.create_map(F.lit("binary"), F.col("score"))
    return texts.select(
        "passage_id",
        F.lit(scorer).alias("scorer"),
        "language",
        "score",
        F.when(F.col("score").isNotNull(), by_target).alias("scores"),
        F.lit(1).alias("subwords"),
        F.when(F.col("score").isNull(), "not_finite").alias("problem"),
    )


@pytest.fixture(scope="module")
def texts(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame(corpus(), CORPUS).cache()


@pytest.fixture(scope="module")
def doubles(spark: SparkSession) -> DataFrame:
    ids = sorted(row[0] for row in corpus())[::17]
    return spark.createDataFrame([(passage, "eng👍🏽0#0") for passage in ids], "passage_id string, duplicate_of string")


def selected(texts: DataFrame, scored: DataFrame, doubles: DataFrame, per_language: int) -> set[tuple[str, int]]:
    chosen = selection.choose(texts, scored, doubles, per_language=per_language, thresholds=THRESHOLDS)
    return {(row["passage_id"], row["rank"]) for row in chosen.filter("is_selected").collect()}


def score(lake: Lake, texts: DataFrame, doubles: DataFrame, per_language: int, at_most: int | None = None) -> DataFrame:
    lake.begin("score_passages")
    waves.score_until_enough(
        lake,
        texts,
        doubles,
        partial(oracle, scorer=SCORER),
        scorer=SCORER,
        enough=Enough(per_language, THRESHOLDS, at_most),
        slice_rows=10_000,
    )
    return scores.by_scorer(lake.read(scores.TABLE), scorer=SCORER)


def counts(scored: DataFrame) -> dict[str, int]:
    return dict(scored.groupBy("language").count().collect())


def test_the_selection_is_the_same_as_if_all_had_been_scored(lake: Lake, texts: DataFrame, doubles: DataFrame) -> None:
    everything = oracle(texts, scorer=SCORER)
    scored = score(lake, texts, doubles, 20)
    assert selected(texts, scored, doubles, 20) == selected(texts, everything, doubles, 20)
    possible = counts(selection.candidates(texts, doubles))
    counted = counts(scored)
    assert counted["eng"] < possible["eng"] / 3, (
        "half of its passages are useful: 20 documents want little more than 40"
    )
    assert counted["tha"] < possible["tha"]
    assert counted["khm"] == possible["khm"], "not one was useful: all had to be looked at"
    (note,) = lake.log.notes
    assert note.startswith(f"{sum(counted.values())} of {sum(possible.values())} candidates scored (")
    outside = texts.filter("not is_target_language").select("passage_id").union(doubles.select("passage_id"))
    assert scored.join(outside, on="passage_id", how="left_semi").count() == 0
    # Nothing more is needed, and of a larger quota only what is missing.
    before = lake.version(scores.TABLE)
    score(lake, texts, doubles, 20)
    assert lake.version(scores.TABLE) == before
    more = score(lake, texts, doubles, 30)
    assert selected(texts, more, doubles, 30) == selected(texts, everything, doubles, 30)
    assert more.count() == more.select("passage_id").distinct().count() > scored.count()


def test_no_more_than_so_many_of_a_language_are_scored(lake: Lake, texts: DataFrame, doubles: DataFrame) -> None:
    counted = counts(score(lake, texts, doubles, 100, at_most=30))
    assert (counted["eng"], counted["tha"]) == (30, 30)
    assert counted["khm"] <= 30


def test_nothing_to_score_is_an_error(lake: Lake, texts: DataFrame, doubles: DataFrame) -> None:
    with pytest.raises(TooFewRatings, match="^table passages: found none to score; wanted some in their document's"):
        score(lake, texts.filter("not is_target_language"), doubles, 5)


PLACES = [("a#0", "a", 0, 0.1), ("a#1", "a", 1, None), ("b#0", "b", 0, 0.9), ("b#1", "b", 1, None)]
PLACES += [("c#0", "c", 0, 0.2), ("c#1", "c", 1, 0.3), *((f"c#{place}", "c", place, None) for place in range(2, 9))]
PLACES += [("d#0", "d", 0, None), ("d#1", "d", 1, None)]


def test_a_wave_reads_on_where_no_passage_was_useful_twice_as_far_as_before(spark: SparkSession) -> None:
    turns = {"a": 1, "b": 2, "c": 3, "d": 4}
    rows = [(passage, document, "eng", place, turns[document]) for passage, document, place, _ in PLACES]
    candidates = spark.createDataFrame(
        rows, "passage_id string, document_id string, language string, position int, turn bigint"
    )
    scored = spark.createDataFrame(
        [(passage, value) for passage, _, _, value in PLACES if value], "passage_id string, score float"
    )
    drawn = waves.seen(candidates, scored, until={"eng": 3}, thresholds={"eng": 0.5})
    (state,) = waves.progress(drawn, per_language=1).collect()
    assert state.asDict() == {
        "language": "eng",
        "drawn": 3,
        "scored": 4,
        "useful": 1,
        "accepted": 1,
        "open": 2,
        "waiting": 4,
        "full_at": 2,
        "open_before": 1,
    }
    (state,) = waves.progress(drawn, per_language=2).collect()
    assert (state["full_at"], state["open_before"]) == (None, 2)
    assert sorted(row[0] for row in waves.next_passages(drawn).collect()) == ["a#1", "c#2", "c#3", "c#4"]
    limited = waves.next_passages(drawn, at_most={"eng": 2})
    assert sorted(row[0] for row in limited.collect()) == ["a#1", "c#2"]


@pytest.fixture
def model(tmp_path: Path) -> Regression:
    """A model's folder with a tokenizer that knows words."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    card = Card(("binary",), 512, {"*": 0.4, "tha": 0.6}, passages.TABLE.version)
    model_card.write(tmp_path, card)
    assert model_card.read(tmp_path) == card
    return Regression("m/1", tmp_path, card)


def sample(spark: SparkSession, subwords: int) -> DataFrame:
    return spark.createDataFrame(
        [("a#0", "three e\u0301te\u0301 👍🏽", subwords)], "passage_id string, text string, subwords int"
    )


def test_a_model_with_another_tokenizer_is_refused(spark: SparkSession, model: Regression) -> None:
    scoring.require_fit(model, sample(spark, 3))
    with pytest.raises(
        WrongModel, match="^model m/1 counts 3 subwords in passage a#0, table passages says 5: its token"
    ):
        scoring.require_fit(model, sample(spark, 5))


def test_a_model_of_another_table_is_refused(spark: SparkSession, model: Regression, tmp_path: Path) -> None:
    other = Regression("m/1", tmp_path, Card(("binary",), 512, {"*": 0.5}, "0000"))
    with pytest.raises(
        WrongModel, match=r"^model m/1 was trained on table passages of schema version 0000, found \w{8}; "
    ):
        scoring.require_fit(other, sample(spark, 3))


def test_a_folder_without_a_card_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match=r"has no scorer.json: wanted a model that train_scorer registered"):
        model_card.read(tmp_path)


def test_a_setting_says_which_thresholds_count(model: Regression) -> None:
    assert model.card.thresholds_of(["tha", "eng"], "target") == {"tha": 0.5, "eng": 0.5}
    assert model.card.thresholds_of(["tha", "eng"], "calibrated") == {"tha": 0.6, "eng": 0.4}
    assert model.card.thresholds_of(["tha", "eng"], 0.7) == {"tha": 0.7, "eng": 0.7}
    assert str(model.card.thresholds_as("calibrated")) == "1 language has a threshold of its own, the others 0.40"
