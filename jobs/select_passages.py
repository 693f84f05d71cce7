"""Choose the passages that are annotated."""

from finerweb import job, tracking
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import near_duplicates, passages, scores, selection


def main(lake: Lake, settings: Settings) -> None:
    """Choose the passages that are annotated."""
    tracking.connect(settings.tracking.uri, settings.tracking.experiment)
    model = f"{settings.tracking.model}@{settings.tracking.alias}"
    lake.inputs[f"model:{model}"] = version = tracking.require(settings.tracking.model, settings.tracking.alias)
    lake.replace(
        selection.TABLE,
        selection.choose(
            lake.read(passages.TABLE),
            scores.of(lake.read(scores.TABLE), scorer=f"{settings.tracking.model}/{version}"),
            lake.read(near_duplicates.TABLE),
            per_language=settings.select.per_language,
            threshold=settings.select.threshold,
        ),
    )


if __name__ == "__main__":
    job.main(main)
