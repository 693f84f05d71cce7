"""Find the entities of the lake's passages, or of another table's texts, with the champion among the students."""

from finerweb import job
from finerweb.lake import Lake
from finerweb.outside.model import Model
from finerweb.outside.texts import Texts
from finerweb.settings import Settings
from finerweb.sources import delta_tables
from finerweb.tables import passages, tags
from finerweb.training import tagging, tracking


def main(lake: Lake, settings: Settings) -> None:
    """Find the entities of the lake's passages, or of another table's texts, with the champion among the students."""
    registry, chosen = settings.tracking, settings.tag
    tracking.connect(registry.uri, registry.experiment)
    lake.log.read(Model(registry.student, registry.alias))
    student = tagging.fetch(registry.student, tracking.require(registry.student, registry.alias))
    if chosen.table is None:
        texts = tags.of_passages(lake.read(passages.TABLE))
    else:
        lake.log.read(Texts(lake.spark, chosen.table))
        columns = tags.Columns(chosen.key, chosen.text, chosen.language)
        texts = tags.of_table(delta_tables.read(lake.spark, chosen.table), columns, name=chosen.table)
    if chosen.languages:
        texts = texts.filter(texts["language"].isin(chosen.languages))
    tagging.tag(
        lake,
        texts,
        student,
        labels=chosen.labels,
        threshold=chosen.threshold,
        pieces_per_batch=chosen.pieces_per_batch,
        slice_rows=chosen.slice,
        tasks=settings.tasks,
    )


if __name__ == "__main__":
    job.main(main)
