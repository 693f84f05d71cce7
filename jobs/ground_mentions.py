"""Find the mentions that the annotators named."""

from finerweb import asking, job
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import completions, mentions, passages, selection


def main(lake: Lake, settings: Settings) -> None:
    """Find the mentions that the annotators named."""
    annotators = asking.chosen(settings.model_specs, settings.annotators)
    chosen = selection.chosen(lake.read(selection.TABLE), lake.read(passages.TABLE))
    requested = asking.requests(
        completions.about(chosen, languages=settings.languages), question="ner", models=annotators
    )
    answers = asking.answers(lake, requested, question="ner")
    lake.replace(
        mentions.TABLE,
        mentions.ground(answers, chosen, languages=settings.languages, policy=settings.ground.policy),
    )


if __name__ == "__main__":
    job.main(main)
