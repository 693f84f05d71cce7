"""`finerweb experiment`: arms trained from the same lake, figures of all of them in `evaluations`."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from small_lake import TEXTS, fill, row, settings_of

from finerweb import plugins, settings
from finerweb.commands import experiment
from finerweb.errors import BadSettings
from finerweb.experiments import Arm, Corpus, filtering
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import evaluations, examples

CORPUS = Corpus(["deu", "eng"], ["broad", "strict"], "merged-english-multi")


@pytest.fixture(scope="module")
def small(signed_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    more = ("student.steps=60", "evaluate.benchmarks=[test]")
    return settings_of(tmp_path_factory.mktemp("experiment"), signed_encoder, *more)


@pytest.mark.parametrize("name", plugins.names(experiment.EXPERIMENTS))
def test_an_experiment_asks_a_question_and_its_arms_can_be_trained(name: str) -> None:
    chosen = settings.load("conf/local.yml")
    module = plugins.load(experiment.EXPERIMENTS, name)
    assert "?" in (module.__doc__ or "").splitlines()[0]
    arms: list[Arm] = list(module.arms(CORPUS))
    assert len({arm.name for arm in arms}) == len(arms) > 1
    assert not arms[0].others
    for arm in arms:
        changed = type(chosen.student)(**{**dict(chosen.student), **arm.changes})
        assert arm.others or arm is arms[0] or changed != chosen.student


def test_arms_are_compared_on_the_same_texts(small: Settings, spark: SparkSession) -> None:
    lake = Lake(spark, small.lake.location)
    fill(lake, spark, ["merged-english-multi", "broad-english-multi"])
    tests = [row(200 + number, text, "test") for number, text in enumerate(TEXTS * 2)]
    lake.append(examples.TABLE, spark.createDataFrame(tests, examples.TABLE.schema))

    def arms(corpus: Corpus) -> list[Arm]:
        assert corpus.languages == ["deu", "eng"]
        return [Arm("merged"), Arm("broad alone", {"variant": "broad-english-multi", "languages": ["eng"]})]

    lines = experiment.run(lake, small, "annotators", arms, other_lake=None)
    assert [line.partition(" has F1")[0] for line in lines[:2]] == ["test: merged", "test: broad alone"]
    rows = lake.read(evaluations.TABLE).filter("subset = 'all' and language = '*' and label = '*' and script = '*'")
    measured = {(entry["measure"], entry["tagger"], entry["other"], entry["experiment"]) for entry in rows.collect()}
    assert ("tagger", "merged", "", "annotators") in measured
    assert ("tagger", "broad alone", "", "annotators") in measured
    assert ("difference", "merged", "broad alone", "annotators") in measured


def test_an_arm_that_wants_another_lake_says_so(small: Settings, spark: SparkSession) -> None:
    lake = Lake(spark, small.lake.location)
    with pytest.raises(BadSettings) as failed:
        experiment.run(lake, small, "filtering", filtering.arms, other_lake=None)
    assert str(failed.value) == (
        "experiment filtering, arm any passages: found no --other-lake, wanted a lake whose passages were drawn, not "
        "chosen. Make one (--set work=FOLDER --set select.threshold=-1e9) and name it: --other-lake FOLDER/lake"
    )
