"""A driver that asks about many passages, for the tests to kill: `python asking_driver.py WORK URL PASSAGES [KEY=VALUE ...]`.

It prints how many answers the table holds when it is done.
"""

import sys
from pathlib import Path

from cluster import SHORT_LIVED

from finerweb.asking import conversation
from finerweb.asking.conversation import Requests
from finerweb.lake import Lake
from finerweb.running.failures import failures, load_settings
from finerweb.running.session import opened
from finerweb.settings import Settings
from finerweb.tables import completions


def about(lake: Lake, settings: Settings, passages: int) -> Requests:
    texts = [
        (f"d{number}#0", "eng", f"Passage {number}: Amina Diallo went to Lake {number} with Ola Berg.")
        for number in range(passages)
    ]
    frame = lake.spark.createDataFrame(texts, "passage_id string, language string, text string")
    models = {"asked": settings.models["asked"]}
    return conversation.requests(frame, question="ner", models=models, languages=settings.languages)


def main(work: str, url: str, passages: int, overrides: list[str]) -> None:
    model = f"models.asked={{engine: openai, url: {url}, model: tiny, key_env: null, in_flight: 4, tasks: 1}}"
    java = f"spark={{spark.driver.extraJavaOptions: {SHORT_LIVED!r}}}"
    settings = load_settings("conf/test.yml", [f"work={work}", model, java, *overrides])
    with failures(Path(work) / "finerweb.log"), opened(settings) as lake:
        requests = about(lake, settings, passages)
        conversation.answer_missing(lake, requests, how=settings.ask, tasks=settings.tasks)
        print(lake.read(completions.TABLE).count())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:])
