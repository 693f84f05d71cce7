"""Write the data set in every format, as a release with a data card, and point to it."""

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

# What the card tells of, besides the published examples and their documents.
DESCRIBED = (files.TABLE, unaligned.TABLE, labels.TABLE, measures.TABLE, completions.TABLE)


def main(lake: Lake, settings: Settings) -> None:
    """Write the data set in every format, as a release with a data card, and point to it."""
    published = contaminations.spare(
        lake.read(examples.TABLE),
        lake.read(contaminations.TABLE, or_empty=True),
        leave_out=settings.publish.leave_out_contaminated,
    )
    chosen, draft = settings.publish, releases.draft(settings.publish.path)
    written = files.write(
        published,
        path=draft.url,
        formats=chosen.formats,
        languages=settings.languages,
        sentences=chosen.sentences_per_file,
    )
    lake.replace(files.TABLE, written)
    lake.replace(unaligned.TABLE, unaligned.find(published, formats=chosen.formats))
    frames = {
        "examples": published,
        "documents": selection.documents_of(lake.read(selection.TABLE), lake.read(documents.TABLE)),
        **{table.name: lake.read(table) for table in DESCRIBED},
    }
    described = facts.gather(frames, languages=settings.languages, name=chosen.name, licence=chosen.licence)
    releases.complete(draft, described.files, card.render(described), earlier=chosen.earlier_releases)
    lake.log.wrote(Current(chosen.path))


if __name__ == "__main__":
    job.main(main)
