"""Write the data set in every format, as a release with a data card, and point to it."""

from pyspark.sql import DataFrame

from finerweb import job
from finerweb.formats import releases
from finerweb.lake import Lake
from finerweb.outside.release import Current
from finerweb.report import card, facts
from finerweb.settings import Settings
from finerweb.tables import (
    completions,
    contaminations,
    documents,
    examples,
    files,
    labels,
    measures,
    selection,
    unaligned,
)

# What the files come of, and what is written of them; the rest is for the card.
PUBLISHED = (examples.TABLE, contaminations.TABLE, files.TABLE, unaligned.TABLE)
# What the card tells of, besides the published examples and their documents.
DESCRIBED = (files.TABLE, unaligned.TABLE, labels.TABLE, measures.TABLE, completions.TABLE)


def main(lake: Lake, settings: Settings) -> None:
    """Write the data set in every format, as a release with a data card, and point to it."""
    changed, chosen = lake.changed(*PUBLISHED), settings.publish
    newest, draft = next(releases.whole(chosen.path), None), releases.draft(chosen.path)
    published = _published(changed, leave_out=chosen.leave_out_contaminated)
    written = files.write(
        published,
        path=draft.url,
        formats=chosen.formats,
        languages=settings.languages,
        sentences=chosen.sentences_per_file,
    )
    rest = lake.spark.createDataFrame(files.others(newest, changed.languages), files.TABLE.schema)
    carried = files.carry(rest, source=newest.url if newest else "", target=draft.url, tasks=settings.tasks)
    lake.replace(files.TABLE, written.unionByName(carried))
    changed.replace(unaligned.TABLE, unaligned.find(published, formats=chosen.formats))
    frames = {
        "examples": _published(lake, leave_out=chosen.leave_out_contaminated),
        "documents": selection.documents_of(lake.read(selection.TABLE), lake.read(documents.TABLE)),
        **{table.name: lake.read(table) for table in DESCRIBED},
    }
    described = facts.gather(frames, languages=settings.languages, name=chosen.name, licence=chosen.licence)
    releases.complete(draft, described.files, card.render(described), earlier=chosen.earlier_releases)
    lake.log.wrote(Current(chosen.path))


def _published(lake: Lake, *, leave_out: bool) -> DataFrame:
    shared = lake.read(contaminations.TABLE, or_empty=True)
    return contaminations.spare(lake.read(examples.TABLE), shared, leave_out=leave_out)


if __name__ == "__main__":
    job.main(main)
