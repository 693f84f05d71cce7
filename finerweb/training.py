"""Train the regression on ratings, track it, register it."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from finerweb import encoders, progress, scorer, settings, tracking


class Registered(NamedTuple):
    """The version in the registry, and a word on how good it is."""

    version: str
    said: str


def train(
    rated: pd.DataFrame,
    how: settings.Train,
    *,
    tracking_at: settings.Tracking,
    work: Path,
    max_subwords: int,
    tokens_per_batch: int,
    inputs: Mapping[str, str],
) -> Registered:
    """Fine-tune the encoder on `rated` (passage_id, language, text, rating, split); returns what was registered.

    The quality that is logged is that of the test split, which chose nothing.
    """
    encoder = encoders.fetch(how.encoder.encoder, work)
    with tempfile.TemporaryDirectory(prefix="finerweb-train-") as folder:
        trained = scorer.train(
            rated,
            encoder,
            Path(folder),
            learning_rate=how.learning_rate,
            batch_size=how.batch_size,
            epochs=how.epochs,
            patience=how.patience,
            seed=how.seed,
            max_subwords=max_subwords,
            frozen_layers=how.frozen_layers,
            dropout=how.dropout,
            on_step=lambda done, total: progress.update(done, total, "steps"),
        )
        model = scorer.Scorer(trained.folder, max_subwords=max_subwords, tokens_per_batch=tokens_per_batch)
        test = rated[rated["split"] == "test"].copy()
        test["score"], _ = model.score(test["text"].tolist())
        quality = scorer.evaluate(test["score"].to_numpy(), scorer.is_useful(test["rating"]))
        by_language = [
            {
                "language": language,
                **_numbers(scorer.evaluate(part["score"].to_numpy(), scorer.is_useful(part["rating"]))),
            }
            for language, part in test.groupby("language")
        ]
        tracking.connect(tracking_at.uri, tracking_at.experiment)
        version = tracking.record(
            tracking_at.model,
            trained.folder,
            params={
                **how.model_dump(exclude={"encoder"}),
                "encoder": how.encoder.encoder.origin,
                "max_subwords": max_subwords,
                **{f"rows_{split}": int(count) for split, count in rated["split"].value_counts().items()},
                **{f"version_{table}": version for table, version in inputs.items()},
            },
            metrics={
                **{f"test_{key}": value for key, value in _numbers(quality).items()},
                "truncated": trained.truncated,
            },
            curves=trained.curves,
            confusion=quality.confusion,
            by_language=pd.DataFrame(by_language),
            example=test["text"].head(1).tolist(),
            max_subwords=max_subwords,
            tokens_per_batch=tokens_per_batch,
        )
    tracking.promote(tracking_at.model, version, tracking_at.alias)
    said = f"macro F1 {quality.macro_f1:.2f} on {quality.rows:,} test passages"
    return Registered(version, f"{said} · {tracking_at.alias} is version {version}")


def _numbers(quality: scorer.Quality) -> dict[str, float]:
    return {
        "rows": quality.rows,
        "precision": quality.precision,
        "recall": quality.recall,
        "macro_f1": quality.macro_f1,
        "auc": quality.auc,
    }
