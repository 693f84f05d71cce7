"""Write the data set in every format: one folder per variant and language, with a data card."""

from finerweb import job
from finerweb.formats import release
from finerweb.lake import Lake
from finerweb.outside.file import File
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

# What the card tells of, besides the published examples and their documents.
DESCRIBED = (files.TABLE, unaligned.TABLE, labels.TABLE, measures.TABLE, completions.TABLE)


def main(lake: Lake, settings: Settings) -> None:
    """Write the data set in every format: one folder per variant and language, with a data card."""
    published = contaminations.spare(
        lake.read(examples.TABLE),
        lake.read(contaminations.TABLE, or_empty=True),
        leave_out=settings.publish.leave_out_contaminated,
    )
    formats = settings.publish.formats
    written = files.write(published, path=settings.publish.path, formats=formats, languages=settings.languages)
    lake.replace(files.TABLE, written)
    lake.replace(unaligned.TABLE, unaligned.find(published, formats=formats))
    release.prune(files.paths(lake.read(files.TABLE)), settings.publish.path)
    frames = {
        "examples": published,
        "documents": selection.documents_of(lake.read(selection.TABLE), lake.read(documents.TABLE)),
        **{table.name: lake.read(table) for table in DESCRIBED},
    }
    described = facts.gather(
        frames, languages=settings.languages, name=settings.publish.name, licence=settings.publish.licence
    )
    lake.log.wrote(File(release.write_card(card.render(described), settings.publish.path)))


if __name__ == "__main__":
    job.main(main)
