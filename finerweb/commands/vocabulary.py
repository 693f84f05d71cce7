"""`finerweb vocabulary`: the labels of a run, frozen in a file."""

from pathlib import Path
from typing import Annotated

import typer

from finerweb.commands._terminal import LOCAL, NONE, Conf, Set, opened, tell
from finerweb.sources import vocabularies

File = Annotated[Path, typer.Argument(metavar="FILE", help="To be written: .csv or .jsonl.")]


def main(file: File, conf: Conf = LOCAL, set: Set = NONE) -> None:
    """Write the labels of this run, their classes and names to a file that freezes them: name_labels.vocabulary."""
    with opened(conf, set) as (lake, _):
        lines = vocabularies.export(lake, file)
    tell(f"{file}: {lines:,} labels. To use them as they are: --set name_labels.vocabulary={file}")
