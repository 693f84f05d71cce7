"""Annotations out to a sheet, filled in by a person, and back."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from finerweb.errors import BadSheet
from finerweb.formats import auditing, sheets
from finerweb.formats.auditing import Audit
from finerweb.formats.sheets import Passage
from finerweb.text.spans import Entity

TEXT = "👩🏽\u200d🚀 Ada Bakke moved\r\nfrom Oslo to =SUM(A1) on 3 May. " + "Nothing else is said of it. " * 6
CITY = Entity(TEXT.index("Oslo"), TEXT.index("Oslo") + 4, "city")
FORMULA = Entity(TEXT.index("=SUM"), TEXT.index(" on 3"), "-formula")
DATE = Entity(TEXT.index("3 May"), TEXT.index("3 May") + 5, "date")
ENGLISH = Passage("wiki/1#0", "eng", TEXT, [CITY, FORMULA, DATE])
THAI = Passage("wiki/2#0", "tha", "ไปกรุงเทพมหานคร", [Entity(2, 15, "city"), Entity(2, 9, "city")])
BARE = Passage("wiki/3#0", "arb", "لا شيء هنا", [])
PASSAGES = [ENGLISH, THAI, BARE]
BY_ID = {passage.passage_id: passage for passage in PASSAGES}

Row = dict[str, str]


def fill(path: Path, edit: Callable[[Row], None], *, delimiter: str = ",", encoding: str = "utf-8-sig") -> None:
    """What a person does with a spreadsheet: `edit` changes the cells of each row, under the columns' short names."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = list(csv.reader(file))
    names = [name.partition(":")[0] for name in header]
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(header)
        for cells in rows:
            row = dict(zip(names, cells, strict=True))
            edit(row)
            writer.writerow(row.values())


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "audit.csv"
    assert sheets.write(path, PASSAGES) == 8
    return path


def test_a_sheet_shows_each_mention_where_it_stands(sheet: Path) -> None:
    assert sheet.read_bytes().startswith(b"\xef\xbb\xbf")
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = list(csv.reader(file))
    assert header == [
        "passage_id", "language", "start", "end", "mention", "label", "context",
        "verdict: ok, wrong_span, wrong_type or not_entity", "missing: mentions separated by |, or - for none", "auditor: your name",
    ]  # fmt: skip
    nothing = ["", "", ""]
    rest = "Nothing else is said of it. " * 6
    begin = "“👩🏽\u200d🚀 Ada Bakke moved ⏎ from "
    assert rows[0] == [
        "wiki/1#0", "eng", "", "", "", "", f"{begin}⟦Oslo⟧ to ⟦=SUM(A1)⟧ on ⟦3 May⟧. {rest}”", *nothing,
    ]  # fmt: skip
    assert rows[1][:6] == ["wiki/1#0", "eng", str(CITY.start), str(CITY.end), "“Oslo”", "“city”"]
    assert rows[1][6].startswith(f"{begin}⟦Oslo⟧ to =SUM(A1) on 3 May. Nothing")
    assert rows[1][6].endswith("…”")
    assert rows[2][4:6] == ["“=SUM(A1)”", "“-formula”"], "a spreadsheet would compute it"
    assert rows[4] == ["wiki/2#0", "tha", "", "", "", "", "“ไป⟦⟦กรุงเทพ⟧มหานคร⟧”", *nothing]
    assert rows[7] == ["wiki/3#0", "arb", "", "", "", "", "“لا شيء هنا”", *nothing]


def test_a_long_passage_is_shown_around_the_mention() -> None:
    text = "a" * 150 + "Oslo" + "b" * 150
    _, (_, cells) = sheets.lines(Passage("p", "eng", text, [Entity(150, 154, "city")]))
    assert cells["context"] == "“…" + "a" * 100 + "⟦Oslo⟧" + "b" * 100 + "…”"


def answer(row: Row) -> None:
    """Ada looks at the English passage and at one Thai entity."""
    if row["language"] == "eng":
        row["auditor"] = " Ada  Bø "
        row["verdict"] = {"": "", "“Oslo”": "OK", "“=SUM(A1)”": "Not entity", "“3 May”": "wrong_type "}[row["mention"]]
        row["missing"] = "" if row["mention"] else "ada bakke | 👩🏽\u200d🚀"
    if row["mention"] == "“กรุงเทพ”":
        row |= {"auditor": "Ada Bø", "verdict": "wrong_span"}
    if row["language"] == "arb":
        row |= {"auditor": "Ada Bø", "missing": "-"}


