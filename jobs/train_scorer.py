"""Train the usefulness regression on the ratings and register it as a challenger."""

from finerweb import job, questions
from finerweb.lake import Lake
from finerweb.outside.model import Model
from finerweb.settings import Settings
from finerweb.tables import passages, ratings
from finerweb.training import fitting, scoring, tracking


def main(lake: Lake, settings: Settings) -> None:
    """Train the usefulness regression on the ratings and register it as a challenger."""
    registry, texts = settings.tracking, lake.read(passages.TABLE)
    tracking.connect(registry.uri, registry.experiment)
    # At most rate.per_language passages of each language: it fits the driver.
    # bounded: the ratings of one rater
    rated = ratings.of_rater(lake.read(ratings.TABLE), texts, rater=settings.train.rater).toPandas()
    learned = fitting.train(
        rated,
        settings.train.recipe,
        model=registry.model,
        alias=registry.challenger,
        work=settings.work,
        max_subwords=settings.split.max_subwords,
        show=lake.progress.update,
        facts={
            **{f"version_{table}": version for table, version in lake.log.versions.items()},
            "schema_passages": passages.TABLE.version,
            "rater": settings.train.rater,
            "rater_engine": settings.models[settings.train.rater].fingerprint,
            "prompt": questions.fingerprint("usefulness"),
        },
    )
    lake.log.wrote(Model(registry.model, registry.challenger))
    lake.log.notes.extend(filter(None, [learned.summary, fitting.unrated(scoring.languages(texts), rated)]))


if __name__ == "__main__":
    job.main(main)
