"""A driver for a question that finerweb does not have: `python question_driver.py WORK QUESTION ANSWER`.

It prints, as JSON, the plan's lines before and after, and the answers: subject, model, answer, problem.
"""

import json
import sys
from typing import Any

from cluster import SHORT_LIVED
from rows import put

from finerweb.asking import conversation, subjects
from finerweb.commands.plan import plan
from finerweb.lake import Lake
from finerweb.running.failures import load_settings
from finerweb.running.session import opened
from finerweb.settings import Settings
from finerweb.tables import completions, passages, selection

TEXTS = {"d#0": "👩🏽\u200d🚀 in Cairo, at last!", "d#1": "Rain again.", "d#2": "not selected"}


def fill(lake: Lake) -> None:
    for table, more in ((passages.TABLE, _passage), (selection.TABLE, _selected)):
        put(lake, table, *[{"passage_id": name, "language": "eng", **more(name)} for name in TEXTS])


def _passage(name: str) -> dict[str, Any]:
    return {"text": TEXTS[name], "end": len(TEXTS[name]), "subwords": 5}


def _selected(name: str) -> dict[str, Any]:
    is_selected = name != "d#2"
    return {"is_selected": is_selected, **({"rank": 1} if is_selected else {"problem": "quota_full"})}


def planned(lake: Lake, settings: Settings) -> list[dict[str, Any]]:
    return [line._asdict() for line in plan(lake, settings)]


def main(work: str, question: str, answer: str) -> None:
    script = {"engine": "fake", "answers": {question: answer}, "by_text": {"Rain": "👍🏽"}}
    overrides = [
        f"work={work}",
        f"models.scripted={json.dumps(script, ensure_ascii=False)}",
        "annotate.annotators=[scripted]",
    ]
    java = f"spark={{spark.driver.extraJavaOptions: {SHORT_LIVED!r}}}"
    settings = load_settings("conf/test.yml", [*overrides, java, "ask.attempts=1"])
    with opened(settings) as lake:
        fill(lake)
        before = planned(lake, settings)
        requests = subjects.requests(question, subjects.read(question, lake, settings), settings)
        conversation.answer_missing(lake, requests, how=settings.ask, tasks=settings.tasks)
        columns = ["question", "subject_id", "model", "answer", "problem"]
        answers = [
            row.asDict() for row in lake.read(completions.TABLE).select(*columns).orderBy("subject_id").collect()
        ]
        print(json.dumps({"before": before, "after": planned(lake, settings), "answers": answers}))


if __name__ == "__main__":
    main(*sys.argv[1:])
