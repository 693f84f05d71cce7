"""Score passages with the registered regression, until every language has enough useful ones."""

from finerweb import job
from finerweb.lake import Lake
from finerweb.outside.model import Model
from finerweb.settings import Settings
from finerweb.tables import near_duplicates, passages, scores
from finerweb.training import scoring, tracking


def main(lake: Lake, settings: Settings) -> None:
    """Score passages with the registered regression, until every language has enough useful ones."""
    at = settings.tracking
    tracking.connect(at.uri, at.experiment)
    lake.log.read(Model(at.model, at.alias))
    version = tracking.require(at.model, at.alias)
    model = scoring.fetch(at.model, version)
    texts = lake.read(passages.TABLE)
    scoring.require_fit(model, texts)
    scoring.score_until_enough(
        lake,
        texts,
        scores.candidates(texts, lake.read(near_duplicates.TABLE)),
        scoring.predictor(lake.spark, model, tokens_per_batch=settings.score.tokens_per_batch, tasks=settings.tasks),
        scorer=model.name,
        enough=scoring.Enough(
            settings.select.per_language,
            model.card.thresholds_of(settings.languages, settings.select.threshold),
            settings.score.at_most,
        ),
        slice_rows=settings.score.slice,
    )


if __name__ == "__main__":
    job.main(main)
