"""Which jobs run again when the code has changed: those that it is behind."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from finerweb import graph

ROOT = Path(__file__).parents[2]
ELSEWHERE = "look_up"  # no file of jobs/: all code is behind it
JOBS = [*graph.order(), *graph.beside(), ELSEWHERE]
PRINT = f"import json; from finerweb.running import code; print(json.dumps([code.fingerprint(job) for job in {JOBS}]))"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the code, to be changed."""
    for folder in ("finerweb", "jobs"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def fingerprints(path: Path) -> list[str]:
    environment = os.environ | {"PYTHONPATH": str(path), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", PRINT], cwd=path.parent, env=environment, capture_output=True, text=True, check=True
    )
    return list(json.loads(done.stdout))


def test_only_what_the_code_is_behind_runs_again(project: Path) -> None:
    last = fingerprints(project)

    def changed(file: str, line: str = "NEW = 1") -> set[str]:
        nonlocal last
        path, before = project / file, last
        path.write_text(f"{path.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")
        last = fingerprints(project)
        return {job for job, *values in zip(JOBS, before, last, strict=True) if len(set(values)) > 1}

    reporting, plots = {"publish", "evaluate_student", "report"}, "finerweb/report/plots.py"
    template = str(next((project / "finerweb/report/templates").iterdir()).relative_to(project))
    assert changed(plots, "# A plot 📈 is worth a thousand words.") == set()
    assert changed(plots) == {*reporting, ELSEWHERE}
    assert changed(template) == {*reporting, ELSEWHERE}
    assert changed("jobs/split_passages.py") == {"split_passages"}
    assert changed("finerweb/metrics/volume.py") == {"measure", ELSEWHERE}, "found by its name"
    assert "ground_mentions" in changed("finerweb/questions/ner.py")
    assert changed("finerweb/engines/openai.py") == set(), "what it answers is kept under its own fingerprint"


def test_the_code_is_the_same_in_an_archive(tmp_path: Path) -> None:
    archive = tmp_path / "finerweb.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for folder, inside in (("finerweb", "finerweb"), ("jobs", "finerweb/jobs"), ("conf", "finerweb/conf")):
            for file in (ROOT / folder).rglob("*"):
                if file.is_file() and "__pycache__" not in file.parts:
                    packed.write(file, Path(inside) / file.relative_to(ROOT / folder))
    assert fingerprints(archive) == fingerprints(ROOT)
