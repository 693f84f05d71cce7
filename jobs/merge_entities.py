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
    unknown = lake.missing(similarities.TABLE, similarities.pairs(all_mentions))
    lake.append(similarities.TABLE, similarities.compare(unknown, folder=shipping.ship(lake.spark, folder)))
    lake.replace(
        reliabilities.TABLE,
        reliabilities.estimate(all_mentions, annotators=settings.annotators, overlap=settings.merge.overlap),
    )
    lake.replace(
        entities.TABLE,
        entities.merge_annotators(
            reliabilities.claims(all_mentions),
            lake.read(passages.TABLE),
            lake.read(similarities.TABLE),
            lake.read(reliabilities.TABLE),
            overlap=settings.merge.overlap,
            similarity=settings.merge.similarity,
            rule=settings.merge.rule,
        ),
    )


if __name__ == "__main__":
    job.main(main)
