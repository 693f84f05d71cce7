"""Measure the student, and other taggers beside it, on texts that people annotated."""

from datetime import UTC, datetime

from finerweb import job
from finerweb.evaluation.benchmarks import OWN
from finerweb.evaluation.evaluating import evaluate
from finerweb.lake import Lake
from finerweb.outside.benchmark import Benchmark
from finerweb.outside.model import Model
from finerweb.report import student_card
from finerweb.settings import Settings
from finerweb.tables import documents, evaluations
from finerweb.training import benchmarking, candidates, posing, tracking


def main(lake: Lake, settings: Settings) -> None:
    """Measure the student, and other taggers beside it, on texts that people annotated."""
    registry, chosen = settings.tracking, settings.evaluate
    tracking.connect(registry.uri, registry.experiment)
    lake.log.read(Model(registry.student, registry.alias))
    for benchmark in chosen.benchmarks:
        if benchmark.format not in OWN:
            lake.log.read(Benchmark(benchmark))
    taggers = candidates.every(
        student=registry.student,
        alias=registry.alias,
        beside=[(peer.kind, peer.model, peer.options) for peer in chosen.beside],
    )
    posed = posing.pose(
        lake,
        chosen.benchmarks,
        posing.Familiarity(chosen.near, settings.merge.encoder, settings.work, taggers.labels),
        variant=settings.student.variant,
        learned=taggers.student and taggers.student.documents,
        languages=settings.languages,
        most=chosen.labels,
    )
    rows = list(evaluate(taggers.candidates, posed.questions, posed.context, show=lake.progress.update))
    now = datetime.now(UTC)
    made = [evaluations.row(row, run=lake.log.run_id, evaluated=now) for row in rows]
    lake.append(evaluations.TABLE, lake.spark.createDataFrame(made, evaluations.TABLE.schema))
    if taggers.student is not None:
        student_card.publish(
            registry.student,
            taggers.student.version,
            figures=rows,
            documents=lake.read(documents.TABLE),
            trained=taggers.student.documents,
            languages=settings.languages,
            licence=settings.publish.licence,
        )
    lake.log.notes += [*posed.notes, *taggers.notes, *benchmarking.summary(rows)]


if __name__ == "__main__":
    job.main(main)
