"""A job file as a program: it fails as `finerweb run` does, with a message; a bug keeps its stack."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from finerweb import job
from finerweb.lake import Lake
from finerweb.settings import Settings

ROOT = Path(__file__).parents[2]


def test_a_missing_source_is_a_message_and_an_exit_status(tmp_path: Path) -> None:
    missing, work = tmp_path / "pages.jsonl", tmp_path / "work"
    sets = [f"work={work}", f"ingest.sources=[{missing}]"]
    done = subprocess.run(
        [sys.executable, "jobs/ingest_documents.py", "--conf", "conf/test.yml", *(f"--set={text}" for text in sets)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    message, log = (line for line in done.stderr.splitlines() if line.strip())
    assert message.startswith(f"finerweb: BadSource: source pages: cannot read {missing} as jsonl: [PATH_NOT_FOUND]")
    assert log == f"The whole of it is in {work / 'finerweb.log'}"
    assert "Traceback (most recent call last)" in (work / "finerweb.log").read_text(encoding="utf-8")


def test_a_bug_shows_its_stack(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(lake: Lake, settings: Settings) -> None:
        """A job with a misspelt word."""
        raise KeyError("languge")

    argv = ["jobs/ingest_documents.py", "--conf", "conf/test.yml", "--set", f"work={tmp_path}"]
    monkeypatch.setattr(sys, "argv", argv)
    with pytest.raises(KeyError, match="languge"):
        job.main(broken)
    assert "finerweb:" not in capsys.readouterr().err
    assert not (tmp_path / "finerweb.log").exists()


def test_a_bad_setting_stops_before_any_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["jobs/split_passages.py", "--set", "split.max_word=3"])
    with pytest.raises(SystemExit) as ended:
        job.main(lambda lake, settings: None)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("finerweb: --set split.max_word=3: split.max_word is not a setting.")
