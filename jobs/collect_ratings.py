"""Have a sample of the passages rated for usefulness."""

from finerweb import job
from finerweb.asking import conversation, subjects
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import passages, ratings


def main(lake: Lake, settings: Settings) -> None:
    """Have a sample of the passages rated for usefulness."""
    requests = subjects.requests("usefulness", subjects.read("usefulness", lake, settings), settings)
    conversation.answer_missing(lake, requests, how=settings.ask, tasks=settings.tasks)
    lake.replace(ratings.TABLE, ratings.collect(conversation.answers(lake, requests), lake.read(passages.TABLE)))


if __name__ == "__main__":
    job.main(main)
