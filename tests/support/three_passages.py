"""A lake of three passages with something in every table that a view reads."""

from datetime import datetime
from typing import Any

from rows import put

from finerweb.lake import Lake
from finerweb.tables import (
    completions,
    documents,
    entities,
    evaluations,
    labels,
    mentions,
    passages,
    rejects,
    selection,
    tags,
)

THAI, ENGLISH, OTHER = "ไปกรุงเทพ", "👍🏽 Ada saw Oslo Fjord and Rome.", "Rome"
NOON = datetime(2026, 1, 2, 12)


def claim(annotator: str, start: int, end: int, label: str) -> dict[str, Any]:
    return {"annotator": annotator, "start": start, "end": end, "label": label, "tier": "exact"}


def entity(passage: str, language: str, text: str, start: int, end: int, names: list[str], **more: Any) -> Any:
    mention, joined = text[start:end], " / ".join(names)
    place = {"passage_id": passage, "language": language, "start": start, "end": end, "text": text}
    return {**place, "mention": mention, "label": joined, "labels": names, "agreement": "alone", **more}


def answer(request: str, subject: str, language: str, annotator: str, **more: Any) -> dict[str, Any]:
    usual = {"question": "ner", "attempt": 1, "engine": f"{annotator}-1", "prompt": "p1", "run": "r1", "answered": NOON}
    return {**usual, "request_id": request, "subject_id": subject, "language": language, "model": annotator, **more}


def named(request: str, position: int, passage: str, annotator: str, **more: Any) -> dict[str, Any]:
    language = "tha" if passage == "t/1#0" else "eng"
    place = {"request_id": request, "position": position, "passage_id": passage, "annotator": annotator}
    return {**place, "language": language, "policy": "best", **more}


def place(start: int, end: int, text: str, label: str, tier: str = "exact") -> dict[str, Any]:
    return {
        "start": start,
        "end": end,
        "surface": text[start:end],
        "mention": text[start:end],
        "label": label,
        "tier": tier,
    }


def fill(lake: Lake) -> None:
    """Put the three documents, and what was said of them, into an empty lake."""
    texts = {"e/1": ("eng", ENGLISH), "e/2": ("eng", OTHER), "t/1": ("tha", THAI)}
    put(
        lake,
        documents.TABLE,
        *(
            {
                "document_id": document,
                "language": code,
                "script": "?",
                "text": text,
                "source": document[0],
                "licence": "CC-BY-4.0",
            }
            | {"url": f"https://{document[0]}.example/{document[2]}"}
            for document, (code, text) in texts.items()
        ),
    )
    parts = [
        {"passage_id": f"{document}#0", "document_id": document, "language": code, "text": text, "end": len(text)}
        for document, (code, text) in texts.items()
    ]
    put(lake, passages.TABLE, *parts)
    chosen = {"is_selected": True, "rank": 1}
    why_not = {"problem": "quota_full"}
    put(
        lake,
        selection.TABLE,
        *(
            {"passage_id": part["passage_id"], "document_id": part["document_id"], "language": part["language"]}
            | (why_not if part["document_id"] == "e/2" else chosen)
            for part in parts
        ),
    )
    put(
        lake,
        entities.TABLE,
        # Two annotators, one span, two labels; one gave way to the longer; one span longer than the other, same label.
        entity("e/1#0", "eng", ENGLISH, 3, 6, ["person", "river"], agreement="exact")
        | {"sources": [claim("a", 3, 6, "person"), claim("b", 3, 6, "river")]},
        entity("e/1#0", "eng", ENGLISH, 11, 21, ["river"])
        | {"sources": [claim("a", 11, 21, "river")], "lost": [{**claim("b", 11, 15, "city"), "problem": "shorter"}]},
        entity("e/1#0", "eng", ENGLISH, 26, 30, ["city"]) | {"sources": [claim("a", 26, 30, "city")]},
        entity("e/2#0", "eng", OTHER, 0, 4, ["city"]) | {"sources": [claim("b", 0, 4, "city")]},
        entity("t/1#0", "tha", THAI, 2, 9, ["city"], agreement="overlap")
        | {"sources": [claim("a", 2, 9, "city"), claim("b", 0, 9, "city")]},
    )
    put(
        lake,
        labels.TABLE,
        *(
            {"label": label, "language": code, "canonical": label, "coarse": kind, "name": label}
            for code, label, kind in [
                ("eng", "person", "person"),
                ("eng", "river", "nature"),
                ("eng", "city", "place"),
                ("tha", "city", "place"),
            ]
        ),
    )
    put(
        lake,
        mentions.TABLE,
        named("r-1", 0, "e/1#0", "a", **place(3, 6, ENGLISH, "person")),
        named("r-1", 1, "e/1#0", "a", **place(11, 21, ENGLISH, "river", "normalised")),
        named("r-1", 2, "e/1#0", "a", **place(26, 30, ENGLISH, "city")),
        named("r-1", 3, "e/1#0", "a", mention="Paris", label="city", problem="absent"),
        named("r-2", 0, "e/1#0", "b", **place(3, 6, ENGLISH, "river")),
        named("r-3", 0, "t/1#0", "a", **place(2, 9, THAI, "city")),
    )
    spent = {"usd": 0.5, "tokens_in": 100, "tokens_out": 20}
    put(
        lake,
        completions.TABLE,
        answer("r-1", "e/1#0", "eng", "a", problem="truncated", run="r0", **spent),
        answer("r-1", "e/1#0", "eng", "a", attempt=2, **spent),
        answer("r-2", "e/1#0", "eng", "b", tokens_in=80),
        answer("r-3", "t/1#0", "tha", "a", problem="malformed", tokens_in=10),
        answer("r-4", "e/1#0", "eng", "a", question="judge", **spent),
    )
    put(
        lake,
        rejects.TABLE,
        {"reject_id": "x", "source": "e", "file": "e.jsonl", "line": 3, "problem": "no_text", "found": "no text"},
    )
    tagged = [(3, 6, "Ada", "person"), (26, 30, "Rome", "city")]
    tag = {"source": "passages", "language": "eng", "student": "finerweb-student/1", "labels": ["city", "person"]}
    put(
        lake,
        tags.TABLE,
        {**tag, "passage_id": "e/1#0", "entities": [(*entity, 0.9) for entity in tagged]},
        {**tag, "passage_id": "e/2#0", "problem": "no_text"},
    )
    everything = {"language": "*", "script": "*", "label": "*", "subset": "all", "names": "english"}
    figure = {**everything, "measure": "tagger", "benchmark": "test", "tagger": "finerweb-student/1", "gold": 40}
    put(
        lake,
        evaluations.TABLE,
        {**figure, "run": "r1", "evaluated": NOON, "f1": 0.5},
        {**figure, "run": "r2", "evaluated": NOON.replace(hour=13), "f1": 0.75, "low": 0.5, "high": 0.9},
    )
