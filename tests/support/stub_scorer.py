"""Jobs in the place of those that need a regression: a score is a hash of the text."""

from pyspark.sql import functions as F

from finerweb.lake import Lake
from finerweb.running.runner import Main
from finerweb.settings import Settings
from finerweb.tables import near_duplicates, passages, scores, selection

SCORER = "moons/1"
THRESHOLD = 0.3


def score(lake: Lake, _: Settings) -> None:
    """In the place of a regression: a score by the hash of a text, for what has none."""
    texts = lake.read(passages.TABLE)
    value = (F.pmod(F.xxhash64("text"), F.lit(100)) / 100).cast("float")
    rows = texts.select(
        "passage_id",
        F.lit(SCORER).alias("scorer"),
        "language",
        value.alias("score"),
        F.create_map(F.lit("binary"), value).alias("scores"),
        F.lit(1).alias("subwords"),
        F.lit(None).cast("string").alias("problem"),
    )
    lake.append(scores.TABLE, lake.missing(scores.TABLE, rows))


def select(lake: Lake, chosen: Settings) -> None:
    """As the job does, without a registry."""
    changed = lake.changed()
    rows = selection.choose(
        changed.read(passages.TABLE),
        scores.by_scorer(changed.read(scores.TABLE), scorer=SCORER),
        changed.read(near_duplicates.TABLE),
        per_language=chosen.select.per_language,
        thresholds=dict.fromkeys(chosen.languages, THRESHOLD),
    )
    changed.replace(selection.TABLE, rows)


JOBS: dict[str, Main] = {"score_passages": score, "select_passages": select}
