"""Train the usefulness regression on the ratings and register it."""

from finerweb import job, training
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import passages, ratings


def main(lake: Lake, settings: Settings) -> None:
    """Train the usefulness regression on the ratings and register it."""
    rated = ratings.of_rater(lake.read(ratings.TABLE), lake.read(passages.TABLE), rater=settings.train.rater)
    registered = training.train(
        rated.toPandas(),  # at most rate.per_language passages of each language: it fits the driver
        settings.train,
        tracking_at=settings.tracking,
        work=settings.work,
        max_subwords=settings.split.max_subwords,
        tokens_per_batch=settings.score.tokens_per_batch,
        inputs=lake.inputs,
    )
    lake.outputs[f"model:{settings.tracking.model}@{settings.tracking.alias}"] = registered.version
    lake.said.append(registered.said)


if __name__ == "__main__":
    job.main(main)
