"""What a run left, in numbers."""

from collections.abc import Mapping
from typing import Any

from pyspark.sql import functions as F

from finerweb import tables
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import entities, measures, mentions

COUNTS = ("documents", "passages", "annotated", "entities")


def of(lake: Lake, settings: Settings, seconds: Mapping[str, float]) -> dict[str, Any]:
    """Rows by table, counts by language, mentions found and lost, the comparison with gold, and where things are."""
    counts = {table.name: lake.read(table).count() for table in tables.every() if lake.exists(table)}
    # Named, since a detail that no language has would have no column: nothing is annotated where nothing is useful.
    volumes = (
        lake.read(measures.TABLE)
        .filter("metric = 'volume'")
        .groupBy("language")
        .pivot("detail", [*COUNTS])
        .agg(F.first("value"))
    )
    by_language = [
        {
            "language": row["language"],
            "name": settings.languages[row["language"]].name,
            "script": settings.languages[row["language"]].script,
            **{key: int(row[key] or 0) for key in COUNTS},
        }
        for row in volumes.na.fill(0).orderBy("language").collect()
    ]
    outcomes = lake.read(mentions.TABLE).groupBy("problem").count().collect()
    lost = {row["problem"]: row["count"] for row in outcomes if row["problem"]}
    return {
        "tables": counts,
        "languages": lake.read(entities.TABLE).select("language").distinct().count(),
        "passages": counts["passages"],
        "entities": counts["entities"],
        "mentions": {
            "found": sum(row["count"] for row in outcomes if not row["problem"]),
            "lost": dict(sorted(lost.items(), key=lambda item: -item[1])),
        },
        "seconds": {job: round(spent, 1) for job, spent in seconds.items()},
        "gold": _gold(lake),
        "by_language": by_language,
        "lake": settings.lake.location,
        "dataset": settings.publish.path,
        "report": settings.report.path,
    }


def _gold(lake: Lake) -> dict[str, float]:
    """Precision and recall over all languages; empty where no source has gold."""
    rows = lake.read(measures.TABLE).filter("metric = 'gold'").groupBy("detail").agg(F.sum("value")).collect()
    total: dict[str, float] = {row[0]: row[1] for row in rows}
    if not total.get("gold"):
        return {}
    return {
        "precision": round(total["both"] / total["found"], 4) if total["found"] else 0.0,
        "recall": round(total["both"] / total["gold"], 4),
    }
