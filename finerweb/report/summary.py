"""What a run left, in numbers."""

from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb import tables
from finerweb.lake import Lake
from finerweb.languages import Language
from finerweb.tables import entities, measures, mentions

COUNTS = ("documents", "passages", "annotated", "entities")


def summarise(
    lake: Lake, *, languages: Mapping[str, Language], seconds: Mapping[str, float], places: Mapping[str, str]
) -> dict[str, Any]:
    """Rows by table, counts by language, mentions found and lost, agreement with gold, and the `places` to look."""
    rows = {table.name: lake.read(table).count() for table in tables.every() if lake.exists(table)}
    metrics = lake.read(measures.TABLE)
    return {
        "tables": rows,
        "languages": lake.read(entities.TABLE).select("language").distinct().count(),
        "passages": rows["passages"],
        "entities": rows["entities"],
        "mentions": _mentions(lake.read(mentions.TABLE)),
        "seconds": {job: round(spent, 1) for job, spent in seconds.items()},
        "gold": _gold(metrics),
        "by_language": _by_language(metrics, languages),
        **places,
    }


def _by_language(metrics: DataFrame, languages: Mapping[str, Language]) -> list[dict[str, Any]]:
    # Named, since a detail that no language has would have no column: nothing is annotated where nothing is useful.
    volumes = metrics.filter("metric = 'volume'").groupBy("language").pivot("detail", [*COUNTS]).agg(F.first("value"))
    return [
        {
            "language": row["language"],
            "name": languages[row["language"]].name,
            "script": languages[row["language"]].script,
            **{key: int(row[key]) for key in COUNTS},
        }
        for row in volumes.na.fill(0).orderBy("language").collect()
    ]


def _mentions(frame: DataFrame) -> dict[str, Any]:
    rows = {row["problem"]: row["count"] for row in frame.groupBy("problem").count().collect()}
    lost = {problem: count for problem, count in rows.items() if problem}
    return {"found": rows.get(None, 0), "lost": dict(sorted(lost.items(), key=lambda item: -item[1]))}


def _gold(metrics: DataFrame) -> dict[str, float]:
    """Precision and recall over all languages; empty where no source has gold."""
    rows = metrics.filter("metric = 'gold'").groupBy("detail").agg(F.sum("value")).collect()
    total: dict[str, float] = {row[0]: row[1] for row in rows}
    if not total.get("gold"):
        return {}
    return {
        "precision": round(total["both"] / total["found"], 4) if total["found"] else 0.0,
        "recall": round(total["both"] / total["gold"], 4),
    }
