"""The notebooks, run cell by cell on a small lake: they look, and show something; they are stored without outputs."""

import ast
from pathlib import Path

import pytest
from notebook_cells import NOTEBOOKS, shown
from pyspark.sql import SparkSession
from rows import put
from three_passages import THAI, fill

from finerweb import metrics, notebook, tables
from finerweb.errors import BadSettings
from finerweb.lake import Lake
from finerweb.report.views import VIEWS
from finerweb.tables import measures, scores, tags


@pytest.fixture(scope="module")
def folder(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A lake of three passages, measured, and scored by two versions of a regression."""
    lake = Lake(spark, str(tmp_path_factory.mktemp("notebooks") / "lake"))
    fill(lake)
    put(
        lake,
        scores.TABLE,
        *(
            {"passage_id": passage, "scorer": f"finerweb-scorer/{version}", "language": passage[0], "score": score}
            | {"scores": {"binary": score}}
            for version, values in ((9, (0.25, 0.5, 0.75)), (10, (0.5, 0.5, 0.25)))
            for passage, score in zip(("e/1#0", "e/2#0", "t/1#0"), values, strict=True)
        ),
    )
    tag = {"source": "passages", "student": "finerweb-student/1", "labels": ["city", "person"]}
    put(
        lake,
        tags.TABLE,
        {**tag, "passage_id": "e/1#0", "language": "eng", "entities": [(3, 6, "Ada", "person", 0.9)]},
        {
            **tag,
            "passage_id": "t/1#0",
            "language": "tha",
            "entities": [(0, 9, THAI, "city", 0.9)],
        },  # annotators: 2 to 9
    )
    lake.replace(
        measures.TABLE,
        measures.gather(*metrics.measure_all(lambda table, or_empty=False: lake.read(table, or_empty=True))),
    )
    return lake.location


def test_at_a_glance_shows_languages_kinds_losses_and_texts(folder: str) -> None:
    volume, kinds, losses, reasons, texts = shown("at_a_glance", LAKE=folder)
    assert ">eng<" in volume
    assert ">tha<" in volume
    assert ">nature<" in kinds
    assert "lost: absent" in losses
    assert '<tr><td class="" dir="auto">annotated</td>' in reasons
    assert '<mark class="c-person opens" data-label="person / river">Ada</mark>' in texts
    assert '<mark class="c-place opens" data-label="city">กรุงเทพ</mark>' in texts


def test_disagreements_shows_both_sides(folder: str) -> None:
    agreement, reasons, confused, cases = shown("disagreements", LAKE=folder)
    assert ">alone<" in agreement
    assert ">shorter<" in reasons
    assert "person / river" in confused
    assert ">Oslo Fjord<" in cases
    assert "👍🏽 Ada saw Oslo Fjord" in cases


def test_scorers_compares_the_last_two_versions(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    alike, figure, apart = shown("scorers", LAKE=folder)
    assert capsys.readouterr().out == "finerweb-scorer/9 and finerweb-scorer/10, of 2\n"
    assert ">correlation<" in alike
    assert figure == "Figure"
    first, second = apart.index("ไปกรุงเทพ"), apart.index("Ada saw")
    assert first < second  # they differ by .5 and by .25


def test_student_shows_figures_and_places(folder: str) -> None:
    figures, _, differences, _, cases = shown("student", LAKE=folder)
    assert "test · finerweb-student/1" in figures
    for outcome in ("same", "annotators alone", "student alone"):
        assert f">{outcome}<" in differences
    assert ">ไปกรุงเทพ<" in cases
    assert ">Ada<" not in cases  # it has the same label there


def test_spending_shows_what_was_paid_for_nothing(folder: str) -> None:
    models, cost, runs, problems = shown("spending", LAKE=folder)
    assert ">judge<" in models
    assert ">eng<" in cost
    assert ">r0<" in runs
    assert ">malformed<" in problems
    assert ">truncated<" in problems


def test_widgets_say_where_the_tables_are(spark: SparkSession, tmp_path: Path) -> None:
    spark.sql(f"CREATE SCHEMA looked_at LOCATION '{tmp_path}'")
    try:
        lake = Lake(spark, "looked_at")
        fill(lake)
        lake.define(VIEWS, tables.every())
        dbutils = Widgets(catalog="spark_catalog", schema="looked_at")
        models, *_ = shown("spending", dbutils=dbutils, LAKE="nowhere")
        assert ">judge<" in models
    finally:
        spark.sql("USE default")
        spark.sql("DROP SCHEMA looked_at CASCADE")


class Widgets:
    """Databricks' dbutils, as far as the notebooks use it: what a person chose."""

    def __init__(self, **chosen: str) -> None:
        self.chosen, self.widgets = chosen, self

    def text(self, name: str, default: str) -> None:
        assert name in self.chosen
        assert default

    def get(self, name: str) -> str:
        return self.chosen[name]


def test_a_notebook_without_a_place_says_what_is_wanted() -> None:
    with pytest.raises(BadSettings) as raised:
        notebook.opened()
    assert str(raised.value) == "no lake: found neither a schema nor a folder. Set SCHEMA, or LAKE, in the first cell"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_it_is_stored_without_outputs_and_asks_spark_for_sql_alone(name: str) -> None:
    cells = [cell for cell in NOTEBOOKS[name]["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells)
    source = "\n".join("".join(cell["source"]) for cell in cells)
    names = {node.attr for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)}
    assert names & {"sparkContext", "rdd", "toPandas", "write", "cache", "persist", "conf"} == set()


def test_numbers_texts_and_lists_are_written_as_people_read_them(spark: SparkSession) -> None:
    columns = "a_name string, n int, share double, of array<string>, nothing string"
    page = notebook.table(spark.createDataFrame([("<b>", 12345, 0.12345, ["x", "y"], None)], columns), "All")
    assert page.partition("<table>")[2] == (
        '<caption>All</caption><tr><th class="">a name</th><th class="n">n</th><th class="n">share</th>'
        '<th class="">of</th><th class="">nothing</th></tr><tr><td class="" dir="auto">&lt;b&gt;</td>'
        '<td class="n" dir="auto">12,345</td><td class="n" dir="auto">0.123</td><td class="" dir="auto">x, y</td>'
        '<td class="" dir="auto">–</td></tr></table></div>'
    )
