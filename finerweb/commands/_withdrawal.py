"""Documents out of what is published: out of the current release, and out of every other that is kept."""

from collections.abc import Collection, Iterable

from pyspark.sql import DataFrame

from finerweb.formats import releases
from finerweb.formats.release import DATA, Row
from finerweb.lake import Lake
from finerweb.report import header
from finerweb.tables import files


def withdraw(lake: Lake, path: str, documents: Collection[str], *, tasks: int) -> str | None:
    """Make a release without the sentences of these documents, and remove all others, if any has such a sentence.

    Returns the name of the release that is the current one then; None where there was nothing to do.
    """
    kept = {release.name: release for release in releases.whole(path)}
    listed = {name: _frame(lake, release.files) for name, release in kept.items()}
    holding = [
        name
        for name, frame in listed.items()
        if not files.holding(frame, source=kept[name].url, documents=documents, tasks=tasks).isEmpty()
    ]
    if not holding:
        return None
    newest = max(kept, key=int)
    draft = releases.draft(path)
    carried = files.carry(listed[newest], source=kept[newest].url, target=draft.url, documents=documents, tasks=tasks)
    rows = [row.asDict() for row in carried.collect()]  # bounded: a row for each file
    current = releases.complete(draft, rows, header.narrowed(kept[newest].card, rows), earlier=0)
    if current.name != newest:
        lake.replace(files.TABLE, _frame(lake, rows))
    return current.name


def _frame(lake: Lake, rows: Iterable[Row]) -> DataFrame:
    return lake.spark.createDataFrame([files.TABLE.row(**row) for row in rows], files.TABLE.schema)


def describe(path: str, current: str | None) -> list[str]:
    """What became of a data set, line by line; `current` is what `withdraw` returned."""
    if releases.unversioned(path):
        return [f"{path}/{DATA}, from a finerweb without releases, has the text until it goes with: finerweb run"]
    if current is None:
        return []
    return [
        f"{path} is at release {current} now, without them, and older releases were removed; its card counts what was "
        "in it until it is made anew: finerweb run"
    ]
