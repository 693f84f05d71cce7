"""Marked texts to documents with their spans."""

import pytest

from finerweb.errors import BadMark
from finerweb.formats.marked import Document, documents, read_marks
from finerweb.text.spans import Entity

FILE = """=== river-ferry rich
The [Nile Crossing](organization) sails from [Cairo](city).

It costs [€ 5](money) 🚢, says [Ame\u0301lie](person).

=== menu.2 poor
Home | Login

"""


def test_reads_every_document_with_its_spans() -> None:
    text = "The Nile Crossing sails from Cairo.\n\nIt costs € 5 🚢, says Ame\u0301lie."
    assert list(documents(FILE)) == [
        Document(
            "river-ferry",
            "rich",
            1,
            text,
            [Entity(4, 17, "organization"), Entity(29, 34, "city"), Entity(46, 49, "money"), Entity(58, 65, "person")],
        ),
        Document("menu.2", "poor", 6, "Home | Login", []),
    ]


def test_spans_are_slices_of_the_text() -> None:
    first = next(documents(FILE))
    assert [first.text[start:end] for start, end, _ in first.entities] == [
        "Nile Crossing",
        "Cairo",
        "€ 5",
        "Ame\u0301lie",
    ]


MARKS = {
    "": ("", []),
    "no marks": ("no marks", []),
    "[a](x)": ("a", [Entity(0, 1, "x")]),
    "[a](x)[b](y)": ("ab", [Entity(0, 1, "x"), Entity(1, 2, "y")]),
    "👩🏽\u200d🚀 in [北京](city)!": ("👩🏽\u200d🚀 in 北京!", [Entity(8, 10, "city")]),
    "(round) [a b](football club)": ("(round) a b", [Entity(8, 11, "football club")]),
    "[กรุงเทพ](city)มหานคร": ("กรุงเทพมหานคร", [Entity(0, 7, "city")]),
    "[القاهرة](city) مدينة": ("القاهرة مدينة", [Entity(0, 7, "city")]),
}


@pytest.mark.parametrize("marked", MARKS)
def test_a_mark_reads_as_its_mention(marked: str) -> None:
    assert read_marks(marked) == MARKS[marked]


BAD = {
    "text before\n=== a rich\nb": (1, "text before the first heading: 'text before'; wanted a line '=== name kind'"),
    "no heading": (1, "text before the first heading: 'no heading'; wanted a line '=== name kind'"),
    "=== a rich\nok\nan [open bracket\n": (3, "a bracket that is not part of a mark: '[open bracket'; wanted [mention](type)"),
    "=== a rich\n[a](x)\n[b] (x)": (3, "a bracket that is not part of a mark: '[b] (x)'; wanted [mention](type)"),
    "=== a rich\nok\n\n=== b rich\nin [Cairo](City)": (5, "a bracket that is not part of a mark: '[Cairo](City)'; wanted [mention](type)"),
    "=== a rich\n[two\nlines](x)": (2, "a bracket that is not part of a mark: '[two\\nlines](x)'; wanted [mention](type)"),
    "=== a rich\n[[a](x) b](y)": (2, "a bracket that is not part of a mark: '['; wanted [mention](type)"),
}  # fmt: skip


@pytest.mark.parametrize("source", BAD)
def test_a_bad_mark_is_named_with_its_line(source: str) -> None:
    with pytest.raises(BadMark) as caught:
        list(documents(source))
    assert (caught.value.line, str(caught.value)) == BAD[source]


def test_empty_lines_after_a_heading_are_counted() -> None:
    with pytest.raises(BadMark) as caught:
        list(documents("=== a rich\n\n\nan [open bracket"))
    assert caught.value.line == 4


def test_a_heading_alone_is_a_document_without_text() -> None:
    assert list(documents("=== a rich\n")) == [Document("a", "rich", 1, "", [])]


@pytest.mark.parametrize("source", ["", "\n \n"])
def test_an_empty_file_has_no_documents(source: str) -> None:
    assert list(documents(source)) == []
