"""Train a student on the examples and register it as a challenger."""

from finerweb import job
from finerweb.lake import Lake
from finerweb.outside.model import Model
from finerweb.settings import Settings
from finerweb.tables import documents, examples, labels
from finerweb.training import students, tracking


def main(lake: Lake, settings: Settings) -> None:
    """Train a student on the examples and register it as a challenger."""
    registry, chosen = settings.tracking, settings.student
    tracking.connect(registry.uri, registry.experiment)
    studied = examples.studied(lake.read(examples.TABLE), variant=chosen.variant, quartiles=chosen.quartiles)
    # Sentences of at most student.per_language passages of each language: they fit the driver.
    rows = examples.part(studied, languages=chosen.languages, per_language=chosen.per_language)
    learned = students.train(
        examples.with_inventory(rows, lake.read(documents.TABLE), by=chosen.inventory).toPandas(),
        students.names_of(labels.named(lake.read(labels.TABLE)).toPandas()),
        chosen.recipe,
        place=students.Place(registry.student, registry.challenger, settings.work),
        show=lake.progress.update,
        facts={
            **{f"version_{table}": version for table, version in lake.log.inputs.items()},
            "variant": chosen.variant,
            "inventory": chosen.inventory,
            "annotators": ", ".join(settings.annotators),
        },
    )
    lake.log.wrote(Model(registry.student, registry.challenger))
    lake.log.notes.append(learned.summary)


if __name__ == "__main__":
    job.main(main)
