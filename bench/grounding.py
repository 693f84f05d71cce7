"""How well mentions are grounded, and how fast, on human-annotated text; and how fast annotators are merged.

    python bench/grounding.py [--quick] [--sets PREFIX ...] [--data FOLDER ...] [--seed 0] [--merge 1000000]

The gold mentions of every file become answers (`bench/noise.py`): clean; noisy; grouped, each name once, type by type.
They are about the texts as they are, and as the web writes them (`bench/gluing.py`). finerweb's policies ground them;
langextract's aligner, which is slow, only clean and noisy ones about the texts as they are. A mention is right if its
place and its label are. What the noise omitted is no part of the gold of that answer; what it made up or said twice has
no place, so that any place given to it is wrong. Texts are taken alone, and joined into passages of 256 words.

The full table goes to bench/results/grounding.md, the last line is one JSON object. `--quick` takes 150 texts of each
file, in passages, and leaves langextract, speed and merging out.
"""

import argparse
import json
import os
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import aligners
import annotated
import endings
import gluing
import grounding_report
import noise
from annotated import Annotated, Passage
from counts import Answer, Row, count
from noise import Mention

from finerweb.mentions import grounding

ROOT = Path(__file__).parent.parent
NER = Path(os.environ.get("FINERWEB_SHARED", ROOT.parent / "shared")) / "data" / "ner"
FOLDERS = [NER / name for name in ("dev", "train", "noncommercial")]
SPEED_TEXTS = 300
QUICK_TEXTS = 150

SLOW, SLOW_KINDS = "langextract", ("clean", "noisy")

# How the answers are made, and whether the texts are glued.
KINDS = {
    "clean": ("clean", False),
    "noisy": ("noisy", False),
    "glued clean": ("clean", True),
    "glued noisy": ("noisy", True),
    "grouped": ("grouped", False),
    "glued grouped": ("grouped", True),
}


def writer(style: str, passages: Sequence[Passage], seed: int) -> Callable[[Passage], list[Mention]]:
    """What writes the answers about these passages in a style."""
    if style != "noisy":
        return noise.clean if style == "clean" else noise.grouped
    drawn = random.Random(seed)
    names = sorted({passage.mention(gold) for passage in passages for gold in passage.gold})
    return lambda passage: noise.noisy(passage, names, drawn, noise.Noise())


def answers(passages: Sequence[Passage], style: str, seed: int) -> list[Answer]:
    """What is named of each passage."""
    write = writer(style, passages, seed)
    return [
        Answer(
            passage,
            write(passage),
            frozenset(gold.span for gold in passage.gold if endings.at_sign(passage.text, gold.span)),
        )
        for passage in passages
    ]


def measure(part: Annotated, rules: dict[str, aligners.Ground], *, seed: int, lengths: Sequence[str]) -> Iterator[Row]:
    """A file in every way: texts and passages, as they are and glued, with each kind of answer."""
    drawn = random.Random(f"{seed} {part.name} {part.language}")
    texts = {False: part.passages, True: [gluing.glued(passage, part.language, drawn) for passage in part.passages]}
    for length in lengths:
        for kind, (style, is_glued) in KINDS.items():
            passages = texts[is_glued] if length == "text" else annotated.joined(texts[is_glued], part.language)
            responses = answers(passages, style, seed)
            counts = {
                rule: count(responses, annotated.locale(part.language), ground)
                for rule, ground in rules.items()
                if rule != SLOW or kind in SLOW_KINDS
            }
            yield Row(
                part.name,
                part.language,
                length,
                kind,
                {rule: overall for rule, (overall, _, _) in counts.items()},
                {rule: at_signs for rule, (_, at_signs, _) in counts.items()},
                counts["best"][2],
            )


def speed(files: Sequence[Path], rules: dict[str, aligners.Ground], seed: int) -> dict[str, float]:
    """Mentions a second of noisy answers about passages, of some texts of each file, by rule."""
    work = []
    for file in files:
        part = annotated.read(file, SPEED_TEXTS)
        for passage, mentions, _ in answers(annotated.joined(part.passages, part.language), "noisy", seed):
            work.append((passage.text, annotated.locale(part.language), mentions))
    return {rule: aligners.rate(work, ground, repeats=3) for rule, ground in rules.items()}


def merge_speed(mentions: int) -> dict[str, float]:
    """Merging through Spark, which is loaded for that alone."""
    import merging

    with tempfile.TemporaryDirectory(prefix="finerweb-bench-") as work:
        return merging.merge_speed(mentions, Path(work))


def arguments() -> argparse.Namespace:
    """The options of the command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data", type=Path, nargs="+", default=FOLDERS, help="of the second and later folders, new languages"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="some texts of each file; no table is written")
    parser.add_argument(
        "--sets", nargs="+", default=[], metavar="PREFIX", help="files that begin so; no table is written"
    )
    parser.add_argument("--merge", type=int, default=1_000_000, help="mentions of the larger merge; 0 for none")
    return parser.parse_args()


def main() -> None:
    """Print a line for each file and kind, write the table, print the figures."""
    options = arguments()
    files = annotated.files(options.data, options.sets)
    if not files:
        raise SystemExit(
            f"no *.jsonl.gz in {', '.join(map(str, options.data))}; name folders of annotated texts (--data)"
        )
    rules = {policy: aligners.finerweb(policy) for policy in grounding.POLICIES}
    if not options.quick:
        rules[SLOW] = aligners.langextract()
    rows = []
    for file in files:
        part = annotated.read(file, QUICK_TEXTS if options.quick else None)
        for row in measure(
            part, rules, seed=options.seed, lengths=["passage"] if options.quick else ["text", "passage"]
        ):
            rows.append(row)
            print(grounding_report.line(row), flush=True)
    speeds = {} if options.quick else speed(files, rules, options.seed)
    merged = {} if options.quick or options.sets or not options.merge else merge_speed(options.merge)
    figures = grounding_report.figures(rows, speeds) | merged
    if not options.quick and not options.sets:
        grounding_report.write(rows, speeds, figures)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
