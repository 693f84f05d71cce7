"""`finerweb audit_export` and `audit_import`: what people are asked, and what they answered."""

from pathlib import Path
from typing import NamedTuple

from pyspark.sql import DataFrame

from finerweb.formats import auditing, sheets
from finerweb.formats.auditing import Refused
from finerweb.formats.sheets import Passage
from finerweb.lake import Lake
from finerweb.tables import audits, entities, passages, selection
from finerweb.text.spans import Entity


class Exported(NamedTuple):
    """What a sheet holds."""

    lines: int
    passages: int
    languages: int


class Imported(NamedTuple):
    """What a sheet said; `renewed` of the `taken` audits were not in the table in these words."""

    taken: int
    renewed: int
    unfilled: int
    refused: list[Refused]


def export(lake: Lake, file: Path, *, per_language: int) -> Exported:
    """Write so many annotated passages of each language, the first by the hash of their id, to be audited."""
    chosen = selection.chosen(lake.read(selection.TABLE), lake.read(passages.TABLE))
    sample = passages.sample(chosen, per_language=per_language)
    shown = _collected(audits.sheets(lake.read(entities.TABLE), sample))
    return Exported(sheets.write(file, shown), len(shown), len({one.language for one in shown}))


def import_(lake: Lake, file: Path) -> Imported:
    """Put what was filled in into the table `audits`; lines that were changed elsewhere are refused."""
    sheet = sheets.read(file)
    lake.begin("audit_import")
    ids = sorted({cells["passage_id"].strip() for _, cells in sheet})
    asked = lake.spark.createDataFrame([(one,) for one in ids], "passage_id string")
    known = lake.read(passages.TABLE).join(asked, on="passage_id", how="left_semi")
    shown = _collected(audits.sheets(lake.read(entities.TABLE), known))
    checked = auditing.check(sheet, {one.passage_id: one for one in shown})
    newer = lake.spark.createDataFrame(checked.audits, audits.TABLE.schema)
    before = lake.read(audits.TABLE, or_empty=True)
    renewed = newer.subtract(before).count()
    if renewed:
        lake.replace(audits.TABLE, audits.renew(before, newer))
    return Imported(len(checked.audits), renewed, checked.unfilled, checked.refused)


def _collected(shown: DataFrame) -> list[Passage]:
    return [
        Passage(row["passage_id"], row["language"], row["text"], [Entity(*one) for one in row["entities"] or []])
        for row in shown.collect()
    ]
