"""Volumes of Unity Catalog that the settings name: /Volumes/catalog/schema/volume, and folders in it."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping

from pyspark.sql import SparkSession

from finerweb.errors import NotMade
from finerweb.lake import sql
from finerweb.spark_errors import SPARK_ERRORS

VOLUME = re.compile(r"(?:[a-z]+:)?/+Volumes/([^/]+)/([^/]+)/([^/]+)")

Volume = tuple[str, str, str]  # catalogue, schema, name


def named(settings: object) -> set[Volume]:
    """The volumes in all texts of the settings."""
    return {match.groups() for text in _texts(settings) if (match := VOLUME.match(text))}  # type: ignore[misc]


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, str | os.PathLike):
        yield os.fspath(value)
    elif isinstance(value, Iterable):
        for inner in value:
            yield from _texts(inner)


def statements(volume: Volume) -> tuple[str, str]:
    """What makes a volume, and its schema before."""
    catalogue, schema, _ = volume
    return (
        f"CREATE SCHEMA IF NOT EXISTS {sql.quoted(catalogue, schema)}",
        f"CREATE VOLUME IF NOT EXISTS {sql.quoted(*volume)}",
    )


def ensure(spark: SparkSession, volumes: Iterable[Volume]) -> None:
    """Make the volumes that are not there; raises NotMade, with the statement for someone who may."""
    for volume in sorted(volumes):
        catalogue, schema, _ = volume
        if os.path.isdir("/".join(["/Volumes", *volume])):
            continue
        for_schema, statement = statements(volume)
        is_there = spark.catalog.databaseExists(sql.quoted(catalogue, schema))
        for step in [statement] if is_there else [for_schema, statement]:
            try:
                spark.sql(step)
            except SPARK_ERRORS as error:
                raise NotMade(
                    f"volume {'.'.join(volume)}",
                    found=f"none that this user sees, and it cannot be made: {str(error).splitlines()[0]}",
                    way_out=f"have it made by someone who may ({step}), and be given READ VOLUME and WRITE VOLUME",
                ) from error
