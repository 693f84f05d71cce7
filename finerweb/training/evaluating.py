"""`finerweb evaluate_scorer`: how good the registered regression is on texts that someone else rated."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from finerweb.errors import BadBenchmark, BadInput
from finerweb.formats import json_lines
from finerweb.languages import Language
from finerweb.scorer import quality, scorer
from finerweb.text import language_tags
from finerweb.training import tracking
from finerweb.training.fitting import scored

WANTED = '{"text": ..., "language": a language of languages.yml, "rating": 1, 2, 3 or 4}'


class Evaluated(NamedTuple):
    """The table of finerweb/scorer/quality.py, of which model, and which lines could not be used, and why."""

    model: str
    table: pd.DataFrame
    refused: list[str]


def evaluate(
    file: Path, *, model: str, alias: str, threshold: float | str, languages: Mapping[str, Language]
) -> Evaluated:
    """Score the texts of a file of JSON lines, plain or gzip, with the model under the alias.

    Raises BadBenchmark for a file without a usable line, NoModel, FileNotFoundError.
    """
    rated, refused = read(file, languages)
    version = tracking.require(model, alias)
    regression = scorer.Scorer(tracking.download(model, version), tokens_per_batch=None)
    rows = scored(rated, regression)
    lost = rated.loc[~rated.index.isin(rows.index), "line"]
    refused += [f"line {line}: the score is not finite" for line in lost]
    table = quality.table(rows, regression.card.heads[0], regression.card.thresholds_as(threshold))
    return Evaluated(f"{model}/{version}", table, refused)


def read(file: Path, languages: Mapping[str, Language]) -> tuple[pd.DataFrame, list[str]]:
    """The rated texts (line, text, language, rating) of a file, and why other lines are none."""
    tags = language_tags.Reader(languages)
    rows, refused = [], []
    for number, line in json_lines.lines(file):
        try:
            rows.append((number, *_rated(line, tags)))
        except BadInput as error:
            refused.append(f"line {number}: {error}; wanted {WANTED}")
    if not rows:
        first = f", the first for: {refused[0]}" if refused else ""
        raise BadBenchmark(f"{file}: found no rated text in {len(refused)} lines{first}")
    return pd.DataFrame(rows, columns=["line", "text", "language", "rating"]), refused


def _rated(line: bytes, tags: language_tags.Reader) -> tuple[str, str, int]:
    """Text, language and rating of a line; raises BadInput that says what was found."""
    record = json_lines.record(line)
    text, rating, language = json_lines.text(record), record.get("rating"), record.get("language")
    code = tags.read(language).code if isinstance(language, str) else None
    if code is None:
        raise BadBenchmark(f"found language {language!r}")
    if isinstance(rating, bool) or rating not in (1, 2, 3, 4):
        raise BadBenchmark(f"found rating {rating!r}")
    return text, code, int(rating)
