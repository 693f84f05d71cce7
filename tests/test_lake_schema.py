"""A lake in a catalogue's schema, as on a metastore: the same as one in a folder."""

from collections.abc import Iterator

import pytest
from pyspark.sql import Row, SparkSession

from finerweb.errors import WrongTable
from finerweb.lake import Lake
from finerweb.tables import near_duplicates
from finerweb.tables.near_duplicates import TABLE

SCHEMA = "passage_id string, language string, duplicate_of string"


@pytest.fixture
def catalogued(spark: SparkSession) -> Iterator[Lake]:
    spark.sql("CREATE SCHEMA lake_test")
    yield Lake(spark, "lake_test")
    spark.sql("DROP SCHEMA lake_test CASCADE")


def test_tables_of_a_schema_are_written_read_and_travelled(spark: SparkSession, catalogued: Lake) -> None:
    assert not catalogued.exists(TABLE)
    with pytest.raises(WrongTable, match="table near_duplicates: nothing at lake_test.near_duplicates"):
        catalogued.read(TABLE)
    first = spark.createDataFrame([("b", "tha", "a")], SCHEMA)
    assert catalogued.append(TABLE, first) == 1
    version = catalogued.version(TABLE)
    both = spark.createDataFrame([("b", "tha", "a"), ("c", "tha", "a")], SCHEMA)
    assert catalogued.append(TABLE, catalogued.missing(TABLE, both)) == 1
    wanted = Row(passage_id="b", language="tha", duplicate_of="a")
    assert catalogued.read(TABLE, version=version).collect() == [wanted]
    assert spark.sql("SELECT count(*) FROM lake_test.near_duplicates").collect()[0][0] == 2
    assert catalogued.replace(TABLE, first) == 1
    assert catalogued.read(near_duplicates.TABLE).collect() == [wanted]
