"""What a tagger is asked for a label: its English name, its name in the text's language, or a paraphrase."""

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

from finerweb.evaluation.benchmarks import Benchmark
from finerweb.languages import ENGLISH

Kind = Literal["english", "target", "paraphrase"]
KINDS: tuple[Kind, ...] = get_args(Kind)

Vocabulary = Mapping[str, Mapping[str, str]]  # language -> English label -> its name there


def names_of(
    kind: Kind, labels: Sequence[str], language: str, benchmark: Benchmark, vocabulary: Vocabulary
) -> dict[str, str] | None:
    """Label -> the name to ask for; None where no label has one of this kind.

    The benchmark's own names go before those of the vocabulary. A label without a name of this kind, or with one that
    another label has already, is asked for in English.
    """
    names: Mapping[str, str] = {}
    if kind == "target" and language != ENGLISH:
        names = {**vocabulary.get(language, {}), **benchmark.labels_in.get(language, {})}
    elif kind == "paraphrase":
        names = benchmark.paraphrases
    if kind != "english" and not any(names.get(label, label) != label for label in labels):
        return None
    taken = {label for label in labels if label not in names}
    chosen: dict[str, str] = {}
    for label in labels:
        name = names.get(label, label)
        chosen[label] = label if label in taken or name in taken else name
        taken.add(chosen[label])
    return chosen
