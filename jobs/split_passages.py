"""Cut documents into passages and mark near-duplicates."""

from finerweb import job, shipping
from finerweb.encoders import pretrained
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import documents, near_duplicates, passages
from finerweb.training import counting


def main(lake: Lake, settings: Settings) -> None:
    """Cut documents into passages and mark near-duplicates."""
    encoder = pretrained.fetch(settings.train.encoder, settings.work)
    tokenizer = pretrained.tokenizer_file(encoder)
    before = lake.read(passages.TABLE, or_empty=True)
    cuts = {"split.max_words": settings.split.max_words, "split.max_subwords": settings.split.max_subwords}
    lake.settle(passages.TABLE, cuts)
    counting.require(before, tokenizer)
    split = before.select("document_id").distinct()
    lake.append(
        passages.TABLE,
        passages.split(
            lake.read(documents.TABLE).join(split, on="document_id", how="left_anti"),
            languages=settings.languages,
            tokenizer=shipping.ship(lake.spark, tokenizer),
            max_words=settings.split.max_words,
            max_subwords=settings.split.max_subwords,
            tasks=settings.tasks,
        ),
    )
    changed = lake.changed()
    changed.replace(near_duplicates.TABLE, near_duplicates.mark(changed.read(passages.TABLE)))


if __name__ == "__main__":
    job.main(main)
