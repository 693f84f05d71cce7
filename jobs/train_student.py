"""Train a student on the examples and register it as a challenger."""

from finerweb import job, questions
from finerweb.lake import Lake
from finerweb.outside.model import Model
from finerweb.settings import Settings
from finerweb.tables import documents, examples, labels
from finerweb.training import students, tracking


def main(lake: Lake, settings: Settings) -> None:
    """Train a student on the examples and register it as a challenger."""
    registry, chosen = settings.tracking, settings.student
    tracking.connect(registry.uri, registry.experiment)
    # Sentences of at most student.per_language passages of each language: they fit the driver.
    # bounded: `student.per_language` passages of each language, or all: they must fit the driver
    rows = examples.studied(lake.read(examples.TABLE), lake.read(documents.TABLE), **chosen.data).toPandas()
    # bounded: the names of the labels of these rows
    names = labels.named(lake.read(labels.TABLE), students.labels_of(rows)).toPandas()
    learned = students.train(
        rows,
        students.names_of(names),
        chosen.training,
        place=students.Place(registry.student, registry.challenger, settings.work),
        kind=chosen.recipe,
        show=lake.progress.update,
        facts={
            **{f"version_{table}": version for table, version in lake.log.versions.items()},
            **{name: str(value) for name, value in chosen.data.items()},
            "teachers": ", ".join(settings.models[name].fingerprint for name in settings.annotators),
            "prompt": questions.fingerprint("ner"),
            "scorer": f"{registry.model}/{tracking.current(registry.model, registry.alias) or 'none'}",
        },
    )
    lake.log.wrote(Model(registry.student, registry.challenger))
    lake.log.notes.append(learned.summary)


if __name__ == "__main__":
    job.main(main)
