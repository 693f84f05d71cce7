"""One Spark session for all tests, and the folder of real data where it is there."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from finerweb import job, settings
from finerweb.lake import Lake
from finerweb.settings import Settings

ROOT = Path(__file__).parent.parent
SHARED = Path(os.environ.get("FINERWEB_SHARED", ROOT.parent / "shared"))


@pytest.fixture(scope="session")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings of the tests, in a work folder of their own."""
    return settings.load("conf/test.yml", [f"work={tmp_path_factory.mktemp('work')}"])


@pytest.fixture(scope="session")
def spark(chosen: Settings) -> Iterator[SparkSession]:
    """A real session with Delta."""
    session, _ = job.session(chosen)
    yield session
    session.stop()


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> Lake:
    """An empty lake."""
    return Lake(spark, str(tmp_path / "lake"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real documents and human annotation; tests that need them are skipped where they are missing."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"no real data at {SHARED}/data (set FINERWEB_SHARED)")
    return SHARED
