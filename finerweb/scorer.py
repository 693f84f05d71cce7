"""The usefulness regression: an encoder with one real-valued output. The only file that trains or runs it."""

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support, roc_auc_score
from torch.utils.data import Dataset
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
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

USEFUL_FROM = 3  # a rating of 3 or 4 is useful, as in the paper's section 2.2
THRESHOLD = 0.5  # of a prediction, likewise

Step = Callable[[int, int], None]


def device() -> torch.device:
    """The GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def has_bf16() -> bool:
    """Does the hardware multiply bf16 matrices itself, rather than emulate it?"""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return bool(
        torch.backends.cpu.get_cpu_capability().startswith("AVX512") and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    )


class _Passages(Dataset[dict[str, Any]]):
    """Tokenised passages and their targets."""

    def __init__(self, encoded: Any, targets: Sequence[float]) -> None:
        self.encoded, self.targets = encoded, targets

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, row: int) -> dict[str, Any]:
        return {**{key: values[row] for key, values in self.encoded.items()}, "labels": float(self.targets[row])}


class _Report(TrainerCallback):
    """Tells how many steps are done."""

    def __init__(self, step: Step) -> None:
        self.step = step

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """After each optimizer step."""
        self.step(state.global_step, state.max_steps)


@dataclass(frozen=True)
class Trained:
    """A trained regression: its folder, the curves (one dict a logged step), and the share of truncated passages."""

    folder: Path
    curves: list[dict[str, float]]
    truncated: float


def train(
    rows: pd.DataFrame,
    encoder: Path,
    folder: Path,
    *,
    learning_rate: float,
    batch_size: int,
    epochs: int,
    patience: int,
    seed: int,
    max_subwords: int,
    frozen_layers: int | None,
    dropout: float,
    on_step: Step,
) -> Trained:
    """Fine-tune `encoder` on `rows` (text, rating, split) and save the best epoch in `folder`.

    `frozen_layers` keeps the embeddings and that many layers as they are (None: all are trained), which saves most of
    the time on a CPU. The target is 1 for a rating of at least 3, else 0; the loss is the mean squared error (the
    paper's section 2.2). Raises ValueError where a split is empty or has ratings of one class only.
    """
    for split in ("train", "validation"):
        ratings = rows.loc[rows["split"] == split, "rating"]
        classes = sorted({bool(rating >= USEFUL_FROM) for rating in ratings})
        if len(classes) < 2:
            found = f"{len(ratings)} ratings: {sorted(set(ratings)) or 'none'}"
            raise ValueError(
                f"table ratings, split {split}: found {found}; wanted some below {USEFUL_FROM} and some not. "
                "Rate more passages (--set rate.per_language=N)"
            )
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    torch.manual_seed(seed)  # the new head is drawn before the Trainer seeds anything
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    model = AutoModelForSequenceClassification.from_pretrained(
        encoder,
        num_labels=1,
        problem_type="regression",
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout,
    )
    if frozen_layers is not None:
        for part in [model.base_model.embeddings, *model.base_model.encoder.layer[:frozen_layers]]:
            part.requires_grad_(False)

    def encode(split: str) -> _Passages:
        part = rows[rows["split"] == split]
        encoded = tokenizer(part["text"].tolist(), truncation=True, max_length=max_subwords)
        return _Passages(encoded, is_useful(part["rating"]).astype(float).tolist())

    data = {split: encode(split) for split in ("train", "validation")}
    full = sum(len(ids) >= max_subwords for ids in data["train"].encoded["input_ids"])
    trainer = Trainer(
        model=model,
        args=TrainingArguments(
            output_dir=str(folder / "checkpoints"),
            learning_rate=learning_rate,
            per_device_train_batch_size=batch_size,
            per_device_eval_batch_size=2 * batch_size,
            num_train_epochs=epochs,
            eval_strategy="epoch",
            save_strategy="best",
            logging_strategy="epoch",
            save_total_limit=1,
            save_only_model=True,
            load_best_model_at_end=True,
            metric_for_best_model="macro_f1",
            greater_is_better=True,
            use_cpu=device().type == "cpu",
            bf16=has_bf16(),
            fp16=device().type == "cuda" and not has_bf16(),
            seed=seed,
            report_to=[],
            disable_tqdm=True,
            train_sampling_strategy="group_by_length",
            dataloader_pin_memory=device().type == "cuda",
        ),
        train_dataset=data["train"],
        eval_dataset=data["validation"],
        data_collator=DataCollatorWithPadding(tokenizer, pad_to_multiple_of=8),
        compute_metrics=_binary_f1,
        callbacks=[EarlyStoppingCallback(early_stopping_patience=patience), _Report(on_step)],
    )
    trainer.remove_callback(PrinterCallback)  # it prints every log line as a dict, over the progress bar
    trainer.train()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return Trained(folder, trainer.state.log_history, full / max(1, len(data["train"])))


def is_useful(ratings: "pd.Series[int]") -> NDArray[np.bool_]:
    """The binary target of ratings 1-4."""
    useful: NDArray[np.bool_] = (ratings >= USEFUL_FROM).to_numpy(dtype=bool)
    return useful


def _binary_f1(prediction: EvalPrediction) -> dict[str, float]:
    return {"macro_f1": evaluate(np.asarray(prediction.predictions).ravel(), np.asarray(prediction.label_ids)).macro_f1}


@dataclass(frozen=True)
class Quality:
    """Macro-averaged precision, recall and F1 of `prediction > 0.5`, the AUC (nan for one class), rows = true class."""

    rows: int
    precision: float
    recall: float
    macro_f1: float
    auc: float
    confusion: NDArray[np.int64]


def evaluate(predictions: NDArray[np.floating[Any]], targets: NDArray[Any]) -> Quality:
    """Compare predictions with binary targets."""
    said, true = predictions > THRESHOLD, targets > THRESHOLD
    precision, recall, f1, _ = precision_recall_fscore_support(
        true, said, average="macro", labels=[False, True], zero_division=0
    )
    auc = float(roc_auc_score(true, predictions)) if len(set(true.tolist())) == 2 else math.nan
    confusion = confusion_matrix(true, said, labels=[False, True])
    return Quality(len(true), float(precision), float(recall), float(f1), auc, confusion)


class Scorer:
    """A trained regression, ready to score. bf16 where the hardware has it."""

    def __init__(self, folder: Path, *, max_subwords: int, tokens_per_batch: int) -> None:
        transformers_logging.disable_progress_bar()
        self._tokenizer = AutoTokenizer.from_pretrained(folder)
        model: Any = AutoModelForSequenceClassification.from_pretrained(folder)
        self._model = model.to(device(), dtype=torch.bfloat16 if has_bf16() else torch.float32).eval()
        self._max_subwords, self._tokens_per_batch = max_subwords, tokens_per_batch

    def score(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """A score for each text, in order, and its length in subwords as the encoder saw it.

        Texts are sorted by length and cut into batches of `tokens_per_batch` padded tokens. A score may be nan.
        """
        if not texts:
            return np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.int64)
        ids = self._tokenizer(list(texts), truncation=True, max_length=self._max_subwords)["input_ids"]
        lengths = np.array([len(row) for row in ids], dtype=np.int64)
        scores = np.full(len(ids), np.nan, dtype=np.float32)
        for batch in batches(lengths, self._tokens_per_batch):
            scores[batch] = self._forward([ids[row] for row in batch])
        return scores, lengths

    @torch.inference_mode()
    def _forward(self, ids: list[list[int]]) -> NDArray[np.float32]:
        try:
            batch = self._tokenizer.pad({"input_ids": ids}, return_tensors="pt").to(device())
            scores: NDArray[np.float32] = self._model(**batch).logits.float().squeeze(-1).cpu().numpy()
            return scores
        except torch.OutOfMemoryError:
            if len(ids) == 1:
                raise
        torch.cuda.empty_cache()
        half = len(ids) // 2
        return np.concatenate([self._forward(ids[:half]), self._forward(ids[half:])])


def batches(lengths: NDArray[np.int64], tokens: int) -> Iterator[NDArray[np.int64]]:
    """Rows of similar length, whose padded size is at most `tokens` (or a single row)."""
    order = np.argsort(-lengths, kind="stable")
    at = 0
    while at < len(order):
        size = max(1, tokens // max(1, int(lengths[order[at]])))
        yield order[at : at + size]
        at += size


@functools.lru_cache(maxsize=2)
def load(folder: str, max_subwords: int, tokens_per_batch: int) -> Scorer:
    """The worker's own scorer."""
    return Scorer(Path(folder), max_subwords=max_subwords, tokens_per_batch=tokens_per_batch)
