"""The vectors of label names, by a frozen encoder; kept, since the same names come again and again."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from finerweb.encoders import tokenizing
from finerweb.encoders.device import device
from finerweb.student.network import pretrained

BATCH = 256  # names
LONGEST = 64  # subwords of a name that are read, Otter's own limit


class LabelVectors:
    """Reads names with the encoder in `folder`, each within `prompt`, such as `query: {}` for E5."""

    def __init__(self, folder: Path, prompt: str) -> None:
        self.encoder: Any = rounded(pretrained(folder)).eval().to(device())
        self._tokenizer: Any = tokenizing.load(folder)
        self._prompt = prompt
        self._vectors: dict[str, Tensor] = {}

    @property
    def size(self) -> int:
        """Dimensions of a vector."""
        return int(self.encoder.config.hidden_size)

    def of_names(self, names: Sequence[str]) -> Tensor:
        """A row for each name: the mean of its subwords' last hidden states, in single precision."""
        unread = sorted({name for name in names if name not in self._vectors})
        unread.sort(key=len)  # little padding
        for start in range(0, len(unread), BATCH):
            part = unread[start : start + BATCH]
            self._vectors.update(zip(part, self._read(part), strict=True))
        return torch.stack([self._vectors[name] for name in names])

    @torch.inference_mode(False)
    @torch.no_grad()
    def _read(self, names: Sequence[str]) -> Tensor:
        texts = [self._prompt.format(name) for name in names]
        batch = self._tokenizer(texts, padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")
        batch = batch.to(device())
        hidden = self.encoder(**batch).last_hidden_state.float()
        mask = batch["attention_mask"].unsqueeze(-1)
        mean: Tensor = (hidden * mask).sum(dim=1) / mask.sum(dim=1)
        return mean


def rounded(encoder: Any) -> Any:
    """An encoder with what bf16 holds of its weights: it is saved in bf16, and reads the same before and after."""
    return encoder.to(torch.bfloat16).float()
