"""Let the challenger take the champion's place where it is better on the same test passages."""

from finerweb import job
from finerweb.lake import Lake
from finerweb.outside.model import Model
from finerweb.settings import Settings
from finerweb.tables import passages, ratings
from finerweb.training import promoting, scoring, tracking


def main(lake: Lake, settings: Settings) -> None:
    """Let the challenger take the champion's place where it is better on the same test passages."""
    registry, texts = settings.tracking, lake.read(passages.TABLE)
    tracking.connect(registry.uri, registry.experiment)
    lake.log.read(Model(registry.model, registry.challenger))
    challenger = scoring.fetch(registry.model, tracking.require(registry.model, registry.challenger))
    scoring.require_fit(challenger, texts)
    rated = ratings.of_rater(lake.read(ratings.TABLE), texts, rater=settings.train.rater)
    promoted = promoting.promote(
        rated.filter("split = 'test'").toPandas(),  # bounded: the ratings of one rater
        model=registry.model,
        challenger=registry.challenger,
        champion=registry.alias,
        when=settings.promote.when,
        margin=settings.promote.margin,
        threshold=settings.select.threshold,
    )
    lake.log.wrote(Model(registry.model, registry.alias))
    lake.log.notes.append(promoted.why)


if __name__ == "__main__":
    job.main(main)
