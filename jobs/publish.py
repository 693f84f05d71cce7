"""Write the data set in every format: one folder per variant and language, with a data card."""

from finerweb import job
from finerweb.formats import release
from finerweb.lake import Lake
from finerweb.outside.file import File
from finerweb.report import data_card
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
    card = data_card.card(
        files=lake.read(files.TABLE),
        unaligned=lake.read(unaligned.TABLE),
        examples=published,
        labels=lake.read(labels.TABLE),
        measures=lake.read(measures.TABLE),
        answers=lake.read(completions.TABLE),
        documents=selection.documents_of(lake.read(selection.TABLE), lake.read(documents.TABLE)),
        languages=settings.languages,
        name=settings.publish.name,
        licence=settings.publish.licence,
    )
    lake.log.wrote(File(release.write_card(card, settings.publish.path)))


if __name__ == "__main__":
    job.main(main)
