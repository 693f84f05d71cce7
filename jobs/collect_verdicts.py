"""Have a sample of the merged annotations judged."""

from finerweb import job
from finerweb.asking import conversation, subjects
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import verdicts


def main(lake: Lake, settings: Settings) -> None:
    """Have a sample of the merged annotations judged."""
    annotated = subjects.read("judge", lake, settings)
    requests = subjects.requests("judge", annotated, settings)
    conversation.answer_missing(lake, requests, how=settings.ask, tasks=settings.tasks)
    lake.replace(verdicts.TABLE, verdicts.collect(conversation.answers(lake, requests), annotated))


if __name__ == "__main__":
    job.main(main)
