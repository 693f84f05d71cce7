"""The usefulness regression at work: an encoder with one or more real-valued heads. The only file that runs it."""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModelForSequenceClassification
from transformers.utils import logging as transformers_logging

from finerweb.encoders import tokenizing
from finerweb.encoders.device import batches, device, has_bf16, is_out_of_memory, longest
from finerweb.errors import TooLarge
from finerweb.scorer import model_card

# Padded tokens of a batch where no setting says otherwise: a CPU is as fast with a few passages as with many, and pads
# less; a GPU wants many at once.
TOKENS = {"cpu": 2048, "cuda": 32_768}
# Plain matrix products: on a CPU torch's fused attention does 0.88 times as much with XLM-R-base in bf16 (Zen 5).
ATTENTION = {"cpu": "eager", "cuda": None}


class Scorer:
    """A trained regression, ready to score. bf16 where the hardware has it."""

    def __init__(self, folder: Path, *, tokens_per_batch: int | None) -> None:
        transformers_logging.disable_progress_bar()
        self.card = model_card.read(folder)
        self._tokenizer = tokenizing.load(folder)
        how = ATTENTION[device().type]
        model: Any = AutoModelForSequenceClassification.from_pretrained(folder, attn_implementation=how)
        self._model = model.to(device(), dtype=torch.bfloat16 if has_bf16() else torch.float32).eval()
        self.limit = min(self.card.max_subwords, longest(model.config))
        self._tokens_per_batch = tokens_per_batch or TOKENS[device().type]

    def score(self, texts: Sequence[str], *, cut: bool = False) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """What each head says of each text, a row a text, in order; and how long the texts are, in subwords.

        A text of more than `limit` subwords is not scored (nan), or with `cut` only its beginning is. Texts are sorted
        by length and cut into batches of `tokens_per_batch` padded tokens. Raises TooLarge.
        """
        values = np.full((len(texts), len(self.card.targets)), np.nan, dtype=np.float32)
        if not texts:
            return values, np.zeros(0, dtype=np.int64)
        ids = self._tokenizer(list(texts), truncation=False, verbose=False)["input_ids"]
        lengths = np.array([len(row) for row in ids], dtype=np.int64)
        if cut and lengths.max() > self.limit:
            ids = self._tokenizer(list(texts), truncation=True, max_length=self.limit)["input_ids"]
        fits = np.flatnonzero((lengths <= self.limit) | cut)
        for batch in batches(np.minimum(lengths[fits], self.limit), self._tokens_per_batch):
            rows = fits[batch]
            values[rows] = self._forward([ids[row] for row in rows])
        for head, target in enumerate(self.card.heads):
            values[:, head] = target.from_head(values[:, head])
        return values, lengths

    @torch.inference_mode()
    def _forward(self, ids: list[list[int]]) -> NDArray[np.float32]:
        try:
            batch = self._tokenizer.pad({"input_ids": ids}, return_tensors="pt").to(device())
            outputs: NDArray[np.float32] = self._model(**batch).logits.float().cpu().numpy()
            return outputs
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            if len(ids) == 1:
                raise TooLarge(
                    f"no memory for one passage of {len(ids[0])} subwords on {device()}; wanted room for at least one: "
                    "give a task more memory (fewer tasks on a GPU), or train a smaller encoder"
                ) from error
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        half = len(ids) // 2
        return np.concatenate([self._forward(ids[:half]), self._forward(ids[half:])])


@functools.lru_cache(maxsize=2)
def load(folder: str, tokens_per_batch: int | None) -> Scorer:
    """The worker's own scorer."""
    return Scorer(Path(folder), tokens_per_batch=tokens_per_batch)
