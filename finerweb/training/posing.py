"""What taggers are asked on a lake's and on other benchmarks, and what is known of the answers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from finerweb.encoders.pretrained import Encoder
from finerweb.evaluation.benchmarks import Benchmark
from finerweb.evaluation.evaluating import Context, Question
from finerweb.lake import Lake
from finerweb.languages import Language
from finerweb.tables import documents, evaluations, examples, gold, labels, passages
from finerweb.training import benchmarking


@dataclass(frozen=True)
class Familiarity:
    """How it is told which labels a student knows: from which similarity on, by which encoder of names in `work`.

    `labels` are those that it was trained on, with how often; where there are none, those of the variant.
    """

    near: float
    encoder: Encoder
    work: Path
    labels: Mapping[str, int] = field(default_factory=dict)


class Posed(NamedTuple):
    """The questions, what is needed to ask them in other languages, and what is to be said of benchmarks."""

    questions: list[Question]
    context: Context
    notes: list[str]


def pose(
    lake: Lake,
    benchmarks: Sequence[Benchmark],
    familiarity: Familiarity,
    *,
    variant: str,
    learned: Collection[str] | None = None,
    languages: Mapping[str, Language],
    most: int,
) -> Posed:
    """Read the benchmarks, two of which may be the lake's own: its test split of a variant, and what people marked.

    `learned` are the documents that the student was trained or chosen on, where they are known.
    """
    sentences, texts = lake.read(examples.TABLE), lake.read(documents.TABLE)
    own = {
        "test": evaluations.tested(sentences, variant=variant),
        "gold": evaluations.marked(lake.read(gold.TABLE), texts),
    }
    read = benchmarking.read(benchmarks, own, languages, most=most)
    trained = evaluations.trained(sentences, lake.read(passages.TABLE), variant=variant, documents=learned)
    of_benchmarks = {label for loaded in read.loaded for label in loaded.every_label}
    questions = benchmarking.questions(
        read.loaded,
        familiarity.labels or evaluations.label_counts(sentences, of_benchmarks, variant=variant),
        benchmarking.contaminated(read.loaded, trained),
        similarity=benchmarking.similarity_of(familiarity.encoder, familiarity.work),
        near=familiarity.near,
    )
    context = Context(
        {code: language.script for code, language in languages.items()},
        evaluations.vocabulary(lake.read(labels.TABLE), languages, of_benchmarks),
    )
    return Posed(questions, context, read.notes)
