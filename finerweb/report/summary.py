"""What a run left, in numbers."""

import json
from collections.abc import Mapping
from functools import reduce
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb import tables
from finerweb.lake import Lake
from finerweb.languages import EVERY, Language
from finerweb.report import counts
from finerweb.report.trust import Measures
from finerweb.tables import entities, measures, mentions, runs

FILE = "summary.json"
COUNTS = ("documents", "passages", "annotated", "entities")


def summarise(
    lake: Lake,
    *,
    languages: Mapping[str, Language],
    seconds: Mapping[str, float],
    places: Mapping[str, str],
    kept: Path,
) -> dict[str, Any]:
    """Rows by table, counts by language, mentions found and lost, agreement with gold, and the `places` to look.

    What is counted is written to the file `kept`, and taken from there for as long as no job has run in this lake.
    """
    state = f"{lake.location} {lake.state(runs.TABLE)}"
    before: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
    if before.get("state") != state:
        before = {"state": state, **_counted(lake)}
        kept.write_text(json.dumps(before, ensure_ascii=False), encoding="utf-8")
    rows, measured = before["rows"], before["measures"]
    return {
        "tables": rows,
        "languages": before["languages"],
        "passages": rows["passages"],
        "entities": rows["entities"],
        "mentions": before["mentions"],
        "seconds": {job: round(spent, 1) for job, spent in seconds.items()},
        "gold": _gold(measured),
        "by_language": _by_language(measured, languages),
        **places,
    }


def _counted(lake: Lake) -> dict[str, Any]:
    """All that is to be counted, in one pass over the tables, and the measures that tell the rest."""
    frames = {table.name: lake.read(table) for table in tables.every() if lake.exists(table)}
    parts = {
        **{("rows", name): frame for name, frame in frames.items()},
        ("languages", ""): frames[entities.TABLE.name].select("language").distinct(),
    }
    counted = [
        frame.agg(F.lit(what).alias("what"), F.lit(name).alias("name"), F.count("*").alias("count"))
        for (what, name), frame in parts.items()
    ]
    problems = frames[mentions.TABLE.name].groupBy(F.lit("mentions").alias("what"), F.col("problem").alias("name"))
    sums: dict[str, dict[str | None, int]] = {"mentions": {}}
    for row in reduce(DataFrame.unionByName, [*counted, problems.agg(F.count("*").alias("count"))]).collect():
        sums.setdefault(row["what"], {})[row["name"]] = row["count"]
    lost = {problem: count for problem, count in sums["mentions"].items() if problem}
    return {
        "rows": sums["rows"],
        "languages": sums["languages"][""],
        "mentions": {
            "found": sums["mentions"].get(None, 0),
            "lost": dict(sorted(lost.items(), key=lambda item: -item[1])),
        },
        "measures": counts.measures(frames[measures.TABLE.name].filter("metric in ('volume', 'gold')")),
    }


def _by_language(measured: Measures, languages: Mapping[str, Language]) -> list[dict[str, Any]]:
    return [
        {
            "language": code,
            "name": languages[code].name,
            "script": languages[code].script,
            **{key: int(values.get(key, 0)) for key in COUNTS},
        }
        for code, values in sorted(measured.get("volume", {}).items())
    ]


def _gold(measured: Measures) -> dict[str, float]:
    """Precision and recall over all languages; empty where no source has gold."""
    by_language = [values for code, values in measured.get("gold", {}).items() if code != EVERY]
    total = {key: sum(values[key] for values in by_language) for key in ("gold", "found", "both")}
    if not total["gold"]:
        return {}
    return {
        "precision": round(total["both"] / total["found"], 4) if total["found"] else 0.0,
        "recall": round(total["both"] / total["gold"], 4),
    }
