"""The examples of docs/library.md, as they stand there: first the plain ones, then those that need Spark."""

import doctest
import tempfile
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

PAGE = Path(__file__).parents[1] / "docs" / "library.md"
PLAIN, SPARK = PAGE.read_text(encoding="utf-8").split("\n## With Spark\n")


def failures(examples: str, start: int = 0) -> str:
    """Runs the examples one after another; what differs from the page, as doctest reports it."""
    # A fence ends an example's output as an empty line would.
    plain = "\n".join("" if line.startswith("```") else line for line in examples.split("\n"))
    test = doctest.DocTestParser().get_doctest(plain, {}, PAGE.name, str(PAGE), start)
    reports: list[str] = []
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    result = runner.run(test, out=reports.append)
    assert result.attempted == examples.count("\n>>> ") > 0
    return "".join(reports)


def test_the_plain_examples_give_what_the_page_says() -> None:
    assert failures(PLAIN) == ""


def test_the_examples_with_spark_give_what_the_page_says(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert failures(SPARK, PLAIN.count("\n") + 2) == ""


def test_an_example_that_gives_something_else_is_a_failure() -> None:
    assert "Expected:\n    3\nGot:\n    2\n" in failures("\n>>> 1 + 1\n3\n")
