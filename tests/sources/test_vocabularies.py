"""Vocabularies in files."""

from pathlib import Path

import pytest

from finerweb.errors import BadVocabulary
from finerweb.labels.classes import CLASSES, OTHER
from finerweb.outside.vocabulary import Vocabulary
from finerweb.sources.vocabularies import Entry, read, write

ENTRIES = [
    Entry("City, big", "tha", "city", "place", "เมือง"),
    Entry('"town"\n', "tha", "city", "place", "เมือง"),
    Entry("city", "eng", "city", "place", "city"),
]
FORMS = [Entry("city", "tha", "city", "place", "เมือง")]
HEAD = "label,language,canonical,coarse,name\n"


@pytest.mark.parametrize("name", ["v.csv", "v.jsonl"])
def test_what_is_written_is_read(tmp_path: Path, name: str) -> None:
    assert write(tmp_path / name, ENTRIES) == 3
    assert sorted(read(tmp_path / name, languages=["eng", "tha"])) == sorted([*ENTRIES, *FORMS])


def test_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text("mine")
    with pytest.raises(BadVocabulary, match="found a file, wanted none: it may be in use; name another"):
        write(tmp_path / "v.csv", ENTRIES)
    assert (tmp_path / "v.csv").read_text() == "mine"


CLASSES_LISTED = ", ".join((*CLASSES, OTHER))
MEND = "; mend the line, or write the file anew"
BAD = {
    "": f":1: found no column label, language, canonical, coarse, name, wanted the columns {', '.join(Entry._fields)}{MEND}",
    "label,name\nx,y\n": f":1: found no column language, canonical, coarse, wanted the columns {', '.join(Entry._fields)}{MEND}",
    HEAD: ": found no entry, wanted one on each line; or set name_labels.vocabulary=null",
    HEAD + "City,tha,city,place,\n": f":2: found name '', wanted text{MEND}",
    HEAD + "City,tha,city\n": f":2: found coarse None, wanted text{MEND}",
    HEAD + "City,xx,city,place,x\n": f":2: found language 'xx', wanted a code of languages.yml{MEND}",
    HEAD + "City,tha,city,planet,x\n": f":2: found coarse 'planet', wanted one of {CLASSES_LISTED}{MEND}",
    HEAD
    + "City,tha,city,place,x\nCity,tha,town,place,x\n": f":3: found 'City' of tha again, wanted what line 2 says of it{MEND}",
    HEAD
    + "City,tha,city,place,x\nC,tha,city,place,y\n": f":3: found the class 'place' and the name 'y' of 'city', wanted 'place' and 'x', as in line 2{MEND}",
}


@pytest.mark.parametrize("text", BAD)
def test_a_bad_file_names_its_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "v.csv"
    file.write_text(text)
    with pytest.raises(BadVocabulary) as raised:
        read(file, languages=["eng", "tha"])
    assert str(raised.value) == f"{file}{BAD[text]}"


def test_a_bad_line_of_json(tmp_path: Path) -> None:
    file = tmp_path / "v.jsonl"
    file.write_text('{"label": "x", "language": "eng", "canonical": "x", "coarse": "other", "name": "x"}\n\n[1]\n')
    with pytest.raises(BadVocabulary) as raised:
        read(file, languages=["eng"])
    assert str(raised.value) == f"{file}:3: found '[1]', wanted a JSON object{MEND}"


def test_no_file_another_ending_and_no_utf8(tmp_path: Path) -> None:
    with pytest.raises(BadVocabulary, match=r"v.csv: found no such file, wanted a vocabulary; `finerweb vocabulary"):
        read(tmp_path / "v.csv", languages=[])
    with pytest.raises(BadVocabulary, match=r"v.xlsx: found the ending '.xlsx', wanted .csv or .jsonl"):
        read(tmp_path / "v.xlsx", languages=[])
    (tmp_path / "v.csv").write_bytes(HEAD.encode() + b"\xff")
    with pytest.raises(BadVocabulary, match=r"found bytes that are not UTF-8, at \d+; save it as UTF-8"):
        read(tmp_path / "v.csv", languages=[])
    assert Vocabulary(str(tmp_path / "none.csv")).state() is None
