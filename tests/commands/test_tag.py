"""`finerweb tag`: text in, JSON lines out; any line that has no text says why."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_lake import TEXTS, spans
from student_recipe import RECIPE

from finerweb.student import fitting, student
from finerweb.student.examples import Example
from finerweb.student.fitting import Data
from finerweb.text.spans import Entity


@pytest.fixture(scope="module")
def model(signed_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    examples = [
        Example(text, "eng", tuple(Entity(span["start"], span["end"], span["label"][0]) for span in spans(text)))
        for text in TEXTS
    ]
    data = Data(examples, examples)
    encoders = {"encoder": signed_encoder, "label_encoder": signed_encoder}
    work = tmp_path_factory.mktemp("tag")
    fitted = fitting.fit(data, **encoders, recipe=RECIPE, checkpoints=work, on_step=lambda done, total: None)
    folder = work / "model"
    student.save(fitted.finder, student.card_of(fitted, data, RECIPE, facts={}), folder, **encoders)
    return folder


def tag(*arguments: str, text: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "finerweb", "tag", *arguments]
    return subprocess.run(command, input=text, capture_output=True, check=False, env={**os.environ})


def test_texts_and_records_from_standard_input(model: Path) -> None:
    lines = b'x rich y\n{"id": "a", "text": "poor"}\n\n{"id": "b", "text": 1}\n\xff\n{"text": "y"}\n'
    done = tag("--model", str(model), text=lines)
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["id"] for record in records] == [1, "a", 4, 5, 6]
    (entity,) = records[0]["entities"]
    assert (entity["start"], entity["end"], entity["label"], entity["mention"]) == (2, 6, "x", "rich")
    assert [entity["label"] for entity in records[1]["entities"]] == ["y"]
    assert records[2] == {"id": 4, "problem": "found no text"}
    assert records[3] == {"id": 5, "problem": "found bytes that are not UTF-8"}
    assert records[4] == {"id": 6, "entities": []}
    assert done.returncode == 1
    assert b"line 4: found no text\nline 5: found bytes that are not UTF-8" in done.stderr


def test_files_labels_and_a_threshold(model: Path, tmp_path: Path) -> None:
    file = tmp_path / "texts.txt"
    file.write_text("rich poor\n")
    done = tag("--model", str(model), "--labels", "y", "--threshold", "0.05", str(file))
    (record,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert record["id"] == f"{file}:1"
    assert {entity["label"] for entity in record["entities"]} == {"y"}
    assert done.returncode == 0


def test_without_a_student_the_way_out_is_said(tmp_path: Path) -> None:
    done = tag("--set", f"work={tmp_path}", text=b"x")
    assert done.returncode == 1
    assert b"no model finerweb-student@challenger" in done.stderr
    assert done.stdout == b""
