"""Measure the student, and other taggers beside it, on texts that people annotated."""

from datetime import UTC, datetime

from finerweb import job
from finerweb.evaluation.benchmarks import OWN
from finerweb.evaluation.evaluating import Context, evaluate
from finerweb.lake import Lake
from finerweb.outside.benchmark import Benchmark
from finerweb.outside.model import Model
from finerweb.settings import Settings
from finerweb.tables import documents, evaluations, examples, gold, labels, passages
from finerweb.training import benchmarking, candidates, tracking


def main(lake: Lake, settings: Settings) -> None:
    """Measure the student, and other taggers beside it, on texts that people annotated."""
    registry, chosen, variant = settings.tracking, settings.evaluate, settings.student.variant
    tracking.connect(registry.uri, registry.experiment)
    lake.log.read(Model(registry.student, registry.alias))
    for benchmark in chosen.benchmarks:
        if benchmark.format not in OWN:
            lake.log.read(Benchmark(benchmark))
    sentences, texts = lake.read(examples.TABLE), lake.read(documents.TABLE)
    own = {
        "test": evaluations.tested(sentences, variant=variant),
        "gold": evaluations.marked(lake.read(gold.TABLE), texts),
    }
    read = benchmarking.read(chosen.benchmarks, own, settings.languages, most=chosen.labels)
    chosen_taggers = candidates.every(
        student=registry.student,
        alias=registry.alias,
        beside=[(peer.kind, peer.model, peer.options) for peer in chosen.beside],
    )
    trained = evaluations.trained(sentences, lake.read(passages.TABLE), variant=variant)
    questions = benchmarking.questions(
        read.loaded,
        chosen_taggers.labels or evaluations.label_counts(sentences, variant=variant),
        benchmarking.contaminated(read.loaded, trained),
        similarity=benchmarking.similarity_of(settings.merge.encoder, settings.work),
        near=chosen.near,
    )
    context = Context(
        {code: language.script for code, language in settings.languages.items()},
        evaluations.vocabulary(lake.read(labels.TABLE), settings.languages),
    )
    rows = list(evaluate(chosen_taggers.candidates, questions, context, show=lake.progress.update))
    now = datetime.now(UTC)
    made = [evaluations.row(row, run=lake.log.run_id, evaluated=now) for row in rows]
    lake.append(evaluations.TABLE, lake.spark.createDataFrame(made, evaluations.TABLE.schema))
    lake.log.notes += [*read.notes, *chosen_taggers.notes, *benchmarking.summary(rows)]


if __name__ == "__main__":
    job.main(main)
