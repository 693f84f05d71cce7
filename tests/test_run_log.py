"""What a run read and wrote, and things outside the lake by their keys."""

import json
import subprocess
from datetime import datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from finerweb import outside, plugins, settings
from finerweb.formats import release, releases
from finerweb.lake import Lake
from finerweb.outside.benchmark import Benchmark
from finerweb.outside.file import File
from finerweb.outside.model import Model
from finerweb.outside.release import Current
from finerweb.outside.source import Source
from finerweb.outside.texts import Texts
from finerweb.outside.vocabulary import Vocabulary
from finerweb.run_log import Outside, RunLog
from finerweb.running import code
from finerweb.running.runner import Runner
from finerweb.settings import Settings
from finerweb.tables import runs

ROOT = Path(__file__).parents[1]

MOON = '''
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Moon:
    """A phase in a file."""

    path: str

    @property
    def key(self):
        return f"moon:{self.path}"

    def state(self):
        return Path(self.path).read_text() if Path(self.path).is_file() else None


def find(name, *, settings, spark):
    return Moon(name)
'''


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    (tmp_path / "pages.jsonl").write_text(
        json.dumps({"id": "1", "text": "Olá 👍🏽", "language": "por"}), encoding="utf-8"
    )
    return settings.load("conf/test.yml", [f"work={tmp_path}", f"ingest.sources=[{tmp_path}/pages.jsonl]"])


def resources(spark: SparkSession, own: Settings, tmp_path: Path) -> list[Outside]:
    return [
        Benchmark(own.evaluate.benchmarks[0]),
        File(str(tmp_path / "a where b 👍🏽.html")),
        Model("moons", "champion"),
        Current(str(tmp_path / "set 👍🏽")),
        Source(spark, own.ingest.sources[0]),
        Texts(spark, str(tmp_path / "pages 👍🏽")),
        Vocabulary(str(tmp_path / "labels:1.csv")),
    ]


def test_everything_outside_is_found_again_by_its_key(spark: SparkSession, own: Settings, tmp_path: Path) -> None:
    kinds = plugins.names("finerweb.outside")
    every = resources(spark, own, tmp_path)
    assert [resource.key.partition(":")[0] for resource in every] == kinds
    for resource in every:
        kind, _, name = resource.key.partition(":")
        again = plugins.load("finerweb.outside", kind).find(name, settings=own, spark=spark)
        assert again == resource
        assert again.state() == resource.state()


def test_a_state_changes_with_its_thing_and_is_none_without_it(
    spark: SparkSession, own: Settings, tmp_path: Path
) -> None:
    _, file, _, current, source, _, vocabulary = resources(spark, own, tmp_path)
    (tmp_path / "labels:1.csv").write_text("label\n", encoding="utf-8")
    log = RunLog("publish")
    log.read(source, vocabulary)
    log.wrote(file)
    assert log.outputs == {file.key: "none"}
    (tmp_path / "labels:1.csv").write_text("label 👍🏽\n", encoding="utf-8")
    (tmp_path / "a where b 👍🏽.html").write_text("<p>", encoding="utf-8")
    (tmp_path / "pages.jsonl").write_text("{}", encoding="utf-8")
    draft = releases.draft(str(tmp_path / "set 👍🏽"))
    release.finish(draft.url, draft.name, "---\nx: y\n---\n", [])
    log.wrote(file, current)
    assert log.outputs == {file.key: "there", current.key: "000001"}
    assert list(log.inputs) == [source.key, vocabulary.key]
    assert all(log.inputs[resource.key] != resource.state() for resource in (source, vocabulary))
    elsewhere = own.model_copy(update={"ingest": own.ingest.model_copy(update={"sources": []})})
    find = plugins.load("finerweb.outside", "source").find
    assert find("pages", settings=elsewhere, spark=spark) is None


def test_a_new_kind_is_one_file_and_decides_whether_a_job_runs(
    lake: Lake, own: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kinds").mkdir()
    (tmp_path / "kinds" / "moon.py").write_text(MOON, encoding="utf-8")
    monkeypatch.setattr(outside, "__path__", [*outside.__path__, str(tmp_path / "kinds")])
    phase = tmp_path / "phase"
    phase.write_text("new 🌑")

    def job(mine: Lake, _: Settings) -> None:
        mine.log.read(plugins.load("finerweb.outside", "moon").Moon(str(phase)))
        mine.log.notes.append("looked up")

    first = Runner(lake, own).run("look_up", job)
    assert (first.is_current, first.notes) == (False, ("looked up",))
    assert Runner(lake, own).run("look_up", job).is_current
    phase.write_text("full 🌕")
    assert not Runner(lake, own).run("look_up", job).is_current
    assert [row["inputs"] for row in lake.read(runs.TABLE).orderBy("started").collect()] == [
        {f"moon:{phase}": "new 🌑"},
        {f"moon:{phase}": "full 🌕"},
    ]


def test_a_run_says_which_commit_it_is_of_and_another_one_is_no_reason_to_run_again(lake: Lake, own: Settings) -> None:
    def nothing(_: Lake, __: Settings) -> None:
        pass

    Runner(lake, own, commit="1234abcd").run("look_up", nothing)
    assert Runner(lake, own, commit="5678efab").run("look_up", nothing).is_current
    assert Runner(lake, own, commit="").run("look_up", nothing).is_current
    (row,) = lake.read(runs.TABLE).collect()
    assert row["code"] == f"{code.fingerprint('look_up')} 1234abcd"


def test_the_commit_of_a_checkout_is_known(lake: Lake, own: Settings) -> None:
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    if head.returncode:
        pytest.skip("no git checkout here")
    assert Runner(lake, own).commit.removesuffix("+") == head.stdout.strip()


def test_a_row_of_an_earlier_version_at_most_runs_its_job_again(lake: Lake, own: Settings, tmp_path: Path) -> None:
    """Keys as finerweb has written them since its first version, and one that it does not know any more."""
    page = tmp_path / "page.html"
    page.write_text("<p>", encoding="utf-8")
    source = Source(lake.spark, own.ingest.sources[0])
    run = {
        "run_id": "1",
        "job": "report",
        "seconds": 1.0,
        "settings": {},
        "code": code.fingerprint("report"),
        "inputs": {"source:pages": source.state(), "model:moons@champion": "none", "runs where job = 'a:b'": "0 rows"},
        "outputs": {f"file:{page}": "there"},
        "rows": {},
    }

    def nothing(_: Lake, __: Settings) -> None:
        pass

    for hour, (changed, is_current) in enumerate(
        [({}, True), ({"code": "older"}, False), ({"inputs": {"ghost:x": "1"}}, False)]
    ):
        lake.begin(f"upgrade {hour}")
        record = runs.TABLE.row(**{**run, "started": datetime(2026, 1, 2, hour), **changed})
        lake.append(runs.TABLE, lake.spark.createDataFrame([record], runs.TABLE.schema))
        assert Runner(lake, own).run("report", nothing).is_current == is_current
        lake.spark.sql(f"DELETE FROM {lake.name(runs.TABLE)}")
