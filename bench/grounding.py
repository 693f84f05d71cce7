"""How well mentions are grounded, and how fast, on human-annotated text; and how fast annotators are merged.

    python bench/grounding.py [--data FOLDER] [--seed 0] [--texts N] [--merge 1000000]

The gold mentions of every file become answers (`bench/noise.py`), clean and noisy; these are grounded by finerweb's
three policies and by langextract's aligner, and the spans compared with gold: a span is right if its place and its
label are. What the noise omitted is no part of the gold of that answer; what it made up or said twice has no place, so
that any place given to it is wrong. Texts are taken at their length, and joined into passages of 256 words.

The full table goes to bench/results/grounding.md, the last line is one JSON object.
"""

import argparse
import gzip
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import noise
from noise import Gold, Noise, Said

from finerweb import grounding, segment, settings
from finerweb.spans import Span

ROOT = Path(__file__).parent.parent
DATA = ROOT.parent / "shared" / "data" / "ner" / "dev"
RESULTS = ROOT / "bench" / "results" / "grounding.md"
NESTED = ("thai-nner-sample", "wojood-sample", "factrueval2016", "estner", "ud-hebrew-iahltwiki")
WORDS = 256
LOCALES = {"srp": "sr", "nob": "nb", "nno": "nn"}


class Passage(NamedTuple):
    """A text and what is marked in it."""

    text: str
    gold: list[Gold]


class Answer(NamedTuple):
    """What was said of a passage."""

    passage: Passage
    said: list[Said]


class Counts(NamedTuple):
    """Spans right, given and wanted."""

    right: int = 0
    given: int = 0
    wanted: int = 0

    def plus(self, other: "Counts") -> "Counts":
        """Both together."""
        return Counts(*(a + b for a, b in zip(self, other, strict=True)))

    @property
    def precision(self) -> float:
        """Of what was given, how much is right; 1 of nothing."""
        return self.right / self.given if self.given else 1.0

    @property
    def recall(self) -> float:
        """Of what was wanted, how much was given."""
        return self.right / self.wanted if self.wanted else 1.0

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        return 2 * self.right / (self.given + self.wanted) if self.given + self.wanted else 1.0


Ground = Callable[[str, str, Sequence[Said]], list[tuple[Span, str, str]]]  # text, locale -> place, label, tier


def finerweb(policy: str) -> Ground:
    """One of finerweb's policies."""

    def ground(text: str, locale: str, said: Sequence[Said]) -> list[tuple[Span, str, str]]:
        labels = [one.label for one in said]
        found = grounding.ground(
            [one.mention for one in said], grounding.Text(text, locale), labels=labels, policy=policy
        )
        return [
            (place.span, label, str(place.tier))
            for label, places in zip(labels, found, strict=True)
            for place in places
            if place.span
        ]

    return ground


def langextract() -> Ground:
    """The aligner of langextract, with its tokenizer for all scripts and its defaults otherwise."""
    from langextract.core import tokenizer
    from langextract.core.data import Extraction
    from langextract.resolver import WordAligner

    aligner, unicode_words = WordAligner(), tokenizer.UnicodeTokenizer()

    def ground(text: str, locale: str, said: Sequence[Said]) -> list[tuple[Span, str, str]]:
        asked = [Extraction(extraction_class=one.label, extraction_text=one.mention) for one in said]
        given = [one for one in asked if one.extraction_text.strip()]
        if not given:
            return []
        (found,) = aligner.align_extractions([given], text, tokenizer_impl=unicode_words)
        return [
            (Span(one.char_interval.start_pos, one.char_interval.end_pos), one.extraction_class, "")
            for one in found
            if one.char_interval and one.char_interval.start_pos is not None
        ]

    return ground


