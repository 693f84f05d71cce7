"""What a record is made of, whatever its source."""

from typing import cast

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from finerweb.settings import Source
from finerweb.tables.documents import RECORD

# A record's field -> the columns it may stand in, the first that is there.
COLUMNS = {
    "id": ["id", "document_id"],
    "text": ["text"],
    "language": ["language", "lang"],
    "script": ["language_script", "script"],
    "url": ["url"],
    "date": ["date"],
    "dump": ["dump"],
    "licence": ["licence", "license"],
    "language_score": ["language_score"],
}
NAMES = [name for names in COLUMNS.values() for name in names]
# These a folder's name can say too: lang=xx.
OF_FOLDERS = ("language", "script", "date", "dump", "licence")


def schema() -> StructType:
    """Of a record; needs a session, and so cannot be made at import."""
    return cast(StructType, StructType.fromDDL(RECORD))


def conform(rows: DataFrame, **columns: Column) -> DataFrame:
    """Rows as records: these columns, else those of the same name, else nothing."""
    return rows.select(
        *[
            columns.get(field.name, F.col(field.name) if field.name in rows.columns else F.lit(None))
            .try_cast(field.dataType)
            .alias(field.name)
            for field in schema()
        ]
    )


def defaulted(records: DataFrame, source: Source) -> DataFrame:
    """The source's language wins: its records give none, or another name for it (`en` in FineWeb)."""
    if source.language is None:
        return conform(records)
    return conform(records, language=F.lit(source.language), script=F.lit(None))