SAID = [
    Audit("wiki/1#0", "eng", 0, 0, "", "", "Ada Bø", None, ["ada bakke", "👩🏽\u200d🚀"]),
    Audit("wiki/1#0", "eng", *CITY, "Oslo", "Ada Bø", "ok", None),
    Audit("wiki/1#0", "eng", *FORMULA, "=SUM(A1)", "Ada Bø", "not_entity", None),
    Audit("wiki/1#0", "eng", *DATE, "3 May", "Ada Bø", "wrong_type", None),
    Audit("wiki/2#0", "tha", 2, 9, "city", "กรุงเทพ", "Ada Bø", "wrong_span", None),
    Audit("wiki/3#0", "arb", 0, 0, "", "", "Ada Bø", None, []),
]


@pytest.mark.parametrize(
    ("delimiter", "encoding"), [(",", "utf-8-sig"), (";", "utf-8"), ("\t", "utf-8")], ids=["comma", "semicolon", "tab"]
)
def test_what_was_filled_in_comes_back(sheet: Path, delimiter: str, encoding: str) -> None:
    fill(sheet, answer, delimiter=delimiter, encoding=encoding)
    assert auditing.check(sheets.read(sheet), BY_ID) == auditing.Checked(SAID, [], 2)


def test_a_sheet_that_nobody_filled_in_says_nothing(sheet: Path) -> None:
    assert auditing.check(sheets.read(sheet), BY_ID) == auditing.Checked([], [], 8)


def test_spreadsheets_may_change_white_space_line_ends_and_add_empty_lines_and_columns(sheet: Path) -> None:
    def spaced(row: Row) -> None:
        answer(row)
        row["context"] = f" {row['context'].replace(' ', '  ')}"
        row["remark"] = "my own"

    fill(sheet, spaced)
    text = (
        sheet.read_text(encoding="utf-8-sig")
        .replace("\r\n", "\n")
        .replace("auditor: your name", "auditor: your name,remark")
    )
    sheet.write_text(text + ",,,,,,,,,,\n\n", encoding="utf-8")
    assert auditing.check(sheets.read(sheet), BY_ID) == auditing.Checked(SAID, [], 2)


WAY_OUT = "restore the cell, or export the sheet again if the annotations have changed since"
ENTITIES = f"{CITY.start}:{CITY.end} “city”, {FORMULA.start}:{FORMULA.end} “-formula”, {DATE.start}:{DATE.end} “date”"
# What a person does to the line of "Oslo" beside saying that it is right -> what is said of it.
CHANGES: list[tuple[Row, str]] = [
    ({"mention": "“Bergen”"}, f"line 3: mention: found '“Bergen”', wanted '“Oslo”'; {WAY_OUT}"),
    ({"language": "nob"}, f"line 3: language: found 'nob', wanted 'eng'; {WAY_OUT}"),
    ({"start": "30"}, f"line 3: start, end, label: found 30:{CITY.end} “city”, wanted an entity of the passage ({ENTITIES}); {WAY_OUT}"),
    ({"label": "“town”"}, f"line 3: start, end, label: found {CITY.start}:{CITY.end} “town”, wanted an entity of the passage ({ENTITIES}); {WAY_OUT}"),
    ({"passage_id": "wiki/9#0"}, f"line 3: passage_id: found 'wiki/9#0', wanted an annotated passage; {WAY_OUT}"),
    ({"context": "“👩🏽\u200d🚀 Ada Bakke moved ⏎ from ⟦Bergen⟧"}, f"line 3: context: found 'Bakke moved ⏎ from ⟦Bergen⟧', wanted 'Bakke moved ⏎ from ⟦Oslo⟧ to =SUM(A1) on 3 May. Nothing else is said of it. Not…'; {WAY_OUT}"),
    ({"verdict": "good"}, "line 3: verdict: found 'good', wanted ok, wrong_span, wrong_type or not_entity; write one of these"),
    ({"auditor": " "}, "line 3: auditor: found nothing, wanted a name; write the auditor's name into every line that is filled in"),
    ({"missing": "Ada"}, "line 3: missing: found 'Ada', wanted nothing in an entity's line; write it into the passage's own line"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "message"), CHANGES, ids=[next(iter(change)) for change, _ in CHANGES])
def test_a_line_that_was_changed_where_it_must_not_is_refused(sheet: Path, change: Row, message: str) -> None:
    def edit(row: Row) -> None:
        if row["mention"] == "“Oslo”":
            row |= {"verdict": "ok", "auditor": "Ada", **change}

    fill(sheet, edit)
    checked = auditing.check(sheets.read(sheet), BY_ID)
    assert [str(refused) for refused in checked.refused] == [message]
    assert (checked.audits, checked.unfilled) == ([], 7)


