"""Annotations as a CSV file that a person fills in with a spreadsheet. Plain Python, no Spark.

A passage has a line of its own, where mentions that are missing are written, and a line for each of its entities.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from finerweb.errors import BadSheet
from finerweb.text.spans import Entity

FIXED = ("passage_id", "language", "start", "end", "mention", "label", "context")
FILLED = {
    "verdict": "verdict: ok, wrong_span, wrong_type or not_entity",
    "missing": "missing: mentions separated by |, or - for none",
    "auditor": "auditor: your name",
}
AROUND = 100  # characters of the passage on either side of a mention

_BREAKS = re.compile(r"[\r\n\v\f\x85\u2028\u2029]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

Cells = Mapping[str, str]


class Passage(NamedTuple):
    """A passage and what was annotated in it, in reading order."""

    passage_id: str
    language: str
    text: str
    entities: Sequence[Entity]


def lines(passage: Passage) -> Iterator[tuple[Entity | None, Cells]]:
    """The fixed cells of a passage's own line, and of a line for each of its entities.

    What comes from outside stands in “ ”, so that no spreadsheet takes it for a formula, a date or a number.
    """
    text = passage.text
    key = {"passage_id": passage.passage_id, "language": passage.language}
    yield None, {**dict.fromkeys(FIXED, ""), **key, "context": _quoted(_marked(text, passage.entities))}
    for entity in passage.entities:
        start, end, label = entity
        before, mention, after = text[max(0, start - AROUND) : start], text[start:end], text[end : end + AROUND]
        cut = "…" if start > AROUND else "", "…" if end + AROUND < len(text) else ""
        outside = {"mention": mention, "label": label, "context": f"{cut[0]}{before}⟦{mention}⟧{after}{cut[1]}"}
        quoted = {name: _quoted(cell) for name, cell in outside.items()}
        yield entity, {**key, "start": str(start), "end": str(end), **quoted}


def _quoted(text: str) -> str:
    return f"“{_CONTROL.sub(' ', _BREAKS.sub(' ⏎ ', text))}”"


def _marked(text: str, entities: Sequence[Entity]) -> str:
    opening, closing = Counter(entity.start for entity in entities), Counter(entity.end for entity in entities)
    return "".join("⟧" * closing[index] + "⟦" * opening[index] + sign for index, sign in enumerate([*text, ""]))


def write(path: Path, passages: Iterable[Passage]) -> int:
    """Write a sheet; returns its lines. A file that exists is left alone: it may hold somebody's work.

    Without a byte order mark, spreadsheets would not take it for UTF-8.
    """
    cells = [line for passage in passages for _, line in lines(passage)]
    try:
        opened = path.open("x", encoding="utf-8-sig", newline="")
    except FileExistsError:
        raise BadSheet(f"{path}: found a file, wanted none: it may hold somebody's work; name another") from None
    with opened as file:
        writer = csv.DictWriter(file, [*FIXED, *FILLED])
        writer.writerow({**dict(zip(FIXED, FIXED, strict=True)), **FILLED})
        writer.writerows(cells)
    return len(cells)


def read(path: Path) -> list[tuple[int, Cells]]:
    """The lines of a sheet that are not empty, with their numbers; raises BadSheet.

    Separated by commas, or by what a spreadsheet makes of them: semicolons or tabs. Other columns are left alone.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            separator = max(",;\t", key=first.count)
            names = [name.partition(":")[0].strip() for name in next(csv.reader([first], delimiter=separator), [])]
            if absent := [name for name in (*FIXED, *FILLED) if name not in names]:
                raise BadSheet(
                    f"{path}: found no column {', '.join(absent)}, wanted {', '.join((*FIXED, *FILLED))}; "
                    "restore the first line, or export it again"
                )
            return list(_numbered(file, names, separator))
    except FileNotFoundError:
        raise BadSheet(f"{path}: found no such file, wanted one that audit_export wrote") from None
    except UnicodeDecodeError:
        raise BadSheet(
            f"{path}: found bytes that are not UTF-8, wanted UTF-8; save it again as “CSV UTF-8” (Excel), or with the "
            "character set Unicode (UTF-8)"
        ) from None
    except csv.Error as error:
        raise BadSheet(
            f"{path}: found no CSV ({error}), wanted a file that audit_export wrote; export it again"
        ) from None


def _numbered(file: Iterable[str], names: list[str], separator: str) -> Iterator[tuple[int, Cells]]:
    reader = csv.reader(file, delimiter=separator)
    line = 2
    for row in reader:
        if any(cell.strip() for cell in row):
            yield line, dict(zip(names, [*row, *[""] * len(names)], strict=False))
        line = reader.line_num + 2  # the reader counts from behind the first line
