"""A benchmark as it is evaluated: the chosen texts, labels by their natural names, and what could not be read."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from finerweb.errors import BadBenchmark
from finerweb.evaluation import benchmarks, texts
from finerweb.evaluation.benchmarks import Benchmark
from finerweb.evaluation.files import Reader, Refused
from finerweb.evaluation.texts import Text
from finerweb.languages import Language, codes_by_alias
from finerweb.text.spans import Entity


@dataclass(frozen=True)
class Loaded:
    """A benchmark's texts and, by language, the labels that are asked for: all that it names, or all that occur.

    `refused` says of each line that could not be used why; `sha256` is the hash of the texts and their entities.
    """

    benchmark: Benchmark
    texts: list[Text]
    labels: Mapping[str, tuple[str, ...]]
    refused: list[str]
    sha256: str

    @property
    def every_label(self) -> list[str]:
        """The labels of all languages, in order."""
        return sorted({label for labels in self.labels.values() for label in labels})


def load(benchmark: Benchmark, languages: Mapping[str, Language]) -> Loaded:
    """Read a benchmark's file or data set.

    Raises BadBenchmark where there is no usable text, for a label that `labels` does not have, for labels that are one
    in canonical form, and where the hash is another one.
    """
    choice = texts.Choice(limit=benchmark.limit, seed=benchmark.seed)
    refused = []
    for line in Reader(benchmark, languages, codes_by_alias(languages)).read():
        if isinstance(line, Refused):
            refused.append(f"line {line.line}: {line.reason}")
        else:
            choice.add(named(line, benchmark))
    return loaded(benchmark, choice, refused)


def loaded(benchmark: Benchmark, choice: texts.Choice, refused: list[str], *, most: int | None = None) -> Loaded:
    """The benchmark of these texts; raises BadBenchmark as `load` does.

    Of open labels, the `most` frequent of each language are asked for; entities of others are left out.
    """
    if not choice.labels:
        first = f", the first for: {refused[0]}" if refused else ""
        raise BadBenchmark(f"benchmark {benchmark.name}: found no usable text in {len(refused)} lines{first}")
    wanted = {code: tuple(benchmark.names or sorted(_first(counts, most))) for code, counts in choice.labels.items()}
    chosen = [_of_labels(text, wanted[text.language]) for text in choice.texts()]
    _check_labels(benchmark, {label for labels in wanted.values() for label in labels})
    digest = texts.fingerprint(chosen)
    if benchmark.sha256 not in (None, digest):
        raise BadBenchmark(
            f"benchmark {benchmark.name}",
            found=f"texts and entities with SHA-256 {digest}",
            wanted=f"{benchmark.sha256}",
            way_out="its file, `labels`, `limit` or `seed` have changed: put them back, or the new hash into `sha256`",
        )
    return Loaded(benchmark, chosen, wanted, refused, digest)


def _first(counts: Counter[str], most: int | None) -> list[str]:
    return [label for label, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:most]]


def _of_labels(text: Text, labels: Collection[str]) -> Text:
    return text._replace(entities=tuple(entity for entity in text.entities if entity.label in labels))


def _check_labels(benchmark: Benchmark, labels: Collection[str]) -> None:
    if not labels:
        raise BadBenchmark(
            f"benchmark {benchmark.name}",
            found="no entity in any of its texts",
            wanted="one label at least to ask for",
            way_out="give it `labels`, or name another column of tags",
        )
    if benchmark.format in benchmarks.OWN:
        return  # in canonical form, as they were trained
    fault = benchmarks.fault_of(sorted(labels))
    if fault:
        raise BadBenchmark(f"benchmark {benchmark.name}: {fault}", way_out="say what they are called under `labels`")


def named(text: Text, benchmark: Benchmark) -> Text:
    """The text with natural names for its labels; raises BadBenchmark for a label that has none."""
    if not benchmark.labels:
        return text
    entities = []
    for start, end, label in text.entities:
        if label not in benchmark.labels:
            raise BadBenchmark(
                f"benchmark {benchmark.name}, line {text.line}",
                found=f"label {label!r}",
                wanted=f"one of its `labels`: {', '.join(benchmark.labels)}",
                way_out=f"add it with its natural English name, or leave its entities out: {label}: null",
            )
        name = benchmark.labels[label]
        if name is not None:
            entities.append(Entity(start, end, name))
    return text._replace(entities=tuple(entities))
