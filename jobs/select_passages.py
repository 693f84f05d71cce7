"""Choose the passages that are annotated."""

from finerweb import job
from finerweb.lake import Lake
from finerweb.outside.model import Model
from finerweb.settings import Settings
from finerweb.tables import near_duplicates, passages, scores, selection
from finerweb.training import tracking


def main(lake: Lake, settings: Settings) -> None:
    """Choose the passages that are annotated."""
    registry = settings.tracking
    tracking.connect(registry.uri, registry.experiment)
    lake.log.read(Model(registry.model, registry.alias))
    version = tracking.require(registry.model, registry.alias)
    card = tracking.card(registry.model, version)
    changed = lake.changed()
    changed.replace(
        selection.TABLE,
        selection.choose(
            changed.read(passages.TABLE),
            scores.by_scorer(changed.read(scores.TABLE), scorer=f"{registry.model}/{version}"),
            changed.read(near_duplicates.TABLE),
            per_language=settings.select.per_language,
            thresholds=card.thresholds_of(settings.languages, settings.select.threshold),
        ),
    )
    lake.log.notes.append(str(card.thresholds_as(settings.select.threshold)))


if __name__ == "__main__":
    job.main(main)
