"""Have every annotator name the entities of the selected passages."""

from finerweb import job
from finerweb.asking import conversation
from finerweb.asking.conversation import Requests
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import completions, passages, selection


def requests(lake: Lake, settings: Settings) -> Requests:
    """Every selected passage, to every annotator."""
    chosen = selection.chosen(lake.read(selection.TABLE), lake.read(passages.TABLE))
    about = completions.about(chosen, languages=settings.languages)
    return conversation.requests(
        about, question="ner", models=conversation.chosen(settings.models, settings.annotators)
    )


def main(lake: Lake, settings: Settings) -> None:
    """Have every annotator name the entities of the selected passages."""
    asked = requests(lake, settings)
    conversation.answer_missing(lake, asked, how=settings.ask, budget=settings.annotate.budget, tasks=settings.tasks)


if __name__ == "__main__":
    job.main(main)
