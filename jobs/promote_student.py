"""Let the challenging student take the champion's place where it is better on the same test sentences."""

from finerweb import job
from finerweb.lake import Lake
from finerweb.outside.model import Model
from finerweb.settings import Settings
from finerweb.tables import documents, examples
from finerweb.training import student_promoting, tracking


def main(lake: Lake, settings: Settings) -> None:
    """Let the challenging student take the champion's place where it is better on the same test sentences."""
    registry, chosen = settings.tracking, settings.student
    tracking.connect(registry.uri, registry.experiment)
    lake.log.read(Model(registry.student, registry.challenger))
    sentences = lake.read(examples.TABLE).filter("split = 'test'")
    # bounded: `student.per_language` passages of each language, or all: they must fit the driver
    rows = examples.studied(sentences, lake.read(documents.TABLE), **chosen.data).toPandas()
    promoted = student_promoting.promote(
        rows,
        model=registry.student,
        challenger=registry.challenger,
        champion=registry.alias,
        when=settings.promote_student.when,
        margin=settings.promote_student.margin,
    )
    lake.log.wrote(Model(registry.student, registry.alias))
    lake.log.notes.append(promoted.why)


if __name__ == "__main__":
    job.main(main)
