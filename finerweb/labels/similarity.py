"""How alike two label names are: the cosine of their MiniLM embeddings."""

import functools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModel, AutoTokenizer

BATCH = 256


class Embedder:
    """A sentence encoder with mean pooling, as all-MiniLM-L6-v2 was trained."""

    def __init__(self, folder: Path) -> None:
        self._tokenizer = AutoTokenizer.from_pretrained(folder)
        self._model = AutoModel.from_pretrained(folder).eval()

    @torch.inference_mode()
    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One unit vector a text: `[texts, dimensions]`, empty for no texts."""
        vectors = []
        for start in range(0, len(texts), BATCH):
            batch = self._tokenizer(
                list(texts[start : start + BATCH]), padding=True, truncation=True, return_tensors="pt"
            )
            hidden = self._model(**batch).last_hidden_state
            mask = batch["attention_mask"].unsqueeze(-1)
            pooled = (hidden * mask).sum(dim=1) / mask.sum(dim=1)
            vectors.append(torch.nn.functional.normalize(pooled, dim=1).float().numpy())
        return np.concatenate(vectors) if vectors else np.zeros((0, 0), dtype=np.float32)

    def cosines(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """The similarity of each pair; every distinct text is embedded once."""
        texts = sorted({text for pair in pairs for text in pair})
        place = {text: row for row, text in enumerate(texts)}
        vectors = self.embed(texts)
        left = np.array([place[a] for a, _ in pairs], dtype=np.int64)
        right = np.array([place[b] for _, b in pairs], dtype=np.int64)
        cosines: NDArray[np.float32] = (
            np.einsum("ij,ij->i", vectors[left], vectors[right]) if pairs else np.zeros(0, np.float32)
        )
        return cosines


@functools.lru_cache(maxsize=1)
def load(folder: str) -> Embedder:
    """The worker's own embedder."""
    return Embedder(Path(folder))
