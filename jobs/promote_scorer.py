"""Let the challenger take the champion's place where it is better on the same test passages."""

from finerweb import job
from finerweb.lake import Lake
from finerweb.outside.model import Model
from finerweb.settings import Settings
from finerweb.tables import passages, ratings
from finerweb.training import promoting, scoring, tracking


def main(lake: Lake, settings: Settings) -> None:
    """Let the challenger take the champion's place where it is better on the same test passages."""
    at, texts = settings.tracking, lake.read(passages.TABLE)
    tracking.connect(at.uri, at.experiment)
    lake.log.read(Model(at.model, at.challenger))
    scoring.require_fit(scoring.fetch(at.model, tracking.require(at.model, at.challenger)), texts)
    rated = ratings.of_rater(lake.read(ratings.TABLE), texts, rater=settings.train.rater)
    promoted = promoting.promote(
        rated.filter("split = 'test'").toPandas(),
        settings.promote,
        at=at,
        threshold=settings.select.threshold,
    )
    lake.log.wrote(Model(at.model, at.alias))
    lake.log.notes.append(promoted.said)


if __name__ == "__main__":
    job.main(main)
