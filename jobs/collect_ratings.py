"""Have a sample of the passages rated for usefulness."""

from finerweb import asking, job
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import completions, passages, ratings


def main(lake: Lake, settings: Settings) -> None:
    """Have a sample of the passages rated for usefulness."""
    raters = asking.chosen(settings.model_specs, settings.rate.raters)
    sample = passages.sample(lake.read(passages.TABLE), per_language=settings.rate.per_language)
    requested = asking.requests(
        completions.about(sample, languages=settings.languages), question="usefulness", models=raters
    )
    asking.answer_missing(
        lake,
        requested,
        question="usefulness",
        models=raters,
        how=settings.ask,
        budget=settings.rate.budget.budget,
        tasks=settings.tasks,
    )
    lake.replace(ratings.TABLE, ratings.collect(asking.answers(lake, requested, question="usefulness"), sample))


if __name__ == "__main__":
    job.main(main)
