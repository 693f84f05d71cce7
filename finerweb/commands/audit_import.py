"""`finerweb audit_import`: what people answered."""

from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from finerweb.commands._terminal import LOCAL, NONE, Conf, Set, opened, tell
from finerweb.commands.audit_export import with_entities
from finerweb.formats import auditing, sheets
from finerweb.formats.auditing import Refused
from finerweb.lake import Lake
from finerweb.tables import audits, passages

File = Annotated[Path, typer.Argument(metavar="FILE", help="A sheet of audit_export, filled in.")]


class Imported(NamedTuple):
    """What a sheet said; `renewed` of the `taken` audits were not in the table in these words."""

    taken: int
    renewed: int
    unfilled: int
    refused: list[Refused]


def main(file: File, conf: Conf = LOCAL, set: Set = NONE) -> None:
    """Read a sheet that people filled in; an audit of something audited before replaces the auditor's earlier one."""
    with opened(conf, set) as (lake, _):
        sheet = import_(lake, file)
    tell(
        *(f"{file}, {line}" for line in sheet.refused),
        f"{file}: {sheet.taken:,} audits, {sheet.renewed:,} of them new or changed; "
        f"{sheet.unfilled:,} lines not filled in; {len(sheet.refused):,} refused",
    )
    raise SystemExit(1 if sheet.refused else 0)


def import_(lake: Lake, file: Path) -> Imported:
    """Put what was filled in into the table `audits`; lines that were changed elsewhere are refused."""
    sheet = sheets.read(file)
    lake.begin("audit_import")
    ids = sorted({cells["passage_id"].strip() for _, cells in sheet})
    named = lake.spark.createDataFrame([(passage_id,) for passage_id in ids], "passage_id string")
    texts = lake.read(passages.TABLE).join(named, on="passage_id", how="left_semi")
    checked = auditing.check(sheet, {passage.passage_id: passage for passage in with_entities(lake, texts)})
    newer = lake.spark.createDataFrame(checked.audits, audits.TABLE.schema)
    before = lake.read(audits.TABLE, or_empty=True)
    renewed = newer.subtract(before).count()
    if renewed:
        lake.replace(audits.TABLE, audits.renew(before, newer))
    return Imported(len(checked.audits), renewed, checked.unfilled, checked.refused)
