"""Score the passages with the registered regression."""

from functools import partial

from finerweb import job, shipping, tracking
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import near_duplicates, passages, scores


def main(lake: Lake, settings: Settings) -> None:
    """Score the passages with the registered regression."""
    tracking.connect(settings.tracking.uri, settings.tracking.experiment)
    version = tracking.require(settings.tracking.model, settings.tracking.alias)
    lake.inputs[f"model:{settings.tracking.model}@{settings.tracking.alias}"] = version
    wanted = scores.worth_scoring(
        lake.read(passages.TABLE), lake.read(near_duplicates.TABLE), per_language=settings.score.per_language
    )
    scorer = f"{settings.tracking.model}/{version}"
    missing = lake.missing(scores.TABLE, scores.by(wanted, scorer=scorer))
    predict = partial(
        scores.predict,
        scorer=scorer,
        folder=shipping.ship(lake.spark, tracking.download(settings.tracking.model, version)),
        max_subwords=settings.split.max_subwords,
        tokens_per_batch=settings.score.tokens_per_batch,
        tasks=settings.tasks,
    )
    lake.append_in_slices(scores.TABLE, missing, predict, key="passage_id", rows=settings.score.slice, unit="passages")


if __name__ == "__main__":
    job.main(main)
