"""What people filled into a sheet: read, and refused where it no longer fits what was exported. No Spark."""

import re
from collections.abc import Iterable, Mapping
from itertools import takewhile
from typing import NamedTuple

from finerweb.errors import excerpt
from finerweb.formats.sheets import FILLED, FIXED, Cells, Passage, lines
from finerweb.text.folding import fold
from finerweb.text.spans import Entity

VERDICTS = ("not_entity", "wrong_span", "wrong_type", "ok")  # the worst first
NONE_MISSING = "-"
RESTORE = "restore the cell, or export the sheet again if the annotations have changed since"
KEY = ("start", "end", "label")

Problem = tuple[str, str, str, str]  # column, found, wanted, way out


class Audit(NamedTuple):
    """An auditor's `verdict` on an entity; or what is `missing` in a passage, at 0:0 and without a label."""

    passage_id: str
    language: str
    start: int
    end: int
    label: str
    mention: str
    auditor: str
    verdict: str | None
    missing: list[str] | None


class Refused(NamedTuple):
    """A line that is not taken, and why."""

    line: int
    column: str
    content: str
    wanted: str
    way_out: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.column}: found {self.content}, wanted {self.wanted}; {self.way_out}"


class Checked(NamedTuple):
    """What a sheet says, the lines that are refused, and how many are not filled in."""

    audits: list[Audit]
    refused: list[Refused]
    unfilled: int


def check(sheet: Iterable[tuple[int, Cells]], passages: Mapping[str, Passage]) -> Checked:
    """Read what was filled in, of lines whose fixed cells are still those that were exported."""
    exported = {passage_id: _by_key(passage) for passage_id, passage in passages.items()}
    audits: dict[tuple[object, ...], Audit] = {}
    refused: list[Refused] = []
    unfilled = 0
    for line, cells in sheet:
        if not cells["verdict"].strip() and not cells["missing"].strip():
            unfilled += 1
            continue
        passage_id = cells["passage_id"].strip()
        problem = _fixed_problem(cells, exported.get(passage_id)) or _filled_problem(cells, passages[passage_id].text)
        if problem is None:
            entity, _ = exported[passage_id][_key(cells)]
            audit = _audit(cells, entity, passages[passage_id])
            if audits.setdefault((*audit[:5], audit.auditor), audit) == audit:
                continue
            opinion = f"{excerpt(audit.auditor)} a second time, with another opinion"
            problem = "auditor", opinion, "one opinion of each auditor", "remove one of the lines"
        refused.append(Refused(line, *problem))
    return Checked(list(audits.values()), refused, unfilled)


def _key(cells: Cells) -> tuple[str, ...]:
    return tuple(_plain(cells[name]) for name in KEY)


def _by_key(passage: Passage) -> dict[tuple[str, ...], tuple[Entity | None, Cells]]:
    return {_key(cells): (entity, cells) for entity, cells in lines(passage)}


def _plain(cell: str) -> str:
    """A cell as it is compared: spreadsheets change white space."""
    return " ".join(cell.split())


def _fixed_problem(
    cells: Cells, exported: Mapping[tuple[str, ...], tuple[Entity | None, Cells]] | None
) -> Problem | None:
    if exported is None:
        return "passage_id", excerpt(cells["passage_id"]), "an annotated passage", RESTORE
    key = _key(cells)
    if key not in exported:
        entities = [f"{start}:{end} {label}" for start, end, label in exported if start]
        listed = ", ".join(entities[:3]) + (", …" if len(entities) > 3 else "")
        return ", ".join(KEY), "{}:{} {}".format(*key), f"an entity of the passage ({listed or 'it has none'})", RESTORE
    _, wanted = exported[key]
    for name in FIXED:
        if _plain(cells[name]) != _plain(wanted[name]):
            return (name, *_difference(_plain(cells[name]), _plain(wanted[name])), RESTORE)
    return None


def _difference(cell: str, original: str) -> tuple[str, str]:
    """Two cells from a little before where they part."""
    same = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(cell, original, strict=False))))
    start = max(0, same - 20)
    return excerpt(cell[start:]), excerpt(original[start:])


def _filled_problem(cells: Cells, text: str) -> Problem | None:
    verdict, missing, auditor = (cells[name].strip() for name in FILLED)
    is_passage = not cells["start"].strip()
    if not auditor:
        return "auditor", "nothing", "a name", "write the auditor's name into every line that is filled in"
    if is_passage and verdict:
        return "verdict", excerpt(verdict), "nothing in a passage's own line", "write it into an entity's line"
    if not is_passage and missing:
        return "missing", excerpt(missing), "nothing in an entity's line", "write it into the passage's own line"
    if verdict and _verdict(verdict) not in VERDICTS:
        return "verdict", excerpt(verdict), FILLED["verdict"].partition(": ")[2], "write one of these"
    inside = fold(text).text
    strange = next((mention for mention in _mentions(missing) if fold(mention).text not in inside), None)
    if strange is not None:
        return "missing", excerpt(strange), "mentions of the passage", "copy them from the context, without ⟦ and ⟧"
    return None


def _verdict(cell: str) -> str:
    return re.sub(r"[\s_-]+", "_", cell.strip().casefold())


def _mentions(cell: str) -> list[str]:
    return [] if cell.strip() == NONE_MISSING else [_plain(mention) for mention in cell.split("|") if mention.strip()]


def _audit(cells: Cells, entity: Entity | None, passage: Passage) -> Audit:
    auditor = _plain(cells["auditor"])
    key = passage.passage_id, passage.language
    if entity is None:
        return Audit(*key, 0, 0, "", "", auditor, None, _mentions(cells["missing"]))
    start, end, label = entity
    return Audit(*key, start, end, label, passage.text[start:end], auditor, _verdict(cells["verdict"]), None)
