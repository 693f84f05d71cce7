"""Let the challenger take the champion's place where it is better on the same test passages."""

from finerweb import job, promoting
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import passages, ratings


def main(lake: Lake, settings: Settings) -> None:
    """Let the challenger take the champion's place where it is better on the same test passages."""
    rated = ratings.of_rater(lake.read(ratings.TABLE), lake.read(passages.TABLE), rater=settings.train.rater)
    promoted = promoting.promote(
        rated.filter("split = 'test'").toPandas(),
        settings.promote,
        at=settings.tracking,
        threshold=settings.select.threshold,
    )
    lake.inputs[f"model:{settings.tracking.model}@{settings.tracking.challenger}"] = promoted.challenger
    lake.outputs[f"model:{settings.tracking.model}@{settings.tracking.alias}"] = promoted.champion
    lake.said.append(promoted.said)


if __name__ == "__main__":
    job.main(main)
