"""The views' answers on a lake of three passages, as whole rows; and the page that shows how to ask them."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from rows import put

from finerweb import tables
from finerweb.lake import Lake
from finerweb.report.views import VIEWS
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

PAGE = Path(__file__).parents[2] / "docs" / "sql.md"
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


@pytest.fixture(scope="module")
def answers(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> SparkSession:
    """A session in which the views are defined over a small lake."""
    lake = Lake(spark, str(tmp_path_factory.mktemp("views") / "lake"))
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
    lake.define(VIEWS, tables.every())
    return spark


def rows(spark: SparkSession, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in spark.sql(query).collect()]


def test_entities_are_counted_by_coarse_class_and_language(answers: SparkSession) -> None:
    assert rows(answers, "SELECT * FROM entity_types ORDER BY ALL") == [
        ("eng", "nature", 2, 1, 2),
        ("eng", "person", 1, 1, 1),
        ("eng", "place", 2, 2, 1),
        ("tha", "place", 1, 1, 1),
    ]


def test_a_disagreement_has_both_sides_and_what_came_of_it(answers: SparkSession) -> None:
    assert rows(answers, "SELECT * FROM disagreements ORDER BY language, start") == [
        ("eng", "e/1#0", "label", "a", 3, 6, "Ada", "person", "b", 3, 6, "Ada", "river"),
        ("eng", "e/1#0", "shorter", "a", 11, 21, "Oslo Fjord", "river", "b", 11, 15, "Oslo", "city"),
        ("tha", "t/1#0", "span", "a", 2, 9, "กรุงเทพ", "city", "b", 0, 9, "ไปกรุงเทพ", "city"),
    ]


def test_retention_has_a_row_for_each_tier_and_problem(answers: SparkSession) -> None:
    assert rows(answers, "SELECT * FROM retention_by_reason ORDER BY ALL") == [
        ("eng", "a", "found", "exact", 2, 0.5),
        ("eng", "a", "found", "normalised", 1, 0.25),
        ("eng", "a", "lost", "absent", 1, 0.25),
        ("eng", "b", "found", "exact", 1, 1.0),
        ("tha", "a", "found", "exact", 1, 1.0),
    ]


def test_mentions_are_ranked_within_their_language(answers: SparkSession) -> None:
    assert rows(answers, "SELECT * FROM frequent_mentions ORDER BY language, rank") == [
        ("eng", 1, "Rome", 2, 2, ["city"]),
        ("eng", 2, "Ada", 1, 1, ["person / river"]),
        ("eng", 3, "Oslo Fjord", 1, 1, ["river"]),
        ("tha", 1, "กรุงเทพ", 1, 1, ["city"]),
    ]


def test_a_span_leads_to_the_last_answer_that_has_it_and_to_its_document(answers: SparkSession) -> None:
    ada = ("eng", "e/1#0", 3, 6, "Ada", "person / river")
    page = ("e/1", "https://e.example/1", "CC-BY-4.0", "e")
    assert rows(answers, "SELECT * FROM provenance WHERE mention = 'Ada' ORDER BY annotator") == [
        (*ada, "a", "person", 3, 6, "exact", "r-1", "a-1", "p1", "r1", NOON, *page),
        (*ada, "b", "river", 3, 6, "exact", "r-2", "b-1", "p1", "r1", NOON, *page),
    ]
    # Who is in `sources` has a row, also where the answer is not there any more.
    assert rows(answers, "SELECT annotator, request_id, url FROM provenance WHERE passage_id = 'e/2#0'") == [
        ("b", None, "https://e.example/2")
    ]


def test_the_cost_of_a_passage_has_every_answer_in_it(answers: SparkSession) -> None:
    assert rows(answers, "SELECT * FROM cost_per_passage ORDER BY language, question") == [
        ("eng", "judge", 1, 1, 0, 0.5, 100, 20, 0.5, 120.0),
        ("eng", "ner", 1, 3, 1, 1.0, 280, 40, 1.0, 320.0),
        ("tha", "ner", 0, 1, 1, None, 10, 0, None, None),
    ]


BLOCKS = re.findall(r"```sql\n(.*?)```\n(?:\n((?:\|[^\n]*\n)+))?", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


@pytest.mark.parametrize(("query", "shown"), BLOCKS)
def test_every_query_of_the_page_answers_what_the_page_shows(answers: SparkSession, query: str, shown: str) -> None:
    answer = answers.sql(query)
    got = [["" if value is None else str(value) for value in row] for row in answer.collect()]
    if shown:
        header, _, *lines = shown.splitlines()
        assert [cells(header), *map(cells, lines)] == [answer.columns, *got]


def test_the_page_asks_every_view_and_names_only_those(answers: SparkSession) -> None:
    text = PAGE.read_text(encoding="utf-8")
    queries = " ".join(query for query, _ in BLOCKS)
    assert [view for view in VIEWS if not re.search(rf"\b{view}\b", queries)] == []
    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == list(VIEWS)
