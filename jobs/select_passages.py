"""Choose the passages that are annotated."""

from finerweb import job
from finerweb.lake import Lake
from finerweb.outside.model import Model
from finerweb.settings import Settings
from finerweb.tables import near_duplicates, passages, scores, selection
from finerweb.training import tracking


def main(lake: Lake, settings: Settings) -> None:
    """Choose the passages that are annotated."""
    at = settings.tracking
    tracking.connect(at.uri, at.experiment)
    lake.log.read(Model(at.model, at.alias))
    version = tracking.require(at.model, at.alias)
    card = tracking.card(at.model, version)
    lake.replace(
        selection.TABLE,
        selection.choose(
            lake.read(passages.TABLE),
            scores.of(lake.read(scores.TABLE), scorer=f"{at.model}/{version}"),
            lake.read(near_duplicates.TABLE),
            per_language=settings.select.per_language,
            thresholds=card.thresholds_of(settings.languages, settings.select.threshold),
        ),
    )
    lake.log.notes.append(str(card.thresholds_as(settings.select.threshold)))


if __name__ == "__main__":
    job.main(main)
