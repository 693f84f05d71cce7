"""Cut the annotated passages into sentences, in every variant of the data set."""

from finerweb import job
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import entities, examples, labels, mentions, passages, selection


def main(lake: Lake, settings: Settings) -> None:
    """Cut the annotated passages into sentences, in every variant of the data set."""
    changed = lake.changed()
    annotations = examples.annotations(
        changed.read(entities.TABLE), changed.read(mentions.TABLE), changed.read(labels.TABLE)
    )
    changed.replace(
        examples.TABLE,
        examples.build(
            annotations,
            selection.chosen(changed.read(selection.TABLE), changed.read(passages.TABLE)),
            annotators=settings.annotators,
            languages=settings.languages,
        ),
    )


if __name__ == "__main__":
    job.main(main)
