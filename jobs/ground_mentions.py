"""Find the mentions that the annotators named."""

from finerweb import job
from finerweb.asking import conversation, subjects
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import mentions


def main(lake: Lake, settings: Settings) -> None:
    """Find the mentions that the annotators named."""
    changed = lake.changed()
    selected = subjects.read("ner", changed, settings)
    answers = conversation.answers(changed, subjects.requests("ner", selected, settings))
    changed.replace(
        mentions.TABLE,
        mentions.ground(answers, selected, languages=settings.languages, policy=settings.ground.policy),
    )


if __name__ == "__main__":
    job.main(main)
