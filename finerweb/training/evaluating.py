"""`finerweb evaluate_scorer`: how good the registered regression is on texts that someone else rated."""

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from finerweb import settings
from finerweb.errors import BadBenchmark
from finerweb.languages import Language, codes_by_alias
from finerweb.scorer import quality, scorer
from finerweb.training import tracking
from finerweb.training.fitting import scored

WANTED = '{"text": ..., "language": a code of languages.yml, "rating": 1, 2, 3 or 4}'


class Evaluated(NamedTuple):
    """The table of finerweb/quality.py, of which model, and the lines that could not be used, with their reason."""

    model: str
    table: pd.DataFrame
    refused: list[str]


def evaluate(
    file: Path, *, at: settings.Tracking, threshold: float | str, languages: Mapping[str, Language]
) -> Evaluated:
    """Score the texts of a file of JSON lines, plain or gzip, with the model under the alias.

    Raises BadBenchmark for a file without a usable line, NoModel, FileNotFoundError.
    """
    rated, refused = read(file, languages)
    tracking.connect(at.uri, at.experiment)
    version = tracking.require(at.model, at.alias)
    model = scorer.Scorer(tracking.download(at.model, version), tokens_per_batch=None)
    rows = scored(rated, model)
    lost = rated.loc[~rated.index.isin(rows.index), "line"]
    refused += [f"line {line}: the score is not finite" for line in lost]
    table = quality.table(rows, model.card.heads[0], model.card.thresholds_as(threshold))
    return Evaluated(f"{at.model}/{version}", table, refused)


def read(file: Path, languages: Mapping[str, Language]) -> tuple[pd.DataFrame, list[str]]:
    """The rated texts (line, text, language, rating) of a file, and why other lines are none."""
    codes = codes_by_alias(languages)
    rows, refused = [], []
    for number, line in _lines(file):
        try:
            rows.append((number, *_rated(line, codes)))
        except BadBenchmark as error:
            refused.append(f"line {number}: {error}; wanted {WANTED}")
    if not rows:
        first = f", the first for: {refused[0]}" if refused else ""
        raise BadBenchmark(f"{file}: found no rated text in {len(refused)} lines{first}")
    return pd.DataFrame(rows, columns=["line", "text", "language", "rating"]), refused


def _lines(file: Path) -> Iterator[tuple[int, bytes]]:
    with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as opened:
        yield from ((number, line.strip()) for number, line in enumerate(opened, start=1) if line.strip())


def _rated(line: bytes, codes: Mapping[str, str]) -> tuple[str, str, int]:
    """Text, language and rating of a line; raises BadBenchmark that says what was found."""
    try:
        record: Any = json.loads(line)
    except ValueError as error:
        raise BadBenchmark(f"not JSON ({error})") from None
    if not isinstance(record, dict):
        raise BadBenchmark(f"found a {type(record).__name__}")
    text, rating, language = record.get("text"), record.get("rating"), str(record.get("language")).lower()
    if not isinstance(text, str) or not text.strip():
        raise BadBenchmark("found no text")
    if language not in codes:
        raise BadBenchmark(f"found language {record.get('language')!r}")
    if isinstance(rating, bool) or rating not in (1, 2, 3, 4):
        raise BadBenchmark(f"found rating {rating!r}")
    return text, codes[language], int(rating)
