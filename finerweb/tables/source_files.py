"""The files of the sources that were read, so that what is added is read alone."""

from finerweb.table import Column, Table

TABLE = Table(
    name="source_files",
    comment="A file of a source whose records are all in documents or rejects.",
    key=("source", "path"),
    columns=(
        Column("source", "string", "the name of the source in the settings", nullable=False),
        Column("path", "string", "as Spark writes it", nullable=False),
        Column("bytes", "bigint", "its size when it was read", nullable=False),
        Column("modified", "string", "its time then", nullable=False),
    ),
    cluster=("source",),
)
