"""Human-annotated sets as a student is trained and tested on them: rows of the table `examples`, and benchmarks."""

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from finerweb.evaluation import texts as benchmark_texts
from finerweb.evaluation.texts import Text
from finerweb.tables import documents, examples
from finerweb.text.spans import Entity

VARIANT = "merged-english-multi"
LONGEST = 1000  # characters of a training text; the first sentence end or space before it
LABELS = 15  # of a benchmark that are asked for: the most frequent ones

# Left out of training: its labels are those of a benchmark that must be unseen, or its texts are those of a benchmark.
UNTRAINED = ("crossner-music", "wnut17")
THAI = "thainer-1.5.tha.train"  # its dev lies in its train, so that it is split anew: a tenth of it is the benchmark

# CrossNER writes its types as one word.
SPACED = {
    "academicjournal": "academic journal",
    "astronomicalobject": "astronomical object",
    "chemicalcompound": "chemical compound",
    "chemicalelement": "chemical element",
    "literarygenre": "literary genre",
    "musicalartist": "musical artist",
    "musicalinstrument": "musical instrument",
    "musicgenre": "music genre",
    "politicalparty": "political party",
    "programlang": "programming language",
}

# Benchmark -> file, and its script.
BENCHMARKS = {
    "wnut17": ("dev/wnut17.eng.dev", "Latn"),
    "ewt": ("dev/uner-english-ewt.eng.dev", "Latn"),
    "swahili": ("noncommercial/masakhaner2.swh.dev", "Latn"),
    "music": ("dev/crossner-music.eng.dev", "Latn"),
    "hindi": ("dev/hiner.hin.dev", "Deva"),
    "russian": ("dev/factrueval2016.rus.dev", "Cyrl"),
    "japanese": ("dev/ud-japanese-gsd-ne.jpn.dev", "Jpan"),
    "thai": (f"train/{THAI}", "Thai"),
}


class Benchmark(NamedTuple):
    """Texts, the labels that are asked for, and the script."""

    texts: list[Text]
    labels: list[str]
    script: str


def records(ner: Path, file: str) -> Iterator[tuple[str, str, list[Entity]]]:
    """The text, language and entities of each record of a set, its labels in natural English."""
    names: Mapping[str, Mapping[str, str]] = json.loads((ner / "label_names.json").read_text(encoding="utf-8"))
    name = Path(file).name
    key = next(key for key in (name.rsplit(".", 2)[0], name.split(".", maxsplit=1)[0]) if key in names)
    with gzip.open(ner / f"{file}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            entities = [
                Entity(entity["start"], entity["end"], _natural(names[key], entity["label"]))
                for entity in record["entities"]
            ]
            yield record["text"], record["language"], sorted(set(entities))


def _natural(names: Mapping[str, str], label: str) -> str:
    name = names.get(label, label)
    return SPACED.get(name, name)


def bucket(text: str) -> int:
    """0-9, by a hash of the text: the same text is in one split wherever it comes from."""
    return hashlib.sha256(text.encode()).digest()[0] % 10


def sets(ner: Path) -> list[str]:
    """The sets that are trained on."""
    files = sorted(path.name.removesuffix(".jsonl.gz") for path in (ner / "train").glob("*.jsonl.gz"))
    return [file for file in files if not file.startswith(UNTRAINED)]


def rows(ner: Path, *, per_set: int, only: str = "") -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Rows of the tables examples and documents: at most so many texts of each set, and a tenth more to choose by."""
    chosen, sources = [], []
    for file in sets(ner):
        if only and only not in file:
            continue
        counted: Counter[str] = Counter()
        for number, (text, language, entities) in enumerate(records(ner, f"train/{file}")):
            split = {0: "validation", 1: "test"}.get(bucket(text), "train")
            counted[split] += 1
            if split == "test" or counted[split] > (per_set if split == "train" else max(8, per_set // 10)):
                continue
            cut = len(text) if len(text) <= LONGEST else max(text.rfind(" ", 0, LONGEST), LONGEST // 2)
            document = f"{file}/{number}"
            inside = [entity for entity in entities if entity.end <= cut]
            chosen.append(_example(document, language, split, text[:cut], inside))
            sources.append(_document(document, language, file, text[:cut]))
    return chosen, sources


def _example(document: str, language: str, split: str, text: str, entities: list[Entity]) -> tuple[Any, ...]:
    spans: dict[tuple[int, int], list[str]] = {}
    for entity in entities:
        spans.setdefault((entity.start, entity.end), []).append(entity.label)
    return examples.TABLE.row(
        example_id=f"{document}#0-s0",
        variant=VARIANT,
        language=language,
        passage_id=f"{document}#0",
        document_id=document,
        split=split,
        start=0,
        text=text,
        char_spans=[{"start": start, "end": end, "label": names} for (start, end), names in spans.items()],
        quartile=None,
        has_entities=bool(spans),
    )


def _document(document: str, language: str, source: str, text: str) -> tuple[Any, ...]:
    unstated = {column.name: None for column in documents.TABLE.columns}
    values = {"document_id": document, "language": language, "script": "Zyyy", "text": text, "source": source}
    return documents.TABLE.row(**{**unstated, **values})


def benchmarks(ner: Path, *, limit: int) -> dict[str, Benchmark]:
    """At most so many texts of each benchmark, and its most frequent labels."""
    return {name: _benchmark(ner, file, script, limit) for name, (file, script) in BENCHMARKS.items()}


def _benchmark(ner: Path, file: str, script: str, limit: int) -> Benchmark:
    choice = benchmark_texts.chosen(
        (
            Text(number, str(number), str(number), language, text, tuple(entities))
            for number, (text, language, entities) in enumerate(records(ner, file), start=1)
            if THAI not in file or bucket(text) == 1
        ),
        limit=limit,
        seed=0,
    )
    frequent: Counter[str] = Counter()
    for counts in choice.labels.values():
        frequent.update(counts)
    return Benchmark(choice.texts(), [label for label, _ in frequent.most_common(LABELS)], script)
