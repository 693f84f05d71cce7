"""JSON lines: what is read, with its number, and what is said of a line that holds no object."""

import gzip
from pathlib import Path

import pytest

from finerweb.errors import BadInput
from finerweb.formats import json_lines

CONTENT = '\ufeff{"text": "in Cairo 👍🏽"}\r\n\n  {"text": "Kairo\u2028 und Gizeh"}'.encode()


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_lines_are_numbered_and_blank_ones_left_out(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(gzip.compress(CONTENT) if file.suffix == ".gz" else CONTENT)
    read = [(number, json_lines.text(json_lines.record(line))) for number, line in json_lines.lines(file)]
    assert read == [(1, "in Cairo 👍🏽"), (3, "Kairo\u2028 und Gizeh")]


def test_a_file_that_is_cut_off_gives_its_lines_and_then_says_so(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl.gz"
    file.write_bytes(gzip.compress(b'{"text": "x"}\n' * 100_000)[:-20])
    lines = json_lines.lines(file)
    assert next(lines) == (1, b'{"text": "x"}')
    with pytest.raises(BadInput, match=r"a\.jsonl\.gz: cannot be unpacked \(Compressed file ended"):
        list(lines)


BAD = {
    b'{"text": ': "not JSON (Expecting value: line 1 column 10 (char 9))",
    b'{"text": "\xff"}': "found bytes that are not UTF-8, from byte 10 of the line on",
    b"[" * 100_000: "not JSON (maximum recursion depth exceeded while decoding a JSON array from a unicode string)",
    b"[1]": "found a list",
    b"null": "found a NoneType",
    b'{"text": " "}': "found no text",
    b'{"text": 3}': "found no text",
}


@pytest.mark.parametrize("line", BAD)
def test_a_line_that_holds_no_text_says_what_it_holds(line: bytes) -> None:
    with pytest.raises(BadInput) as raised:
        json_lines.text(json_lines.record(line))
    assert str(raised.value) == BAD[line]
