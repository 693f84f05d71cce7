"""Score passages with the registered regression, until every language has enough useful ones."""

from finerweb import job
from finerweb.lake import Lake
from finerweb.outside.model import Model
from finerweb.settings import Settings
from finerweb.tables import near_duplicates, passages
from finerweb.training import scoring, tracking, waves


def main(lake: Lake, settings: Settings) -> None:
    """Score passages with the registered regression, until every language has enough useful ones."""
    registry, texts = settings.tracking, lake.read(passages.TABLE)
    tracking.connect(registry.uri, registry.experiment)
    lake.log.read(Model(registry.model, registry.alias))
    model = scoring.fetch(registry.model, tracking.require(registry.model, registry.alias))
    scoring.require_fit(model, texts)
    waves.score_until_enough(
        lake,
        texts,
        lake.read(near_duplicates.TABLE),
        scoring.predictor(lake.spark, model, tokens_per_batch=settings.score.tokens_per_batch, tasks=settings.tasks),
        scorer=model.name,
        enough=waves.Enough(
            settings.select.per_language,
            model.card.thresholds_of(settings.languages, settings.select.threshold),
            settings.score.at_most,
        ),
        slice_rows=settings.score.slice,
    )


if __name__ == "__main__":
    job.main(main)
