"""Batches of a provider, from the table of requests to the table of answers, over two runs."""

import pytest
from batch_endpoint import BatchEndpoint, Fate, problem
from endpoint import MODEL
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from finerweb import settings
from finerweb.asking import conversation
from finerweb.collection import Collection
from finerweb.engines import Spec
from finerweb.errors import EngineFailed
from finerweb.lake import Lake
from finerweb.tables import completions


def test_a_run_fetches_what_an_earlier_one_has_put_however_it_is_cut(spark: SparkSession, lake: Lake) -> None:
    texts = [(f"d{number}#0", "eng", f"Passage {number}: Ola Berg left Oslo.") for number in range(40)]
    passages = spark.createDataFrame(texts, "passage_id string, language string, text string")
    how = Collection(slice=100, attempts=1, again=[], spool=f"{lake.location}/spool")
    with BatchEndpoint(lambda number: Fate(looks=10**9)) as endpoint:
        options = {
            "model": MODEL,
            "url": endpoint.url,
            "key_env": None,
            "poll": 0.05,
            "price": {"input": 1, "output": 2},
        }
        models = {"a": Spec.from_options("openai_batch", options)}
        requests = conversation.requests(passages, question="ner", models=models, languages=settings.load_languages())
        # When both tasks wait for their batches, the key is withdrawn.
        endpoint.trouble = lambda method, path: (
            (401, problem("Withdrawn.")) if len(endpoint.batches) == 2 and path.startswith("batches/") else None
        )
        with pytest.raises(EngineFailed, match="HTTP 401: Withdrawn"):
            conversation.answer_missing(lake, requests, how=how, tasks=2)
        assert (sum(endpoint.sizes), len(endpoint.sizes)) == (40, 2)

        endpoint.trouble = lambda method, path: None
        endpoint.ends = {"batch_1": (Fate(), 0), "batch_2": (Fate("expired", done=5), 0)}
        endpoint.fate = lambda number: Fate()
        conversation.answer_missing(lake, requests, how=how, tasks=3)
    assert sum(endpoint.sizes[2:]) == endpoint.sizes[1] - 5, "only what has expired is put again"
    assert sorted(endpoint.paid.values()) == [1] * 40
    answers = lake.read(completions.TABLE)
    assert answers.filter("problem is null and attempt = 1").select("subject_id").distinct().count() == 40
    (row,) = answers.select(F.sum("usd").alias("usd"), F.sum("tokens_in").alias("read"), F.count("*")).collect()
    assert row["usd"] > row["read"] / 1e6
    assert row["count(1)"] == 40
    assert conversation.spool_of(lake, how.spool, "ner").files("notes") == {}
