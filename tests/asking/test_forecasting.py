"""How many engines work at once, which tells how long what is asked will take."""

import pytest
from pyspark.sql import SparkSession

from finerweb.asking import forecasting
from finerweb.engines import Spec


@pytest.mark.parametrize(
    ("spec", "engines"),
    [
        (Spec.from_options("lexicon", {}), 8),
        (Spec.from_options("lexicon", {"tasks": 3}), 3),
        (Spec.from_options("openai", {"model": "m", "tasks": 3}), 1),
        (Spec.from_options("vllm", {"model": "m", "gpus": 1}), 1),  # in local mode, where Spark deals no GPUs
    ],
)
def test_tasks_have_engines_of_their_own_or_ask_the_same(spark: SparkSession, spec: Spec, engines: int) -> None:
    assert forecasting.engines(spark, spec, tasks=8) == engines
