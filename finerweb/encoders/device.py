"""What an encoder runs on: the device, the precision that it has in hardware, and batches that fit it."""

import platform
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray


def device() -> torch.device:
    """The GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def has_bf16() -> bool:
    """Does the hardware multiply bf16 matrices itself, rather than emulate it?

    oneDNN calls bf16 supported wherever there is AVX-512; without the instructions for it, it is slower than fp32.
    """
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if platform.machine() in ("aarch64", "arm64"):
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def longest(config: Any) -> int:
    """Subwords that an encoder reads at once. RoBERTa's positions begin behind that of the padding."""
    positions = int(getattr(config, "max_position_embeddings", 512))
    return positions - config.pad_token_id - 1 if "roberta" in config.model_type else positions


def is_out_of_memory(error: RuntimeError) -> bool:
    """Does torch say, in one of its ways, that there is no room?"""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def batches(lengths: NDArray[np.int64], tokens: int) -> Iterator[NDArray[np.int64]]:
    """Rows of similar length, whose padded size is at most `tokens` (or a single row)."""
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        size = max(1, tokens // max(1, int(lengths[order[start]])))
        yield order[start : start + size]
        start += size
