"""A lake, a spool and a data set in an S3 API on loopback, by the preset that ships: `s3a://` for Spark and for Python."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import s3

from finerweb import storage
from finerweb.encoders import pretrained
from finerweb.running.session import require_java

ROOT = Path(__file__).parents[2]
JOBS = ("ingest_documents", "split_passages", "collect_ratings")

DRIVER = f"""
import json, sys
from finerweb import graph
from finerweb.running.failures import load_settings
from finerweb.running.runner import Runner, line
from finerweb.running.session import opened

chosen = load_settings("conf/s3.yml", json.loads(sys.argv[1]))
with opened(chosen) as lake:
    for name in {(*JOBS, JOBS[0])}:
        print(line(Runner(lake, chosen).run(name, graph.load(name).main)), flush=True)
"""


@pytest.mark.cluster
def test_jobs_keep_their_tables_and_answers_in_s3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_java()
    encoder = pretrained.fetch(pretrained.Encoder("minilm"), tmp_path)
    with s3.served("bucket") as variables:
        for name, value in {**variables, "AWS_REGION": "us-east-1"}.items():
            monkeypatch.setenv(name, value)
        spark = f"{{spark.hadoop.fs.s3a.endpoint: '{variables['AWS_ENDPOINT_URL_S3']}', spark.ui.enabled: 'false'}}"
        pages = tmp_path / "pages.jsonl"
        pages.write_text('{"id": "p", "text": "Ola Berg went to the city of Bergen by boat.", "language": "eng"}\n')
        system, place = storage.place("s3a://bucket/in/pages.jsonl")
        system.put_file(str(pages), place)
        overrides = [
            f"work={tmp_path}/work",
            f"spark={spark}",
            "spark={spark.hadoop.fs.s3a.path.style.access: 'true', spark.databricks.delta.snapshotPartitions: '1'}",
            "tasks=2",
            "ingest.sources=[s3a://bucket/in/pages.jsonl]",
            f"train.encoder={{source: folder, name: {encoder}}}",
        ]
        command = [sys.executable, "-c", DRIVER, json.dumps(overrides)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False)
        assert done.returncode == 0, done.stderr[-4000:]
        lines = [line.split(" · ")[0].split() for line in done.stdout.splitlines()]
        system.invalidate_cache()
        tables = {name.split("/")[3] for name in system.find("bucket/finerweb/lake") if "/_delta_log/" in name}
    assert [(name, *rest[:2]) for name, *rest in lines] == [
        ("ingest_documents", "1", "documents"),
        ("split_passages", "1", "passages"),
        ("collect_ratings", "1", "completions"),
        ("ingest_documents", "nothing", "to"),
    ]
    assert {"documents", "passages", "completions", "ratings", "runs"} <= tables
    assert not list(tmp_path.rglob("_delta_log")), "nothing is on the disk"
