"""Cut documents into passages and mark near-duplicates."""

from finerweb import job, shipping
from finerweb.lake import Lake
from finerweb.scorer import encoders
from finerweb.settings import Settings
from finerweb.tables import documents, near_duplicates, passages


def main(lake: Lake, settings: Settings) -> None:
    """Cut documents into passages and mark near-duplicates."""
    encoder = encoders.fetch(settings.train.encoder, settings.work)
    split = lake.read(passages.TABLE, or_empty=True).select("document_id").distinct()
    lake.append(
        passages.TABLE,
        passages.split(
            lake.read(documents.TABLE).join(split, on="document_id", how="left_anti"),
            languages=settings.languages,
            tokenizer=shipping.ship(lake.spark, encoders.tokenizer_file(encoder)),
            max_words=settings.split.max_words,
            max_subwords=settings.split.max_subwords,
            tasks=settings.tasks,
        ),
    )
    lake.replace(near_duplicates.TABLE, near_duplicates.mark(lake.read(passages.TABLE)))


if __name__ == "__main__":
    job.main(main)