def read(file: Path) -> list[Passage]:
    """The texts of a file."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        Passage(row["text"], [Gold(Span(one["start"], one["end"]), one["label"]) for one in row["entities"]])
        for row in rows
    ]


def joined(passages: Sequence[Passage], locale: str) -> list[Passage]:
    """Texts one after the other, in passages of at most 256 words, or of one text."""
    found: list[Passage] = []
    text, gold, words = "", [], 0
    for passage in passages:
        more = len(segment.words(passage.text, locale))
        if text and words + more > WORDS:
            found.append(Passage(text, gold))
            text, gold, words = "", [], 0
        at = len(text) + 1 if text else 0
        text = f"{text}\n{passage.text}" if text else passage.text
        gold = gold + [Gold(Span(one.span.start + at, one.span.end + at), one.label) for one in passage.gold]
        words += more
    return [*found, Passage(text, gold)] if text else found


def answers(passages: Sequence[Passage], *, seed: int | None) -> list[Answer]:
    """What is said of each passage: without slips where there is no seed."""
    if seed is None:
        return [Answer(one, noise.clean(one.text, one.gold)) for one in passages]
    drawn = random.Random(seed)
    names = sorted({one.text[gold.span.start : gold.span.end] for one in passages for gold in one.gold})
    return [Answer(one, noise.noisy(one.text, one.gold, names, drawn, Noise())) for one in passages]


def count(asked: Sequence[Answer], locale: str, ground: Ground) -> tuple[Counts, dict[str, Counts]]:
    """How many spans are right, in all and by tier (right and given alone)."""
    total = Counts()
    tiers: dict[str, Counts] = defaultdict(Counts)
    for passage, said in asked:
        wanted = Counter((one.span, one.label) for one in said if one.span)
        found = ground(passage.text, locale, said)
        for span, label, tier in dict.fromkeys(found):
            is_right = (span, label) in wanted
            tiers[tier] = tiers[tier].plus(Counts(int(is_right), 1))
            total = total.plus(Counts(int(is_right), 1))
        total = total.plus(Counts(wanted=len(wanted)))
    return total, tiers


def rate(asked: Sequence[tuple[str, list[Answer]]], ground: Ground, repeats: int) -> float:
    """Mentions a second, the best of some runs."""
    best = 0.0
    for _ in range(repeats):
        began, done = time.perf_counter(), 0
        for locale, some in asked:
            for passage, said in some:
                if said:
                    ground(passage.text, locale, said)
                    done += len(said)
        best = max(best, done / (time.perf_counter() - began))
    return best


class Row(NamedTuple):
    """A file, asked in one way: counts by rule, and by tier of `best`."""

    name: str
    language: str
    length: str
    kind: str
    rules: dict[str, Counts]
    tiers: dict[str, Counts]


def measure(files: Sequence[Path], rules: dict[str, Ground], *, seed: int, texts: int | None) -> Iterator[Row]:
    """Every file: texts and passages, clean and noisy."""
    languages = settings.load_languages()
    for file in files:
        name, language = file.name.removesuffix(".jsonl.gz").rsplit(".", 2)[:2]
        locale = languages[language].locale if language in languages else LOCALES[language]
        alone = read(file)[:texts]
        for length, passages in (("text", alone), ("passage", joined(alone, locale))):
            for kind, with_seed in (("clean", None), ("noisy", seed)):
                asked = answers(passages, seed=with_seed)
                counted = {rule: count(asked, locale, ground) for rule, ground in rules.items()}
                yield Row(
                    name, language, length, kind, {rule: one[0] for rule, one in counted.items()}, counted["best"][1]
                )


def main() -> None:
    """Print a line for each file, write the table, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--texts", type=int, help="at most so many of each file")
    parser.add_argument("--merge", type=int, default=1_000_000, help="mentions of the larger merge")
    parser.add_argument("--only", help="files whose name begins so; no table is written")
    parser.add_argument("--no-peers", action="store_true")
    options = parser.parse_args()
    files = sorted(options.data.glob(f"{options.only or ''}*.jsonl.gz"))
    if not files:
        raise SystemExit(f"no *.jsonl.gz in {options.data}; name a folder of annotated texts (--data)")
    rules = {policy: finerweb(policy) for policy in grounding.POLICIES}
    if not options.no_peers:
        rules["langextract"] = langextract()
    rows = []
    for row in measure(files, rules, seed=options.seed, texts=options.texts):
        rows.append(row)
        shown = " ".join(f"{rule} {counts.f1:.4f}" for rule, counts in row.rules.items())
        best = row.rules["best"]
        print(
            f"{row.name:<22}{row.length:<8}{row.kind:<6} {shown}  P {best.precision:.3f} R {best.recall:.3f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
