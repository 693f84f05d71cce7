"""How fast the mentions of two annotators are merged through Spark, on mentions made for it."""

import random
import time
from pathlib import Path
from typing import Any

from pyspark.sql import functions as F

from finerweb.lake import Lake
from finerweb.running.failures import load_settings
from finerweb.running.session import opened
from finerweb.tables import entities, reliabilities

CONF = Path(__file__).parent.parent / "conf" / "local.yml"
PASSAGE = 1300
PASSAGES = "passage_id string, language string, text string"
MENTIONS = (
    "passage_id string, language string, annotator string, start int, end int, label string, tier string, "
    "problem string"
)


def merge_speed(mentions: int, work: Path) -> dict[str, float]:
    """Rows a second of merging two annotators, and what ten times as many take."""
    chosen = load_settings(str(CONF), [f"work={work}"])
    sizes = (1_000, mentions // 10, mentions)  # the first one warms Spark and its workers up
    seconds = []
    with opened(chosen) as lake:
        for size in sizes:
            folder = work / f"merge-{size}"
            _write(lake, size, folder)
            began = time.monotonic()
            _merge(lake, folder, chosen.merge.rule)
            seconds.append(time.monotonic() - began)
            print(f"merging {size:,} mentions: {seconds[-1]:.1f} s", flush=True)
    return {"merge_rows_per_s": round(mentions / seconds[2]), "merge_growth_10x": round(seconds[2] / seconds[1], 2)}


def _write(lake: Lake, size: int, folder: Path) -> None:
    """Passages, mentions and the similarities of their labels, as Parquet."""
    passages, mentions = two_annotators(size)
    lake.spark.createDataFrame(passages, PASSAGES).write.parquet(f"{folder}/passages")
    lake.spark.createDataFrame(mentions, MENTIONS).repartition(4).write.parquet(f"{folder}/mentions")
    labels = lake.spark.read.parquet(f"{folder}/mentions").select("label").distinct()
    other = labels.withColumnRenamed("label", "other")
    similar = labels.crossJoin(other).filter("label < other").withColumn("similarity", F.lit(0.8).cast("float"))
    similar.write.parquet(f"{folder}/similarities")


def _merge(lake: Lake, folder: Path, rule: str) -> None:
    passages, mentions, similarities = (
        lake.spark.read.parquet(f"{folder}/{name}") for name in ("passages", "mentions", "similarities")
    )
    reliabilities.estimate(mentions, annotators=["a", "b"], overlap=0.5).write.parquet(f"{folder}/reliabilities")
    entities.merge_annotators(
        reliabilities.claims(mentions),
        passages,
        similarities,
        lake.spark.read.parquet(f"{folder}/reliabilities"),
        overlap=0.5,
        similarity=0.75,
        rule=rule,
    ).write.parquet(f"{folder}/entities")


def two_annotators(size: int) -> tuple[list[tuple[str, str, str]], list[tuple[Any, ...]]]:
    """Passages of 1,300 characters, with what two annotators that mostly agree say of each: 25 mentions in all."""
    drawn = random.Random(0)
    labels = ["person", "organization", "location", "city", "country", "date", "river", "film"]
    passages: list[tuple[str, str, str]] = []
    mentions: list[tuple[Any, ...]] = []
    while len(mentions) < size:
        passage = f"p{len(passages)}"
        passages.append((passage, "eng", "x" * PASSAGE))
        for start in range(0, PASSAGE - 40, 100):
            label, length = drawn.choice(labels), drawn.randint(3, 30)
            for annotator in "ab":
                if drawn.random() < 0.95:
                    own = label if drawn.random() < 0.8 else drawn.choice(labels)
                    end = start + length + (drawn.random() < 0.1)
                    mentions.append((passage, "eng", annotator, start, end, own, "exact", None))
    return passages, mentions[:size]