OF_A_PASSAGE: list[tuple[Row, str]] = [
    ({"missing": "Ada | Grønland"}, "line 2: missing: found 'Grønland', wanted mentions of the passage; copy them from the context, without ⟦ and ⟧"),
    ({"verdict": "ok"}, "line 2: verdict: found 'ok', wanted nothing in a passage's own line; write it into an entity's line"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "message"), OF_A_PASSAGE, ids=["missing", "verdict"])
def test_a_passages_own_line_is_for_what_is_missing_in_it(sheet: Path, change: Row, message: str) -> None:
    def edit(row: Row) -> None:
        if row["language"] == "eng" and not row["mention"]:
            row |= {"auditor": "Ada", **change}

    fill(sheet, edit)
    assert [str(refused) for refused in auditing.check(sheets.read(sheet), BY_ID).refused] == [message]


def test_an_entity_without_companions_says_so_when_it_is_not_found(sheet: Path) -> None:
    def edit(row: Row) -> None:
        if row["language"] == "arb":
            row |= {"start": "0", "end": "2", "label": "“city”", "verdict": "ok", "auditor": "Ada"}

    fill(sheet, edit)
    (refused,) = auditing.check(sheets.read(sheet), BY_ID).refused
    assert str(refused) == (
        f"line 9: start, end, label: found 0:2 “city”, wanted an entity of the passage (it has none); {WAY_OUT}"
    )


def test_a_second_opinion_of_the_same_person_in_one_sheet_is_refused_and_a_repetition_is_not(sheet: Path) -> None:
    fill(sheet, answer)
    lines = sheet.read_text(encoding="utf-8-sig").splitlines()
    oslo = next(line for line in lines if "“Oslo”" in line)
    more = [oslo, oslo.replace(",OK,", ",wrong_type,"), oslo.replace("Ada  Bø", "Bo").replace(",OK,", ",wrong_span,")]
    sheet.write_text("\n".join([*lines, *more]), encoding="utf-8")
    checked = auditing.check(sheets.read(sheet), BY_ID)
    assert [str(refused) for refused in checked.refused] == [
        "line 11: auditor: found 'Ada Bø' a second time, with another opinion, wanted one opinion of each auditor; remove one of the lines"
    ]
    assert checked.audits == [*SAID, Audit("wiki/1#0", "eng", *CITY, "Oslo", "Bo", "wrong_span", None)]


def test_a_line_is_counted_as_an_editor_counts_it(sheet: Path) -> None:
    def edit(row: Row) -> None:
        if row["language"] == "eng":
            row["auditor"] = "Ada\n\nBø"  # three lines of the file
        if row["mention"] == "“3 May”":
            row["verdict"] = "?"

    fill(sheet, edit)
    (refused,) = auditing.check(sheets.read(sheet), BY_ID).refused
    lines = sheet.read_text(encoding="utf-8-sig").split("\n")
    assert (refused.line, refused.content) == (11, "'?'")
    assert "“3 May”" in lines[refused.line - 1]


def error(path: Path) -> str:
    with pytest.raises(BadSheet) as caught:
        sheets.read(path)
    return str(caught.value)


def test_a_file_that_is_no_sheet_is_an_error_that_says_why(tmp_path: Path) -> None:
    path = tmp_path / "audit.csv"
    wanted = "passage_id, language, start, end, mention, label, context, verdict, missing, auditor"
    assert error(path) == f"{path}: found no such file, wanted one that audit_export wrote"
    path.write_text("passage_id,language,start,end,mention,label,context,verdict\n", encoding="utf-8")
    assert error(path) == (
        f"{path}: found no column missing, auditor, wanted {wanted}; restore the first line, or export it again"
    )
    path.write_bytes(b"")
    assert error(path).startswith(f"{path}: found no column passage_id, language, ")
    path.write_bytes("passage_id;Grønland".encode("latin-1"))
    assert error(path) == (
        f"{path}: found bytes that are not UTF-8, wanted UTF-8; save it again as “CSV UTF-8” (Excel), or with the "
        "character set Unicode (UTF-8)"
    )


def test_somebodys_work_is_never_written_over(sheet: Path) -> None:
    before = sheet.read_bytes()
    with pytest.raises(BadSheet) as caught:
        sheets.write(sheet, PASSAGES)
    assert str(caught.value) == f"{sheet}: found a file, wanted none: it may hold somebody's work; name another"
    assert sheet.read_bytes() == before
