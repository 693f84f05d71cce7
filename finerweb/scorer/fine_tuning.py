"""Fine-tune an encoder on ratings, with transformers' own training loop; the only file that trains the regression."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    DataCollatorWithPadding,
    EarlyStoppingCallback,
    EvalPrediction,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)
from transformers.utils import logging as transformers_logging

from finerweb.encoders import tokenizing
from finerweb.encoders.device import device, has_bf16, longest
from finerweb.errors import Diverged, TooFewRatings
from finerweb.scorer import quality
from finerweb.scorer.recipe import Recipe
from finerweb.scorer.targets import USEFUL_FROM, Target, is_useful

# Texts of a length in a batch, as transformers 5 says it, and 4, which Databricks' runtimes have.
IS_NEWER = "train_sampling_strategy" in TrainingArguments.__dataclass_fields__
BY_LENGTH: dict[str, Any] = {"train_sampling_strategy": "group_by_length"} if IS_NEWER else {"group_by_length": True}
OVERFLOWS_IN_FP16 = {"deberta-v2"}  # mDeBERTa; microsoft/DeBERTa#77

# What configurations call their dropouts.
DROPOUTS = (
    *("hidden_dropout_prob", "attention_probs_dropout_prob", "dropout", "attention_dropout", "embedding_dropout"),
    *("mlp_dropout", "classifier_dropout", "seq_classif_dropout", "pooler_dropout"),
)
CHECKPOINTS = "checkpoints"
DIVERGED = -1.0  # the F1 of a model whose predictions are no numbers: worse than any

Step = Callable[[int, int], None]


@dataclass(frozen=True)
class Trained:
    """The curves (one dict a logged step), the best validation macro F1, and the share of passages that were cut."""

    curves: list[dict[str, float]]
    validation_f1: float
    truncated: float


class _Passages(Dataset[dict[str, Any]]):
    """Tokenised passages, what each head is to say of them, and what each counts."""

    def __init__(self, encoded: Any, labels: NDArray[np.float32], weights: NDArray[np.float32]) -> None:
        self.encoded, self.labels, self.weights = encoded, labels, weights

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, row: int) -> dict[str, Any]:
        inputs = {key: values[row] for key, values in self.encoded.items()}
        return {**inputs, "labels": self.labels[row].tolist(), "weight": float(self.weights[row])}


class _Report(TrainerCallback):
    """Tells how many steps are done."""

    def __init__(self, step: Step) -> None:
        self.step = step

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """After each optimizer step."""
        self.step(state.global_step, state.max_steps)


class _Regression(Trainer):
    """The mean squared error of all heads, passages weighted."""

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """The loss, with the outputs where they are asked for."""
        labels, weight = inputs.pop("labels"), inputs.pop("weight")
        outputs = model(**inputs)
        loss = (weight * ((outputs.logits.float() - labels) ** 2).mean(dim=-1)).mean()
        return (loss, outputs) if return_outputs else loss


def fine_tune(
    rows: pd.DataFrame,
    encoder: Path,
    folder: Path,
    *,
    recipe: Recipe,
    max_subwords: int,
    seed: int,
    on_step: Step,
) -> Trained:
    """Fine-tune `encoder` on `rows` (text, rating, split) and save the epoch with the best macro F1 in `folder`.

    One head a target; that of the first one decides which epoch is best. With `balance`, each class of it counts as
    much as another, however rare. `frozen_layers` keeps the embeddings and that many layers as they are (None: all are
    trained), which saves most of the time on a CPU. Of a text the first `max_subwords` are read. Raises TooFewRatings
    where a split has no or one kind of ratings, and Diverged.
    """
    _require_both_kinds(rows)
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    torch.manual_seed(seed)  # the new heads are drawn before the Trainer seeds anything
    tokenizer = tokenizing.load(encoder)
    model = _model(encoder, recipe)
    limit = min(max_subwords, longest(model.config))
    trainer = _trainer(rows, model, tokenizer, folder, recipe=recipe, limit=limit, seed=seed)
    trainer.add_callback(_Report(on_step))
    trainer.train()
    best = trainer.state.best_metric
    if best == DIVERGED:
        raise Diverged(
            f"seed {seed}: the predictions are no finite numbers; lower train.learning_rate ({recipe.learning_rate:g})"
        )
    shutil.rmtree(folder / CHECKPOINTS)  # the best one's weights are the model's by now
    model.save_pretrained(folder)
    tokenizing.copy(encoder, folder)
    texts = rows.loc[rows["split"] == "train", "text"].tolist()
    return Trained(trainer.state.log_history, float(best or 0.0), _share_cut(texts, tokenizer, limit))


def _trainer(
    rows: pd.DataFrame, model: Any, tokenizer: Any, folder: Path, *, recipe: Recipe, limit: int, seed: int
) -> Trainer:
    train, validation = (
        _encode(rows[rows["split"] == split], tokenizer, recipe, limit=limit) for split in ("train", "validation")
    )
    trainer = _Regression(
        model=model,
        args=_arguments(folder, recipe, seed, model.config.model_type),
        train_dataset=train,
        eval_dataset=validation,
        data_collator=DataCollatorWithPadding(tokenizer, pad_to_multiple_of=8),
        compute_metrics=lambda prediction: _first_f1(prediction, recipe.heads[0]),
        callbacks=[EarlyStoppingCallback(early_stopping_patience=recipe.patience)],
    )
    trainer.remove_callback(PrinterCallback)  # it prints every log line as a dict, over the progress bar
    return trainer


def _share_cut(texts: list[str], tokenizer: Any, limit: int) -> float:
    """The share of the texts that are longer than what is read of them."""
    whole = tokenizer(texts, truncation=False, verbose=False)["input_ids"]
    return sum(len(ids) > limit for ids in whole) / len(whole)


def _require_both_kinds(rows: pd.DataFrame) -> None:
    for split in ("train", "validation"):
        ratings = rows.loc[rows["split"] == split, "rating"]
        if len(set(is_useful(ratings.to_numpy()).tolist())) < 2:
            counted = f"{len(ratings)} ratings: {sorted(set(ratings)) or 'none'}"
            raise TooFewRatings(
                f"table ratings, split {split}: found {counted}; wanted some below {USEFUL_FROM} and some not. "
                "Rate more passages (--set rate.per_language=N)"
            )


def _model(encoder: Path, recipe: Recipe) -> Any:
    config = AutoConfig.from_pretrained(encoder, num_labels=len(recipe.targets), problem_type="regression")
    for name in DROPOUTS:
        if isinstance(getattr(config, name, None), float | int):
            setattr(config, name, recipe.dropout)
    model = AutoModelForSequenceClassification.from_pretrained(encoder, config=config)
    if recipe.frozen_layers is not None:
        lists = [part for part in model.base_model.modules() if isinstance(part, torch.nn.ModuleList)]
        layers = max(lists, key=len)  # whatever an architecture calls them
        for part in [model.base_model.embeddings, *layers[: recipe.frozen_layers]]:
            part.requires_grad_(False)
    return model


def _encode(part: pd.DataFrame, tokenizer: Any, recipe: Recipe, *, limit: int) -> _Passages:
    encoded = tokenizer(part["text"].tolist(), truncation=True, max_length=limit)
    ratings, first = part["rating"].to_numpy(), recipe.heads[0]
    labels = np.stack([target.to_head(target.encode(ratings)) for target in recipe.heads], axis=1).astype(np.float32)
    return _Passages(encoded, labels, _weights(first.classify(first.encode(ratings)), recipe.balance))


def _weights(classes: NDArray[np.int64], balance: bool) -> NDArray[np.float32]:
    """What each row counts, 1 on average: as much as any other, or as its class is rare."""
    if not balance:
        return np.ones(len(classes), dtype=np.float32)
    _, which, counts = np.unique(classes, return_inverse=True, return_counts=True)
    return (len(classes) / (len(counts) * counts[which])).astype(np.float32)


def _first_f1(prediction: EvalPrediction, target: Target) -> dict[str, float]:
    if not np.isfinite(prediction.predictions).all():
        return {"macro_f1": DIVERGED}
    predicted = target.from_head(np.asarray(prediction.predictions)[:, 0])
    true = target.from_head(np.asarray(prediction.label_ids)[:, 0])
    return {"macro_f1": quality.macro_f1(predicted, true, target)}


def _arguments(folder: Path, recipe: Recipe, seed: int, model_type: str) -> TrainingArguments:
    is_gpu = device().type == "cuda"
    return TrainingArguments(
        output_dir=str(folder / CHECKPOINTS),
        learning_rate=recipe.learning_rate,
        per_device_train_batch_size=recipe.batch_size,
        per_device_eval_batch_size=2 * recipe.batch_size,
        num_train_epochs=recipe.epochs,
        eval_strategy="epoch",
        save_strategy="best",
        logging_strategy="epoch",
        save_total_limit=1,
        save_only_model=True,
        load_best_model_at_end=True,
        metric_for_best_model="macro_f1",
        greater_is_better=True,
        use_cpu=not is_gpu,
        bf16=has_bf16(),
        fp16=is_gpu and not has_bf16() and model_type not in OVERFLOWS_IN_FP16,
        seed=seed,
        report_to=[],
        disable_tqdm=True,
        **BY_LENGTH,
        dataloader_pin_memory=is_gpu,
        remove_unused_columns=False,
        label_names=["labels"],
    )
