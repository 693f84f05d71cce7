"""What becomes of a ner answer: mentions with their places, and rows for what has none."""

from dataclasses import dataclass
from typing import Any

import pytest

from finerweb.tables import mentions

TEXT = "In 1999 Lena Berg 👩🏽\u200d🚀 went to Oslo."


@dataclass
class Row:
    """An answer with its passage, as the table reads them."""

    answer: str
    problem: str | None = None
    request_id: str = "r"
    subject_id: str = "d#0"
    language: str = "eng"
    model: str = "a"
    text: str = TEXT


def read(answer: str, problem: str | None = None) -> list[tuple[Any, ...]]:
    """Position, mention, label, start, end and problem of each row."""
    rows = mentions.read(Row(answer, problem), locales={"eng": "en"}, policy="best")
    names = [column.name for column in mentions.TABLE.columns]
    kept = [names.index(name) for name in ("position", "mention", "label", "start", "end", "problem")]
    return [tuple(row[index] for index in kept) for row in rows]


def test_a_bad_item_is_a_row_among_the_good_ones() -> None:
    answer = '{"entities": [{"mention": "Lena Berg", "type": null}, [1999, "year"], "Berg", ["Oslo", "city"], ["Rome", "city"]]}'
    assert sorted(read(answer)) == [
        (0, '{"mention": "Lena Berg", "type": null}', None, None, None, "bad_item"),
        (1, "1999", "year", 3, 7, None),
        (2, '"Berg"', None, None, None, "bad_item"),
        (3, "Oslo", "city", TEXT.index("Oslo"), TEXT.index("Oslo") + 4, None),
        (4, "Rome", "city", None, None, "absent"),
    ]


def test_nothing_named_is_no_row() -> None:
    assert read('<think>{"entities": [["Oslo", "city"]]}?</think>{"entities": []}') == []


@pytest.mark.parametrize(("problem", "wanted"), [(None, "unreadable"), ("truncated", "truncated")])
def test_an_answer_that_only_thinks_is_one_row(problem: str | None, wanted: str) -> None:
    thinks = '<think>If nothing were named: {"entities": []}. But'
    assert read(thinks, problem) == [(-1, None, None, None, None, wanted)]


def test_of_a_cut_answer_the_whole_mentions_are_kept() -> None:
    answer = '{"entities": [{"mention": "Oslo", "type": "city"}, {"mention": "Lena Be'
    assert read(answer, "truncated") == [(0, "Oslo", "city", TEXT.index("Oslo"), TEXT.index("Oslo") + 4, None)]


def test_of_an_answer_that_loops_one_round_is_kept() -> None:
    answer = '{"entities": [{"mention": "Oslo", "type": "city"}' + ', {"mention": "Rome", "type": "city"}' * 100
    assert read(answer, "looped") == [
        (0, "Oslo", "city", TEXT.index("Oslo"), TEXT.index("Oslo") + 4, None),
        (1, "Rome", "city", None, None, "absent"),
    ]
    assert read("<think>" + "Wait, let me see. " * 50, "looped") == [(-1, None, None, None, None, "looped")]
