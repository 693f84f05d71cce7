"""Which files were added to a source since it was last read; the others are not opened then."""

from collections.abc import Mapping, Sequence

from pyspark.sql import functions as F

from finerweb.lake import Lake
from finerweb.sources.files import File
from finerweb.tables import documents, source_files, take_downs


def unread(lake: Lake, source: str, present: Sequence[File]) -> list[str] | None:
    """The paths of the present files of a source that were never read; None where all of it is to be read.

    That is so where other code or settings read them, a file was changed or is gone, a take-down was made or taken
    back, or documents are not those that the last run left: a run that died may have taken in some of a file.
    """
    if not (lake.unchanged(documents.TABLE) and lake.unchanged(take_downs.TABLE)):
        return None
    read = lake.peek(source_files.TABLE).filter(F.col("source") == source)
    # bounded: a row for each file of a source
    before = {File(row["path"], row["bytes"], row["modified"]) for row in read.collect()}
    if not before or not before <= set(present):
        return None
    return [file.path for file in present if file not in before]


def note(lake: Lake, present: Mapping[str, Sequence[File]]) -> None:
    """All of these files, by source, are read, and documents are as they leave them."""
    rows = [
        source_files.TABLE.row(source=source, path=file.path, bytes=file.length, modified=file.modified)
        for source, files in present.items()
        for file in files
    ]
    lake.replace(source_files.TABLE, lake.spark.createDataFrame(rows, source_files.TABLE.schema))
    lake.read(documents.TABLE, or_empty=True)
