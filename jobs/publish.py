"""Write the data set: Parquet and JSON lines, one folder per variant and language, with a data card."""

from finerweb import job, publishing
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import completions, documents, examples, files, labels, measures, selection


def main(lake: Lake, settings: Settings) -> None:
    """Write the data set: Parquet and JSON lines, one folder per variant and language, with a data card."""
    lake.replace(files.TABLE, files.write(lake.read(examples.TABLE), path=settings.publish.path))
    publishing.prune(lake.read(files.TABLE), settings.publish.path)
    card = publishing.card(
        files=lake.read(files.TABLE),
        examples=lake.read(examples.TABLE),
        labels=lake.read(labels.TABLE),
        measures=lake.read(measures.TABLE),
        answers=lake.read(completions.TABLE),
        documents=selection.documents_of(lake.read(selection.TABLE), lake.read(documents.TABLE)),
        languages=settings.languages,
        name=settings.publish.name,
        licence=settings.publish.licence,
    )
    lake.outputs[f"file:{publishing.write_card(card, settings.publish.path)}"] = "there"


if __name__ == "__main__":
    job.main(main)
