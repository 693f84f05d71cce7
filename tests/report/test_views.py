"""The views' answers on a lake of three passages, as whole rows; and the page that shows how to ask them."""

import re
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from three_passages import NOON, fill

from finerweb import tables
from finerweb.lake import Lake
from finerweb.report.views import VIEWS

PAGE = Path(__file__).parents[2] / "docs" / "sql.md"


@pytest.fixture(scope="module")
def answers(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> SparkSession:
    """A session in which the views are defined over a small lake."""
    lake = Lake(spark, str(tmp_path_factory.mktemp("views") / "lake"))
    fill(lake)
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
