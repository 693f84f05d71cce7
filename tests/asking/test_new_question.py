"""A question is one file: whoever adds one touches nothing else."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

MOOD = '''
"""In which mood is a passage?"""

from finerweb.questions._reader import Reading, read

JOB = "annotate"
MODELS = "annotators"
BUDGET = "annotate.budget"
SUBJECTS = "selected_passages"
SUBJECT_ID = "passage_id"
PAYLOAD = ("text", "language")

PROMPT = 'In which mood was this written? Answer with {"mood": "..."}.'
SCHEMA = {
    "type": "object",
    "properties": {"mood": {"type": "string", "maxLength": 20}},
    "required": ["mood"],
    "additionalProperties": False,
}
TOKENS_OUT = 7


def prompt(payload):
    return f"Language: {payload['language']}\\nPassage:\\n{payload['text']}"


def shape(value):
    return Reading(value["mood"]) if isinstance(value, dict) and isinstance(value.get("mood"), str) else None


def parse(answer):
    return read(answer, shape, "mood")


def doubt(content, payload):
    return None
'''


def test_a_question_is_one_file(tmp_path: Path) -> None:
    house = tmp_path / "house"
    for part in ("finerweb", "conf", "jobs"):
        shutil.copytree(ROOT / part, house / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "databricks.yml", house)
    (house / "finerweb" / "questions" / "mood.py").write_text(MOOD, encoding="utf-8")

    driver = ROOT / "tests" / "support" / "question_driver.py"
    command = [sys.executable, str(driver), str(tmp_path / "work"), "mood", '{"mood": "joyful"}']
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(house)}, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    printed = json.loads(done.stdout.splitlines()[-1])
    assert printed["answers"] == [
        {"question": "mood", "subject_id": "d#0", "model": "scripted", "answer": '{"mood": "joyful"}', "problem": None},
        {"question": "mood", "subject_id": "d#1", "model": "scripted", "answer": "👍🏽", "problem": "malformed"},
    ]
    mood, ner = (
        [(line["job"], line["model"], line["requests"], line["tokens_out"]) for line in printed[when]]
        for when in ("before", "after")
    )
    assert mood == [("annotate", "scripted", 2, 14), ("annotate", "scripted", 2, 800)]
    assert ner == [("annotate", "scripted", 0, 0), ("annotate", "scripted", 2, 800)]
