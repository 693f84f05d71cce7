"""Keep the spans that the annotators agree on, and who said so."""

from finerweb import job, shipping
from finerweb.encoders import pretrained
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import entities, mentions, passages, reliabilities, similarities


def main(lake: Lake, settings: Settings) -> None:
    """Keep the spans that the annotators agree on, and who said so."""
    all_mentions = lake.read(mentions.TABLE)
    folder = pretrained.fetch(settings.merge.encoder, settings.work)
    news = lake.changed().read(mentions.TABLE)
    unknown = lake.missing(similarities.TABLE, similarities.pairs(news))
    lake.append(similarities.TABLE, similarities.compare(unknown, folder=shipping.ship(lake.spark, folder)))
    lake.replace(
        reliabilities.TABLE,
        reliabilities.estimate(all_mentions, annotators=settings.annotators, overlap=settings.merge.overlap),
    )
    changed = lake.changed()  # the languages of other reliabilities are among them now
    changed.replace(
        entities.TABLE,
        entities.merge_annotators(
            reliabilities.claims(changed.read(mentions.TABLE)),
            changed.read(passages.TABLE),
            changed.read(similarities.TABLE),
            changed.read(reliabilities.TABLE),
            overlap=settings.merge.overlap,
            similarity=settings.merge.similarity,
            rule=settings.merge.rule,
        ),
    )


if __name__ == "__main__":
    job.main(main)
