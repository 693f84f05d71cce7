"""The views in other engines: the same rows as in Spark, from files that are made from the views."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import generated
import pytest
from pyspark.sql import SparkSession
from three_passages import fill

from finerweb import tables
from finerweb.errors import UnknownName
from finerweb.lake import Lake
from finerweb.report import scripts
from finerweb.report.views import VIEWS

PAGE = Path(__file__).parents[2] / "docs" / "sql.md"
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def lake(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake of three passages, with the views defined over it."""
    lake = Lake(spark, str(tmp_path_factory.mktemp("dialects") / "lake"))
    fill(lake)
    lake.define(VIEWS, tables.every())
    return lake


@pytest.fixture(scope="module")
def duck(lake: Lake) -> Iterator[Any]:
    """DuckDB with the lake's tables as delta-rs reads them: its own extension is fetched from a server."""
    duckdb = pytest.importorskip("duckdb", reason="DuckDB comes with the extra dev")
    deltalake = pytest.importorskip("deltalake", reason="delta-rs comes with the extra dev")
    connection = duckdb.connect()
    for name, place in places(lake).items():
        connection.register(name, deltalake.DeltaTable(place).to_pyarrow_dataset())
    for statement in scripts.views("duckdb", set(places(lake))):
        connection.execute(statement)
    yield connection
    connection.close()


def places(lake: Lake) -> dict[str, str]:
    return {table.name: lake.place(table) for table in tables.every() if lake.exists(table)}


def plain(value: Any) -> Any:
    """A value as every engine would give it: times without a zone."""
    return value.astimezone().replace(tzinfo=None) if isinstance(value, datetime) and value.tzinfo else value


def rows(spark: SparkSession, query: str) -> list[tuple[Any, ...]]:
    return [tuple(map(plain, row)) for row in spark.sql(query).collect()]


@pytest.mark.parametrize("view", VIEWS)
def test_duckdb_gives_the_rows_that_spark_gives(spark: SparkSession, lake: Lake, duck: Any, view: str) -> None:
    answer = duck.execute(f"SELECT * FROM {view}")
    columns = [column[0] for column in answer.description]
    got = [tuple(map(plain, row)) for row in answer.fetchall()]
    assert columns == spark.table(view).columns
    assert sorted(got, key=str) == sorted(rows(spark, f"SELECT * FROM {view}"), key=str)
    assert got


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: " ".join(query.split())[:40])
def test_duckdb_answers_the_page_word_for_word(spark: SparkSession, lake: Lake, duck: Any, query: str) -> None:
    got = [tuple(map(plain, row)) for row in duck.execute(query).fetchall()]
    assert got == rows(spark, query)


def test_spark_runs_its_own_script(spark: SparkSession, lake: Lake) -> None:
    other = spark.newSession()
    for statement in scripts.script(lake, "spark").split(";\n"):
        if statement.strip():
            other.sql(statement)
    assert [tuple(row) for row in other.sql("SELECT mention FROM frequent_mentions WHERE rank = 1").collect()] == [
        ("Rome",),
        ("กรุงเทพ",),
    ]


# The others unnest, or sort a list, which Polars' SQL cannot.
POLARS = ("ledger", "problems", "retention_by_reason", "provenance", "cost_per_passage", "benchmark_figures")


@pytest.mark.parametrize("view", POLARS)
def test_polars_gives_the_rows_that_spark_gives(spark: SparkSession, lake: Lake, view: str) -> None:
    polars = pytest.importorskip("polars", reason="Polars comes with the extra dev")
    context = polars.SQLContext({name: polars.read_delta(place) for name, place in places(lake).items()})
    [statement] = [text for text in scripts.views("duckdb", set(places(lake))) if f" {view} AS\n" in text]
    query = statement.partition(" AS\n")[2].rstrip().rstrip(";")
    got = [tuple(map(plain, row)) for row in context.execute(query, eager=True).rows()]
    assert sorted(got, key=str) == sorted(rows(spark, f"SELECT * FROM {view}"), key=str)


def test_polars_has_the_views_through_duckdb(duck: Any) -> None:
    pytest.importorskip("polars", reason="Polars comes with the extra dev")
    frame = duck.sql("SELECT mention, entities FROM frequent_mentions WHERE rank = 1 ORDER BY language").pl()
    assert frame.rows() == [("Rome", 2), ("กรุงเทพ", 1)]


@pytest.mark.parametrize("query", [*QUERIES, *scripts.views("trino", {table.name for table in tables.every()})])
def test_trinos_grammar_takes_the_page_and_the_views(query: str) -> None:
    """There is no Trino here: its grammar is sqlglot's."""
    sqlglot = pytest.importorskip("sqlglot", reason="sqlglot comes with the extra dev")
    assert len(sqlglot.parse(query, read="trino", error_level=sqlglot.ErrorLevel.RAISE)) == 1


@pytest.mark.parametrize("dialect", ["duckdb", "trino"])
def test_a_dialects_file_is_what_sqlglot_makes_of_the_views(dialect: str) -> None:
    pytest.importorskip("sqlglot", reason="sqlglot comes with the extra dev")
    path = generated.DIALECTS / f"{dialect}.sql"
    assert path.read_text(encoding="utf-8") == generated.dialect(dialect), "old: run make docs"


def test_a_script_names_the_tables_that_are_there(lake: Lake) -> None:
    script = scripts.script(lake, "duckdb")
    assert script.startswith("INSTALL delta;\nLOAD delta;\n\nCREATE OR REPLACE VIEW completions AS SELECT * FROM")
    assert f"CREATE OR REPLACE VIEW tags AS SELECT * FROM delta_scan('{lake.location}/tags');\n" in script
    assert "audits" not in script  # a table that is not there
    assert re.findall(r"^CREATE OR REPLACE VIEW (\w+) AS$", script, re.MULTILINE) == list(VIEWS)


def test_a_view_whose_table_is_missing_is_left_out(spark: SparkSession, tmp_path: Path) -> None:
    assert scripts.script(Lake(spark, str(tmp_path / "empty")), "spark") == ""


def test_a_store_is_named_as_others_name_it() -> None:
    assert scripts.outside("s3a://bucket/lake/entities") == "s3://bucket/lake/entities"
    assert scripts.outside("abfss://c@a.dfs.core.windows.net/lake") == "abfss://c@a.dfs.core.windows.net/lake"
    assert scripts.outside("work/lake/tags") == str(Path("work/lake/tags").absolute())
    assert (
        scripts.outside("file:/shared/lake/tags") == scripts.outside("file:///shared/lake/tags") == "/shared/lake/tags"
    )


def test_another_dialect_is_refused_by_name(lake: Lake) -> None:
    with pytest.raises(UnknownName) as raised:
        scripts.script(lake, "trinno")
    assert str(raised.value) == "no dialect trinno; there are: duckdb, spark, trino. Did you mean 'trino'?"
