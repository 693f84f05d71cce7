"""A benchmark's file, JSON lines or CoNLL, or its rows of the Hub, as texts; and for each bad line why it is none."""

import gzip
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from finerweb.errors import BadBenchmark, BadInput, excerpt
from finerweb.evaluation import tokens
from finerweb.evaluation.benchmarks import Benchmark
from finerweb.evaluation.texts import Text
from finerweb.formats import json_lines
from finerweb.languages import Language
from finerweb.text.spans import Entity

SPANS = ("entities", "char_spans", "spans")  # the names that a record may have its spans under
WANTED = '{"text": ..., "language": ..., "entities": [{"start", "end", "label"}]}'


class Refused(NamedTuple):
    """A line that is no text, and why."""

    line: int
    reason: str


class Reader:
    """Reads a benchmark's texts one by one. `codes` are the spellings of languages, in lower case."""

    def __init__(self, benchmark: Benchmark, languages: Mapping[str, Language], codes: Mapping[str, str]) -> None:
        self._benchmark, self._languages, self._codes = benchmark, languages, codes

    def read(self) -> Iterator[Text | Refused]:
        """The texts, and the lines that are none; raises BadBenchmark where there is nothing to read at all."""
        benchmark = self._benchmark
        if benchmark.format == "hub":
            yield from self._hub()
            return
        file = Path(benchmark.path)
        if not file.is_file():
            raise BadBenchmark(
                f"benchmark {benchmark.name}",
                found=f"no file {file}",
                wanted="the file of its texts",
                way_out="download it, or take the benchmark out of evaluate.benchmarks",
            )
        try:
            yield from self._json(file) if benchmark.format == "jsonl" else self._conll(file)
        except BadInput as error:
            raise BadBenchmark(f"benchmark {benchmark.name}: {error}") from None

    def _language(self, given: Any) -> Language:
        name = self._benchmark.language or given
        code = self._codes.get(str(name).lower())
        if code is None:
            raise BadBenchmark(f"found language {name!r}, wanted a code of languages.yml")
        return self._languages[code]

    def _json(self, file: Path) -> Iterator[Text | Refused]:
        for number, line in json_lines.lines(file):
            try:
                yield self._record(number, json_lines.record(line))
            except BadInput as error:
                yield Refused(number, f"{error}; wanted {WANTED}")

    def _record(self, number: int, record: Mapping[str, Any]) -> Text:
        text, language = json_lines.text(dict(record)), self._language(record.get("language"))
        name = next((name for name in SPANS if name in record), None)
        if name is None:
            raise BadBenchmark(f"found none of {', '.join(SPANS)}")
        if not isinstance(record[name], list):
            raise BadBenchmark(f"{name}: found a {type(record[name]).__name__}, wanted a list")
        entities = tuple(entity for span in record[name] for entity in _entities(text, span))
        own = str(record.get("id") or number)
        return Text(number, own, str(record.get("document_id") or own), language.code, text, entities)

    def _conll(self, file: Path) -> Iterator[Text | Refused]:
        words: list[str] = []
        tags: list[str] = []
        fault: Refused | None = None
        start = 0
        for number, line in _lines(file):
            if not line.strip() or line.startswith("-DOCSTART-"):
                if words or fault:
                    yield fault or self._sentence(start, words, tags)
                words, tags, fault = [], [], None
                continue
            cells = line.split("\t") if "\t" in line else line.split()
            try:
                word, tag = cells[self._benchmark.token_column], cells[self._benchmark.tag_column].strip()
            except IndexError:
                word, tag = "", ""
            if line.startswith("#") and not tokens.is_tag(tag):
                continue  # a comment; a token may be # too
            if len(cells) < 2 or not tokens.is_tag(tag):
                fault = fault or Refused(number, f"found {excerpt(line)}, wanted a token and its tag, O or B-label")
            start = start if words else number
            words.append(word)
            tags.append(tag)

    def _sentence(self, line: int, words: list[str], tags: list[str]) -> Text | Refused:
        try:
            return self._of_tokens(line, words, tags, None)
        except BadInput as error:
            return Refused(line, str(error))

    def _of_tokens(self, line: int, words: list[str], tags: list[str], language: Any) -> Text:
        chosen = self._language(language)
        text, entities = tokens.joined(words, tags, tokens.joint(chosen))
        return Text(line, str(line), str(line), chosen.code, text, entities)

    def _hub(self) -> Iterator[Text | Refused]:
        """Rows of tokens and tags, which are numbers of a ClassLabel or texts; or rows as JSON lines have them."""
        benchmark = self._benchmark
        rows, names = _loaded(benchmark)
        for number, row in enumerate(rows, start=1):
            try:
                if benchmark.tokens in row and benchmark.tags in row:
                    words, tags = row[benchmark.tokens], row[benchmark.tags]
                    yield self._of_tokens(number, words, _named(tags, names), row.get("language"))
                else:
                    yield self._record(number, row)
            except BadInput as error:
                yield Refused(number, str(error))


def _entities(text: str, span: Any) -> list[Entity]:
    """The entities of a span of a record, one for each of its labels; raises BadBenchmark."""
    if not isinstance(span, dict):
        raise BadBenchmark(f"found the span {span!r}")
    start, end = span.get("start"), span.get("end")
    labels = span["label"] if isinstance(span.get("label"), list) else [span.get("label")]
    is_place = isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(text)
    if not is_place:
        raise BadBenchmark(f"found a span from {start!r} to {end!r} in a text of {len(text)} characters")
    if not labels or not all(isinstance(label, str) and label.strip() for label in labels):
        raise BadBenchmark(f"found the label {span.get('label')!r}")
    return [Entity(start, end, label) for label in labels]  # type: ignore[arg-type]


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    """The lines of a file, plain or gzip, numbered from 1, and an empty one behind the last."""
    number = 0
    with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as opened:
        try:
            for number, line in enumerate(opened, start=1):
                yield number, line.decode("utf-8-sig").rstrip("\r\n")
        except (OSError, EOFError, UnicodeDecodeError) as error:
            raise BadInput(f"{file}: cannot be read near line {number} ({error})") from None
    yield number + 1, ""


def _loaded(benchmark: Benchmark) -> tuple[Any, list[str] | None]:
    """The rows of a data set, streamed, and the names of its tags where they are numbers; raises BadBenchmark."""
    import datasets  # only where a benchmark is from there

    try:
        rows = datasets.load_dataset(
            benchmark.path, name=benchmark.config, split=benchmark.split, revision=benchmark.revision, streaming=True
        )
        features = rows.features or {}
    except (OSError, ValueError, datasets.exceptions.DatasetsError) as error:
        raise BadBenchmark(
            f"benchmark {benchmark.name}: {benchmark.path} at {benchmark.revision or 'main'}, split "
            f"{benchmark.split}: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
        ) from None
    feature = getattr(features.get(benchmark.tags), "feature", None)
    return rows, getattr(feature, "names", None)


def _named(tags: Any, names: list[str] | None) -> list[str]:
    """Tags as texts; raises BadBenchmark for a number without a name."""
    try:
        return [names[tag] if names and isinstance(tag, int) else tag + "" for tag in tags]
    except (IndexError, TypeError):
        raise BadBenchmark(f"found the tags {tags!r}, wanted texts, or numbers that the data set names") from None
