"""Have every annotator name the entities of the selected passages."""

from finerweb import job
from finerweb.asking import conversation, subjects
from finerweb.lake import Lake
from finerweb.settings import Settings


def main(lake: Lake, settings: Settings) -> None:
    """Have every annotator name the entities of the selected passages."""
    requests = subjects.requests("ner", subjects.read("ner", lake, settings), settings)
    conversation.answer_missing(lake, requests, how=settings.ask, tasks=settings.tasks)


if __name__ == "__main__":
    job.main(main)
