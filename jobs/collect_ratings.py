"""Have a sample of the passages rated for usefulness."""

from finerweb import job
from finerweb.asking import conversation
from finerweb.asking.conversation import Requests
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import completions, near_duplicates, passages, ratings


def requests(lake: Lake, settings: Settings) -> Requests:
    """A sample of the passages, to every rater."""
    copies = lake.read(near_duplicates.TABLE)
    # A copy among the test passages of what was learned from would flatter the regression.
    once = lake.read(passages.TABLE).join(copies, on="passage_id", how="left_anti")
    sample = passages.sample(once, per_language=settings.rate.per_language)
    about = completions.about(sample, languages=settings.languages)
    raters = conversation.chosen(settings.models, settings.rate.raters)
    return conversation.requests(about, question="usefulness", models=raters)


def main(lake: Lake, settings: Settings) -> None:
    """Have a sample of the passages rated for usefulness."""
    asked = requests(lake, settings)
    conversation.answer_missing(lake, asked, how=settings.ask, budget=settings.rate.budget, tasks=settings.tasks)
    lake.replace(ratings.TABLE, ratings.collect(conversation.answers(lake, asked), lake.read(passages.TABLE)))


if __name__ == "__main__":
    job.main(main)
