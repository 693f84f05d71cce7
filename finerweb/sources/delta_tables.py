"""Tables that are not the lake's: a folder or URL of Delta, or whatever a metastore or Unity Catalog has by name."""

import uuid

from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import DataFrame, SparkSession

from finerweb.errors import BadSource
from finerweb.lake import history, sql


def sql_name(place: str) -> str:
    """How SQL calls it; parts of `catalog.schema.name` with signs in them are quoted, unless they are."""
    if "/" in place and "`" not in place:
        return f"delta.{sql.quoted(place)}"
    return place if "`" in place else sql.quoted(*place.split("."))


def read(spark: SparkSession, place: str) -> DataFrame:
    """The table; raises BadSource where Spark cannot read it."""
    try:
        return spark.read.table(sql_name(place))
    except AnalysisException as error:
        raise BadSource(
            f"table {place}",
            found=str(error).splitlines()[0],
            wanted="a folder or URL of a Delta table, or catalog.schema.name",
            way_out="see that the path is right, and that this user may read it",
        ) from error


def version(spark: SparkSession, place: str) -> object:
    """Of a Delta table the last version that changed it; of another table or a view its files, or never the same."""
    try:
        return str(history.read(spark, sql_name(place)).state)
    except PySparkException:
        return sorted(spark.read.table(sql_name(place)).inputFiles()) or uuid.uuid4()
