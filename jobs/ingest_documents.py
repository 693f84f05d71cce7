"""Read the sources: documents in, and a row with its reason for every record that is none."""

from finerweb import job
from finerweb.lake import Lake
from finerweb.outside.source import Source
from finerweb.settings import Settings
from finerweb.sources import added, records
from finerweb.tables import documents, gold, rejects, take_downs


def main(lake: Lake, settings: Settings) -> None:
    """Read the sources: documents in, and a row with its reason for every record that is none."""
    taken, present = lake.read(take_downs.TABLE, or_empty=True), {}
    for source in settings.ingest.sources:
        lake.log.read(Source(lake.spark, source))
        present[source.name] = records.present(lake.spark, source)
        paths = added.unread(lake, source.name, present[source.name])
        if paths == []:
            continue
        rows, lines = records.read(lake.spark, source, paths=paths)
        examined = documents.examine(
            rows,
            lake.peek(documents.TABLE),
            languages=settings.languages,
            chosen=settings.ingest.languages,
            max_characters=settings.ingest.max_characters,
            are_new=paths is not None,
        )
        examined = take_downs.refuse(examined, taken)
        lake.append(documents.TABLE, lake.missing(documents.TABLE, documents.accept(examined)))
        lake.append(rejects.TABLE, lake.missing(rejects.TABLE, rejects.collect(examined, lines)))
        marked = records.gold_entities(lake.spark, source)
        if marked is not None:
            lake.append(gold.TABLE, lake.missing(gold.TABLE, take_downs.spare(marked, taken)))
    lake.create(gold.TABLE)  # which may have no row
    lake.log.outputs.setdefault(gold.TABLE.name, "")
    added.note(lake, present)


if __name__ == "__main__":
    job.main(main)
