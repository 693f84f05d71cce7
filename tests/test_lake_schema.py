"""A lake in a catalogue's schema, as on a metastore: the same as one in a folder."""

from collections.abc import Iterator

import pytest
from pyspark.sql import Row, SparkSession

from finerweb.errors import NotMade, WrongTable
from finerweb.lake import Lake, volumes
from finerweb.tables.near_duplicates import TABLE

SCHEMA = "passage_id string, language string, duplicate_of string"


@pytest.fixture(params=["lake_test", "spark_catalog.lake_test"])
def catalogued(request: pytest.FixtureRequest, spark: SparkSession) -> Iterator[Lake]:
    """A lake in a schema that nobody has made yet."""
    yield Lake(spark, request.param)
    spark.sql("DROP SCHEMA IF EXISTS lake_test CASCADE")


def test_tables_of_a_schema_are_written_read_and_travelled(spark: SparkSession, catalogued: Lake) -> None:
    assert not catalogued.exists(TABLE)
    with pytest.raises(WrongTable, match=f"table near_duplicates: nothing at {catalogued.location}.near_duplicates"):
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
    assert Lake(spark, catalogued.location).read(TABLE).collect() == [wanted]  # of the same contract still


def test_a_schema_that_cannot_be_made_is_named_with_what_makes_it(spark: SparkSession) -> None:
    with pytest.raises(NotMade) as refused:
        Lake(spark, "lake-test").create(TABLE)
    text = str(refused.value)
    assert text.startswith(
        "schema lake-test: found none, and it cannot be made: [INVALID_SCHEMA_OR_RELATION_NAME] `lake-test` is not a "
        "valid name"
    )
    assert text.endswith(
        ". Have it made by someone who may (CREATE SCHEMA IF NOT EXISTS `lake-test`), or name another "
        "(--set lake.location=...)"
    )


def test_a_volume_that_cannot_be_made_is_named_with_what_makes_it(spark: SparkSession) -> None:
    """Spark's own catalogue has no volumes."""
    with pytest.raises(NotMade) as refused:
        volumes.ensure(spark, {("spark_catalog", "default", "spool")})
    text = str(refused.value)
    assert text.startswith(
        "volume spark_catalog.default.spool: found none that this user sees, and it cannot be made: "
    )
    assert text.endswith(
        ". Have it made by someone who may (CREATE VOLUME IF NOT EXISTS `spark_catalog`.`default`.`spool`), and be given "
        "READ VOLUME and WRITE VOLUME"
    )
