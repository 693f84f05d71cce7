"""Cut the annotated passages into sentences, in every variant of the data set."""

from finerweb import job
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import entities, examples, labels, mentions, passages, selection


def main(lake: Lake, settings: Settings) -> None:
    """Cut the annotated passages into sentences, in every variant of the data set."""
    annotations = examples.annotations(lake.read(entities.TABLE), lake.read(mentions.TABLE), lake.read(labels.TABLE))
    lake.replace(
        examples.TABLE,
        examples.build(
            annotations,
            selection.chosen(lake.read(selection.TABLE), lake.read(passages.TABLE)),
            annotators=settings.annotators,
            languages=settings.languages,
        ),
    )


if __name__ == "__main__":
    job.main(main)
