"""`finerweb audit_export`: what people are asked."""

from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from pyspark.sql import DataFrame

from finerweb.commands._terminal import LOCAL, NONE, Conf, Set, opened, tell
from finerweb.formats import sheets
from finerweb.formats.sheets import Passage
from finerweb.lake import Lake
from finerweb.tables import audits, entities, passages, selection
from finerweb.text.spans import Entity

File = Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file, for a spreadsheet.")]
PerLanguage = Annotated[int, typer.Option("--per-language", min=1, help="Passages of each language.")]


class Exported(NamedTuple):
    """What a sheet holds."""

    lines: int
    passages: int
    languages: int


def main(file: File, per_language: PerLanguage = 5, conf: Conf = LOCAL, set: Set = NONE) -> None:
    """Write a sample of the annotated passages to a sheet, for people to say what is right."""
    with opened(conf, set) as (lake, _):
        sheet = export(lake, file, per_language=per_language)
    tell(
        f"{file}: {sheet.lines:,} lines about {sheet.passages:,} passages in {sheet.languages:,} languages. "
        f"Fill in verdict, missing and auditor, then: finerweb audit_import {file}"
    )


def export(lake: Lake, file: Path, *, per_language: int) -> Exported:
    """Write so many annotated passages of each language, the first by the hash of their id, to be audited."""
    chosen = selection.chosen(lake.read(selection.TABLE), lake.read(passages.TABLE))
    annotated = with_entities(lake, passages.sample(chosen, per_language=per_language))
    lines = sheets.write(file, annotated)
    return Exported(lines, len(annotated), len({passage.language for passage in annotated}))


def with_entities(lake: Lake, texts: DataFrame) -> list[Passage]:
    """These passages with their merged entities, as sheets have them."""
    # bounded: the passages that a person is to read, `--per-language`
    return [
        Passage(row["passage_id"], row["language"], row["text"], [Entity(*entity) for entity in row["entities"] or []])
        for row in audits.sheets(lake.read(entities.TABLE), texts).collect()
    ]
