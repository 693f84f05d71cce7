"""`finerweb check`: what cannot be reached is said before it costs money."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from finerweb import settings
from finerweb.commands import check
from finerweb.cost import Price
from finerweb.lake import Lake
from finerweb.settings import Settings

KEY = "FINERWEB_TEST_KEY_OF_NOBODY"


def outcomes(spark: SparkSession, chosen: Settings) -> dict[str, tuple[bool, str]]:
    return {name: check._outcome(look) for name, look in check.checks(Lake(spark, chosen.lake.location), chosen)}


def test_all_that_a_run_needs_is_looked_at(spark: SparkSession, tmp_path: Path) -> None:
    found_out = outcomes(spark, settings.load("conf/test.yml", [f"work={tmp_path}"]))
    assert [name for name, (is_good, _) in found_out.items() if not is_good] == []
    assert list(found_out) == [
        *("lake", "spool", "output", "source sample", "registry"),
        *("annotate: broad", "annotate: strict", "collect_ratings: broad", "collect_verdicts: broad"),
        "name_labels: broad",
    ]
    assert found_out["spool"][1] == f"{tmp_path}/spool: a disk; driver and tasks see each other's files"
    assert found_out["annotate: broad"][1] == "engine lexicon can be asked from driver and tasks; it costs nothing"
    assert found_out["registry"][1].endswith("finerweb-scorer@champion, no version yet: train_scorer makes one")


def test_each_thing_that_cannot_be_reached_has_its_words(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEY, raising=False)
    model = f"models.paid={{engine: openai, model: x, url: 'http://127.0.0.1:9/v1', key_env: {KEY}}}"
    plain = "models.gone={engine: openai, model: x, url: 'http://127.0.0.1:9/v1', key_env: null}"
    (tmp_path / "file").write_text("no folder")
    chosen = settings.load(
        "conf/test.yml",
        [
            *(f"work={tmp_path}", model, plain, "annotate.annotators=[paid]", "rate.raters=[gone]", "train.rater=gone"),
            *("rate.budget={usd: 5, tokens: null}", "ask.spool=memory://spool", f"publish.path={tmp_path}/file/data"),
        ],
    )
    words = {name: words for name, (is_good, words) in outcomes(spark, chosen).items() if not is_good}
    assert set(words) == {"spool", "output", "annotate: paid", "collect_ratings: gone"}
    assert "wanted one that the driver and all executors share" in words["spool"]
    assert words["output"].startswith(f"output {tmp_path}/file/data: ")
    assert "(publish.path)" in words["output"]
    assert f"the environment variable {KEY} is not set" in words["annotate: paid"]
    assert words["collect_ratings: gone"].startswith("rate.budget.usd is set, but the price of model gone is not known")


@pytest.mark.parametrize(
    ("price", "words"),
    [
        (None, "its price is not known"),
        (Price(), "it costs nothing"),
        (Price(input=0.15, output=0.6), "$0.15 and $0.6 per million tokens in and out"),
        (Price(hour=2.5), "$2.5 an hour"),
    ],
)
def test_a_price_is_said(price: Price | None, words: str) -> None:
    assert check._price(price) == words
