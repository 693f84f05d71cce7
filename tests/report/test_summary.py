"""What `finerweb run` says at its end: counted once, and told again for as long as no job has run."""

from datetime import datetime
from pathlib import Path
from typing import Any

from rows import put

from finerweb import settings
from finerweb.lake import Lake
from finerweb.report import summary
from finerweb.tables import entities, measures, mentions, passages, runs

PLACES = {"report": "report 👍🏽.html"}


def value(metric: str, detail: str, language: str, number: float) -> dict[str, Any]:
    return {"metric": metric, "detail": detail, "language": language, "value": number}


def test_what_was_counted_is_told_until_a_job_runs(lake: Lake, tmp_path: Path) -> None:
    place = {"start": 0, "end": 1, "text": "👍"}
    put(lake, passages.TABLE, *({"passage_id": code, "language": code, **place} for code in ("tha", "eng")))
    put(lake, entities.TABLE, {"language": "tha", **place, "mention": "👍", "agreement": "alone"})
    lost: dict[str, Any] = {"language": "tha", "request_id": "1", "problem": "not_in_text"}
    spot = {"language": "tha", "request_id": "1", "tier": "exact", "start": 0, "end": 1, "surface": "👍"}
    put(lake, mentions.TABLE, spot, lost, {**lost, "position": 1})
    volume = [value("volume", "passages", "tha", 1.0), value("volume", "passages", "eng", 1.0)]
    gold = [value("gold", name, "tha", number) for name, number in (("gold", 4.0), ("found", 2.0), ("both", 1.0))]
    put(lake, measures.TABLE, *volume, value("volume", "entities", "tha", 1.0), *gold, value("other", "x", "eng", 9.0))
    put(lake, runs.TABLE)

    def figures(kept: str = "summary.json") -> dict[str, Any]:
        about = {"seconds": {"measure": 1.26}, "places": PLACES, "kept": tmp_path / kept}
        return summary.summarise(lake, languages=settings.load_languages(), **about)

    first = figures()
    assert first == {
        "tables": {"entities": 1, "measures": 7, "mentions": 3, "passages": 2, "runs": 0},
        "languages": 1,
        "passages": 2,
        "entities": 1,
        "mentions": {"found": 1, "lost": {"not_in_text": 2}},
        "seconds": {"measure": 1.3},
        "gold": {"precision": 0.5, "recall": 0.25},
        "by_language": [
            {"language": "eng", "name": "English", "script": "Latn"}
            | {"documents": 0, "passages": 1, "annotated": 0, "entities": 0},
            {"language": "tha", "name": "Thai", "script": "Thai"}
            | {"documents": 0, "passages": 1, "annotated": 0, "entities": 1},
        ],
        "report": "report 👍🏽.html",
    }
    put(lake, entities.TABLE)
    assert figures() == first, "no job has run since"
    assert figures("another.json")["entities"] == 0
    run = {"run_id": "2", "job": "merge_entities", "started": datetime(2026, 1, 2)}
    put(lake, runs.TABLE, run | {name: {} for name in ("settings", "inputs", "outputs", "rows")})
    assert (figures()["entities"], figures()["tables"]["runs"]) == (0, 1)
