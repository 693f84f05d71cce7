"""gliner's own training, as it stands: the baseline that a student is compared with."""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

from finerweb.encoders.device import has_bf16
from finerweb.formats import tagging
from finerweb.student.examples import Example
from finerweb.text.spans import Entity

LOCALE = "en"  # ICU takes a dictionary by the script
LONGEST = 256  # words that are read of a text


class Fitted(NamedTuple):
    """How long a step takes, and the entities that gliner's words cannot express or that are cut off."""

    seconds_per_step: float
    unreachable: list[Entity]


def fit(
    examples: Sequence[Example],
    *,
    encoder: Path,
    folder: Path,
    steps: int,
    batch_size: int,
    learning_rate: float,
    head_learning_rate: float,
    negatives: Sequence[Sequence[str]] | None = None,
    max_width: int = 12,
    seed: int = 0,
) -> Fitted:
    """Train a GLiNER on the examples in their order, a batch a step, and save it in `folder`.

    Words are ICU's. `negatives` are each example's wrong labels; without them gliner takes those of the batch. The
    encoder's word embeddings stay as they are. A span of more than `max_width` words, or not on edges of words, is one
    of `unreachable`.
    """
    torch.manual_seed(seed)
    model = _untrained(encoder, max_width)
    unreachable: list[Entity] = []
    rows = [_record(example, max_width, unreachable) for example in examples]
    for row, wrong in zip(rows, negatives or [], strict=negatives is not None):
        row["ner_negatives"] = list(wrong)
    began = time.monotonic()
    _train(model, rows, steps=steps, batch_size=batch_size, rates=(learning_rate, head_learning_rate), seed=seed)
    seconds = time.monotonic() - began
    model.save_pretrained(folder)
    return Fitted(seconds / steps, unreachable)


def _untrained(encoder: Path, max_width: int) -> Any:
    """A GLiNER on an encoder whose word embeddings are frozen."""
    from gliner import GLiNER  # twenty seconds to import
    from transformers import AutoConfig

    model: Any = GLiNER.from_config(
        {
            "model_name": str(encoder),
            "name": "baseline",
            "span_mode": "markerV0",
            "hidden_size": AutoConfig.from_pretrained(encoder).hidden_size,
            "max_width": max_width,
            "max_len": LONGEST,
            "max_types": 25,
            "max_neg_type_ratio": 1,
            "shuffle_types": True,
            "random_drop": True,
            "subtoken_pooling": "first",
            "fine_tune": True,
            "dropout": 0.1,
        }
    )
    for name, value in model.named_parameters():
        if "word_embeddings" in name:
            value.requires_grad_(False)
    return model


def _train(
    model: Any, rows: list[dict[str, Any]], *, steps: int, batch_size: int, rates: tuple[float, float], seed: int
) -> None:
    with tempfile.TemporaryDirectory(prefix="finerweb-gliner-") as place:
        model.train_model(
            rows,
            rows[:1],
            output_dir=place,
            learning_rate=rates[0],
            others_lr=rates[1],
            per_device_train_batch_size=batch_size,
            max_steps=steps,
            warmup_ratio=0.1,
            save_strategy="no",
            logging_strategy="no",
            disable_tqdm=True,
            dataloader_num_workers=0,
            train_sampling_strategy="sequential",
            use_cpu=not torch.cuda.is_available(),
            bf16=has_bf16(),
            seed=seed,
        )


def _record(example: Example, max_width: int, unreachable: list[Entity]) -> dict[str, Any]:
    """A text as gliner trains on it: its words, and spans of words, both ends inclusive."""
    words = tagging.tokens(example.text, LOCALE)[:LONGEST]
    starts = {word.start: number for number, word in enumerate(words)}
    ends = {word.end: number for number, word in enumerate(words)}
    spans = []
    for entity in example.entities:
        first, last = starts.get(entity.start), ends.get(entity.end)
        if first is None or last is None or last - first >= max_width:
            unreachable.append(entity)
        else:
            spans.append((first, last, entity.label))
    return {"tokenized_text": [example.text[slice(*word)] for word in words] or [""], "ner": spans}
