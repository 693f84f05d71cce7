"""Find the mentions that the annotators named."""

from finerweb import graph, job
from finerweb.asking import conversation
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import mentions, passages, selection


def main(lake: Lake, settings: Settings) -> None:
    """Find the mentions that the annotators named."""
    answers = conversation.answers(lake, graph.load("annotate").requests(lake, settings))
    chosen = selection.chosen(lake.read(selection.TABLE), lake.read(passages.TABLE))
    lake.replace(
        mentions.TABLE,
        mentions.ground(answers, chosen, languages=settings.languages, policy=settings.ground.policy),
    )


if __name__ == "__main__":
    job.main(main)
