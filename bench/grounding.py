"""How well mentions are grounded, and how fast, on human-annotated text; and how fast annotators are merged.

    python bench/grounding.py [--data FOLDER] [--seed 0] [--merge 1000000]

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
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import noise
from noise import Gold, Noise, Said

from finerweb import settings
from finerweb.mentions import grounding
from finerweb.running.failures import load_settings
from finerweb.running.session import opened
from finerweb.text import segment
from finerweb.text.spans import Span

ROOT = Path(__file__).parent.parent
DATA = ROOT.parent / "shared" / "data" / "ner" / "dev"
RESULTS = ROOT / "bench" / "results" / "grounding.md"
NESTED = ("thai-nner-sample", "wojood-sample", "factrueval2016", "estner", "ud-hebrew-iahltwiki")
WORDS = 256
SPEED_TEXTS = 300
PASSAGE = 1300
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
    for file in files:
        name, language = named(file)
        alone = read(file)[:texts]
        for length, passages in (("text", alone), ("passage", joined(alone, locale(language)))):
            for kind, with_seed in (("clean", None), ("noisy", seed)):
                asked = answers(passages, seed=with_seed)
                counted = {rule: count(asked, locale(language), ground) for rule, ground in rules.items()}
                yield Row(
                    name, language, length, kind, {rule: one[0] for rule, one in counted.items()}, counted["best"][1]
                )


def named(file: Path) -> tuple[str, str]:
    """The set and the language of a file."""
    name, language = file.name.removesuffix(".jsonl.gz").rsplit(".", 2)[:2]
    return name, language


def locale(language: str) -> str:
    """ICU's name of a language."""
    languages = settings.load_languages()
    return languages[language].locale if language in languages else LOCALES[language]


def speed(files: Sequence[Path], rules: dict[str, Ground], seed: int) -> dict[str, float]:
    """Mentions a second of noisy answers about passages, of some texts of each file, by rule."""
    asked = []
    for file in files:
        code = locale(named(file)[1])
        asked.append((code, answers(joined(read(file)[:SPEED_TEXTS], code), seed=seed)))
    return {rule: rate(asked, ground, repeats=3) for rule, ground in rules.items()}


def sums(rows: Sequence[Row], **of: str) -> dict[str, Counts]:
    """The counts of all rows of a length and kind, by rule."""
    total: dict[str, Counts] = defaultdict(Counts)
    for row in rows:
        if all(getattr(row, key) == value for key, value in of.items()):
            for rule, counts in row.rules.items():
                total[rule] = total[rule].plus(counts)
    return total


def figures(rows: Sequence[Row], speeds: dict[str, float], merged: dict[str, float]) -> dict[str, float | str | None]:
    """The last line."""
    clean = {(row.name, row.language, row.length): row.rules["best"].f1 for row in rows if row.kind == "clean"}
    flat = [f1 for (name, _, _), f1 in clean.items() if name not in NESTED]
    nested = [f1 for (name, _, _), f1 in clean.items() if name in NESTED]
    drop = max(clean[name, code, "text"] - f1 for (name, code, length), f1 in clean.items() if length == "passage")
    noisy = sums(rows, kind="noisy")
    codes = sorted({row.language for row in rows})
    worst = min(codes, key=lambda code: sums(rows, kind="noisy", language=code)["best"].f1)
    peer = noisy.get("langextract")
    return {
        "clean_min_f1": round(min(flat, default=1.0), 4),
        "clean_nested_min_f1": round(min(nested, default=1.0), 4),
        "clean_drop_in_passages": round(drop, 4),
        "noisy_f1": round(noisy["best"].f1, 4),
        "noisy_min_f1": round(sums(rows, kind="noisy", language=worst)["best"].f1, 4),
        "worst_language": worst,
        "noisy_precision": round(noisy["best"].precision, 4),
        "cursor_f1": round(noisy["cursor"].f1, 4),
        "all_f1": round(noisy["all"].f1, 4),
        "langextract_f1": round(peer.f1, 4) if peer else None,
        "mentions_per_s": round(speeds["best"]),
        "over_langextract": round(speeds["best"] / speeds["langextract"], 1) if peer else None,
        **merged,
    }


def table(rows: Sequence[Row], rules: Sequence[str], speeds: dict[str, float], last: dict[str, Any]) -> str:
    """The whole table, in Markdown."""
    lines = [
        "# Grounding, on human-annotated text",
        "",
        "`make bench-grounding`; see bench/grounding.py and bench/noise.py.",
        "",
    ]
    lines += ["Span F1. P and R are those of `best`.", ""]
    lines += [f"| set | language | length | answers | {' | '.join(rules)} | P | R |", "|---" * (6 + len(rules)) + "|"]
    for row in rows:
        best = row.rules["best"]
        values = [f"{row.rules[rule].f1:.4f}" for rule in rules]
        cells = [row.name, row.language, row.length, row.kind, *values, f"{best.precision:.4f}", f"{best.recall:.4f}"]
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        "Tiers of `best`: spans, and the share of them that is right.",
        "",
        "| answers | tier | spans | right |",
        "|---|---|---|---|",
    ]
    for kind in ("clean", "noisy"):
        tiers: dict[str, Counts] = defaultdict(Counts)
        for row in rows:
            for tier, counts in row.tiers.items() if row.kind == kind else ():
                tiers[tier] = tiers[tier].plus(counts)
        lines += [
            f"| {kind} | {tier} | {tiers[tier].given:,} | {tiers[tier].precision:.4f} |" for tier in sorted(tiers)
        ]
    lines += [
        "",
        "Mentions a second on one core: " + ", ".join(f"{rule} {speed:,.0f}" for rule, speed in speeds.items()),
    ]
    return "\n".join([*lines, "", "```", json.dumps(last), "```", ""])


