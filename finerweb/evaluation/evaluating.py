"""Taggers on benchmarks: every one reads the same texts and is asked for the same labels; figures come out as rows."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from finerweb.evaluation import counting, naming, oracle, resampling, slices
from finerweb.evaluation.counting import Outcome
from finerweb.evaluation.familiarity import Familiar
from finerweb.evaluation.loading import Loaded
from finerweb.evaluation.naming import Vocabulary
from finerweb.evaluation.slices import Slice
from finerweb.evaluation.texts import Text
from finerweb.taggers import Tag, Tagger, flat

LEAST = 0.05  # where the curve of a tagger ends: what scores less is not asked for
AT_ONCE = 1000  # texts

Row = dict[str, Any]
Show = Callable[[int, int, str], None]


class Candidate(NamedTuple):
    """A tagger to evaluate: its kind, a file of finerweb/taggers, and how to load it."""

    kind: str
    load: Callable[[], Tagger]


@dataclass(frozen=True)
class Question:
    """What is known of a benchmark besides its texts: how its labels are known, which lines the training data has."""

    loaded: Loaded
    familiar: Mapping[str, Familiar]
    contaminated: Collection[int] = ()


@dataclass(frozen=True)
class Context:
    """The scripts of languages, and the names of labels in each of them."""

    scripts: Mapping[str, str]
    vocabulary: Vocabulary = field(default_factory=dict)


class Run(NamedTuple):
    """What a tagger made of a benchmark, by one kind of names."""

    kind: str
    tagger: str
    texts: list[Text]
    outcome: Outcome


def evaluate(
    candidates: Iterable[Candidate], questions: Sequence[Question], context: Context, *, show: Show | None = None
) -> Iterator[Row]:
    """The figures of each tagger, of its oracle, and how the first differs from each of the others.

    One tagger at a time is in memory; of those before, what they found.
    """
    firsts: dict[str, Run] = {}
    for number, candidate in enumerate(candidates):
        tagger = candidate.load()
        for place, question in enumerate(questions):
            if show:
                show(place, len(questions), f"benchmarks read by {tagger.name}")
            for names in naming.KINDS:
                run = _read(candidate.kind, tagger, question.loaded, names, context)
                if run is None:
                    continue
                yield from _figures(run, question, context, names=names, measure="tagger")
                if names == "english":
                    yield from _oracle(run, tagger, question, context)
                    first = firsts.setdefault(question.loaded.benchmark.name, run)
                    if number:
                        yield from _differences(first, run, question, context)


def _read(kind: str, tagger: Tagger, loaded: Loaded, names: naming.Kind, context: Context) -> Run | None:
    """None where the benchmark has no names of this kind, or the tagger's labels are fixed and have one name each."""
    if tagger.labels and names != "english":
        return None
    texts: list[Text] = []
    tags: list[list[Tag]] = []
    lowest = min(LEAST, tagger.threshold)
    for code, labels in loaded.labels.items():
        by_label = naming.names_of(names, labels, code, loaded.benchmark, context.vocabulary)
        if by_label is None:
            continue
        back = {name: label for label, name in by_label.items()}
        own = [text for text in loaded.texts if text.language == code]
        for start in range(0, len(own), AT_ONCE):
            part = own[start : start + AT_ONCE]
            for answer in tagger.tag([text.text for text in part], list(back), least=lowest):
                tags.append(flat([tag._replace(label=back[tag.label]) for tag in answer], lowest))
        texts += own
    if not texts:
        return None
    return Run(kind, tagger.name, texts, counting.compare(texts, tags, loaded.every_label, tagger.threshold))


def _oracle(run: Run, tagger: Tagger, question: Question, context: Context) -> Iterator[Row]:
    edges: oracle.Edges | None = getattr(tagger, "edges", None)
    best = oracle.tags(run.texts, run.outcome.labels, edges)
    outcome = counting.compare(run.texts, best, run.outcome.labels, 1.0)
    yield from _figures(run._replace(outcome=outcome), question, context, names="english", measure="oracle")


def _slices(run: Run, question: Question, context: Context) -> list[Slice]:
    return slices.every(
        run.texts,
        run.outcome,
        scripts=context.scripts,
        familiar=question.familiar,
        contaminated=question.contaminated,
    )


def _figures(run: Run, question: Question, context: Context, *, names: str, measure: str) -> Iterator[Row]:
    for part in _slices(run, question, context):
        counts = counting.per_text(run.outcome, part.texts, part.labels)
        documents = resampling.by_document(counts, _documents(run.texts, part))
        sure = resampling.interval(documents)
        yield {
            **_place(run, question, part),
            "names": names,
            "measure": measure,
            "documents": len(documents),
            **counting.figures(counts)._asdict(),
            "low": sure.low if sure else None,
            "high": sure.high if sure else None,
            "auprc": counting.auprc(run.outcome, part.texts, part.labels) if measure == "tagger" else None,
            "threshold": run.outcome.threshold if measure == "tagger" else None,
        }


def _differences(first: Run, other: Run, question: Question, context: Context) -> Iterator[Row]:
    """How much better the first is, on the same texts: F1 minus F1, and the interval of that."""
    for part in _slices(first, question, context):
        counts = [counting.per_text(run.outcome, part.texts, part.labels) for run in (first, other)]
        f1, other_f1 = (counting.figures(each).f1 for each in counts)
        documents = [resampling.by_document(each, _documents(first.texts, part)) for each in counts]
        sure = resampling.difference(*documents)
        yield {
            **_place(first, question, part),
            "names": "english",
            "measure": "difference",
            "other": other.tagger,
            "documents": len(documents[0]),
            "gold": int(counts[0][:, 2].sum()),
            "f1": None if f1 is None or other_f1 is None else f1 - other_f1,
            "low": sure.low if sure else None,
            "high": sure.high if sure else None,
        }


def _documents(texts: Sequence[Text], part: Slice) -> list[str]:
    return [f"{texts[row].language}/{texts[row].document}" for row in np.flatnonzero(part.texts)]


def _place(run: Run, question: Question, part: Slice) -> Row:
    """What a row is about, and what it was measured on."""
    loaded = question.loaded
    familiar = question.familiar.get(part.label)
    return {
        "kind": run.kind,
        "tagger": run.tagger,
        "benchmark": loaded.benchmark.name,
        "language": part.language,
        "script": part.script,
        "subset": part.subset,
        "label": part.label,
        "texts": int(part.texts.sum()),
        "familiarity": familiar.kind if familiar else None,
        "nearest": familiar.nearest or None if familiar else None,
        "sha256": loaded.sha256,
        "labels": list(run.outcome.labels),
        "text_limit": loaded.benchmark.limit,
        "seed": loaded.benchmark.seed,
        "refused": len(loaded.refused),
        "contaminated": len({text.line for text in run.texts} & set(question.contaminated)),
    }
