"""`finerweb`, as a person types it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from finerweb import commands, graph, plugins
from finerweb.__main__ import app
from finerweb.errors import NotInstalled
from finerweb.running.session import require_java


def finerweb(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "finerweb", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=cwd, env={**os.environ, **environment}, check=False, timeout=300
    )


def test_a_new_command_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "greet.py").write_text(
        "from finerweb.commands._terminal import LOCAL, Conf, configured, tell\n\n\n"
        "def main(name: str, conf: Conf = LOCAL) -> None:\n"
        '    """Greet somebody 👋🏽."""\n'
        "    with configured(conf, []) as settings:\n"
        '        tell(f"Hello {name}, this is {settings.publish.name}")\n',
        encoding="utf-8",
    )
    assert CliRunner().invoke(app, ["greet", "Ada"]).exit_code == 2
    monkeypatch.setattr(commands, "__path__", [*commands.__path__, str(tmp_path)])
    assert "Greet somebody 👋🏽." in CliRunner().invoke(app, ["--help"]).output
    result = CliRunner().invoke(app, ["greet", "Ada", "--conf", "conf/test.yml"])
    assert (result.exit_code, result.stderr) == (0, "Hello Ada, this is finerweb\n")


def test_a_misspelt_command_is_told_from_the_others() -> None:
    result = CliRunner().invoke(app, ["retri"])
    assert result.exit_code == 2
    assert "No command retri. Did you mean 'retry'?" in " ".join(result.stderr.replace("│", " ").split())


def test_the_list_of_commands_has_every_sentence_and_imports_none_of_them(tmp_path: Path) -> None:
    code = (
        "import atexit, sys\n"
        "atexit.register(lambda: print('imported:', *sorted(sys.modules)))\n"
        "from finerweb.__main__ import app\n"
        "app(['--help'])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    shown, imported = result.stdout.split("imported:")
    words = " ".join(shown.replace("│", " ").split())
    names = plugins.names("finerweb.commands")
    assert {"run", "plan", "sql", "retry", "push"} <= set(names)
    assert not set(names) & set(graph.order())
    for sentence in [plugins.sentence("finerweb.commands", name, "main") for name in names]:
        assert sentence.endswith(".")
        assert sentence in words
    for job_name in [*graph.order(), *graph.beside()]:
        assert f"{job_name} {graph.describe(job_name)}" in words
    heavy = {"torch", "mlflow", "datasets", "pandas", "pyspark", "finerweb.lake", "finerweb.commands.run"}
    assert heavy & set(imported.split()) == set()


@pytest.mark.parametrize("name", [*plugins.names("finerweb.commands"), *graph.order(), *graph.beside()])
def test_every_command_explains_its_options(name: str) -> None:
    result = CliRunner().invoke(app, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert f"Usage: root {name} " in result.output
    assert "--conf" in result.output


def test_a_misspelt_setting_stops_the_run_before_any_work(tmp_path: Path) -> None:
    result = finerweb("run", "--set", "select.per_langauge=3", cwd=tmp_path)
    assert result.returncode == 2
    assert result.stderr.strip() == (
        "finerweb: --set select.per_langauge=3: select.per_langauge is not a setting. "
        "Did you mean 'per_language'? There are: per_language, threshold"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_missing_java_is_named_with_the_way_out(tmp_path: Path) -> None:
    result = finerweb("ingest_documents", cwd=tmp_path, JAVA_HOME=str(tmp_path / "nowhere"))
    assert result.returncode == 1
    assert "Spark needs Java: found none at JAVA_HOME=" in result.stderr
    assert "wanted Java 17 or newer. Install a JDK, or set JAVA_HOME to one" in result.stderr


def test_an_old_java_is_named_with_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(NotInstalled, match=r"found version 11 at .*, wanted Java 17 or newer"):
        require_java()


def test_a_job_whose_tables_are_not_there_says_which_and_leaves_a_log(tmp_path: Path) -> None:
    result = finerweb("merge_entities", "--conf", "conf/test.yml", cwd=tmp_path)
    assert result.returncode == 1
    assert "finerweb: WrongTable: table mentions: nothing at" in result.stderr
    assert "run the job that writes it first (finerweb run)" in result.stderr
    assert "Traceback" not in result.stderr
    assert "Traceback" in (tmp_path / "work" / "finerweb.log").read_text()


def test_bad_records_become_rows_and_the_run_goes_on(tmp_path: Path) -> None:
    (tmp_path / "pages.jsonl").write_bytes(
        b'{"id": "1", "text": "Ol\xc3\xa1, Lisboa.", "language": "por"}\n'
        b'{"id": "2", "text": \n'
        b'{"id": "3", "text": "\xff\xfe", "language": "por"}\n'
    )
    result = finerweb(
        "ingest_documents", "--conf", "conf/test.yml", "--set", "ingest.sources=[pages.jsonl]", cwd=tmp_path
    )
    assert result.returncode == 0, result.stderr
    assert "1 documents · 2 rejects" in result.stderr
    assert "1 malformed_json" in result.stderr
    assert "1 invalid_utf8" in result.stderr