def merge_speed(mentions: int, work: Path) -> dict[str, float]:
    """Rows a second of merging two annotators through Spark, and what ten times as many take."""
    from pyspark.sql import functions as F

    from finerweb.tables import entities, reliabilities

    chosen = load_settings(str(ROOT / "conf" / "local.yml"), [f"work={work}"])
    seconds = []
    with opened(chosen) as lake:
        schema = "passage_id string, language string, annotator string, start int, end int, label string, "
        schema += "tier string, problem string"
        for run, wanted in enumerate((1_000, mentions // 10, mentions)):  # the first one warms Spark and its workers up
            passages, said = two_annotators(wanted)
            lake.spark.createDataFrame(passages, "passage_id string, language string, text string").write.parquet(
                f"{work}/passages-{run}"
            )
            lake.spark.createDataFrame(said, schema).repartition(4).write.parquet(f"{work}/mentions-{run}")
            texts, found = (lake.spark.read.parquet(f"{work}/{name}-{run}") for name in ("passages", "mentions"))
            labels = found.select("label").distinct()
            other = labels.withColumnRenamed("label", "other")
            similar = labels.crossJoin(other).filter("label < other").withColumn("similarity", F.lit(0.8).cast("float"))
            similar.write.parquet(f"{work}/similarities-{run}")
            similar = lake.spark.read.parquet(f"{work}/similarities-{run}")
            began = time.monotonic()
            reliabilities.estimate(found, annotators=["a", "b"], overlap=0.5).write.parquet(
                f"{work}/reliabilities-{run}"
            )
            known = lake.spark.read.parquet(f"{work}/reliabilities-{run}")
            merged = entities.merge_annotators(
                reliabilities.said(found), texts, similar, known, overlap=0.5, similarity=0.75, rule=chosen.merge.rule
            )
            merged.write.parquet(f"{work}/entities-{run}")
            seconds.append(time.monotonic() - began)
            print(f"merging {len(said):,} mentions: {seconds[-1]:.1f} s", flush=True)
    return {"merge_rows_per_s": round(mentions / seconds[2]), "merge_growth_10x": round(seconds[2] / seconds[1], 2)}


def two_annotators(mentions: int) -> tuple[list[tuple[str, str, str]], list[tuple[Any, ...]]]:
    """Passages of 1,300 characters, with what two annotators that mostly agree say of each: 25 mentions in all."""
    drawn = random.Random(0)
    labels = ["person", "organization", "location", "city", "country", "date", "river", "film"]
    passages, said = [], []
    while len(said) < mentions:
        passage = f"p{len(passages)}"
        passages.append((passage, "eng", "x" * PASSAGE))
        for start in range(0, PASSAGE - 40, 100):
            label, length = drawn.choice(labels), drawn.randint(3, 30)
            for annotator in "ab":
                if drawn.random() < 0.95:
                    own = label if drawn.random() < 0.8 else drawn.choice(labels)
                    end = start + length + (drawn.random() < 0.1)
                    said.append((passage, "eng", annotator, start, end, own, "exact", None))
    return passages, said[:mentions]


def main() -> None:
    """Print a line for each file, write the table, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--texts", type=int, help="at most so many of each file; no table is written")
    parser.add_argument("--only", help="files whose name begins so; no table is written")
    parser.add_argument("--merge", type=int, default=1_000_000, help="mentions of the larger merge")
    options = parser.parse_args()
    files = sorted(options.data.glob(f"{options.only or ''}*.jsonl.gz"))
    if not files:
        raise SystemExit(f"no *.jsonl.gz in {options.data}; name a folder of annotated texts (--data)")
    rules = {policy: finerweb(policy) for policy in grounding.POLICIES} | {"langextract": langextract()}
    rows = []
    for row in measure(files, rules, seed=options.seed, texts=options.texts):
        rows.append(row)
        shown = "  ".join(f"{rule} {counts.f1:.4f}" for rule, counts in row.rules.items())
        best = row.rules["best"]
        print(
            f"{row.name:<23}{row.length:<8}{row.kind:<6}  {shown}  P {best.precision:.3f} R {best.recall:.3f}",
            flush=True,
        )
    speeds = speed(files, rules, options.seed)
    print("mentions a second:", {rule: round(one) for rule, one in speeds.items()}, flush=True)
    with tempfile.TemporaryDirectory(prefix="finerweb-bench-") as work:
        merged = merge_speed(options.merge, Path(work))
    last = figures(rows, speeds, merged)
    if not options.only and not options.texts:
        RESULTS.write_text(table(rows, list(rules), speeds, last), encoding="utf-8")
    print(json.dumps(last))


if __name__ == "__main__":
    main()
