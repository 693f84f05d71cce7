"""The machine that a benchmark runs on: its name, and how fast it multiplies matrices."""

import os
import time
from pathlib import Path

import torch

SHAPES = ((1024, 1024, 1024), (2048, 2048, 2048), (1024, 768, 3072))  # rows, inner, columns; the last is XLM-R's own
SECONDS = 1.0


def device() -> str:
    """The GPU's name, or the CPU's with its cores and the widest instructions that torch uses."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"{_cpu()}, {os.cpu_count()} cores, {torch.backends.cpu.get_cpu_capability()}{_bf16()}"


def _cpu() -> str:
    names = [line for line in _proc("cpuinfo").splitlines() if line.startswith("model name")]
    return names[0].partition(":")[2].strip() if names else "CPU"


def _bf16() -> str:
    if torch.cpu._is_amx_tile_supported():
        return " with AMX"
    return " with bf16 dot products" if torch.cpu._is_avx512_bf16_supported() else " without bf16"


def _proc(name: str) -> str:
    path = Path("/proc") / name
    return path.read_text() if path.is_file() else ""


def matrix_peak(dtype: torch.dtype, where: torch.device) -> float:
    """FLOP a second of the fastest of some matrix products, on all cores."""
    return max(_rate(shape, dtype, where) for shape in SHAPES)


def _rate(shape: tuple[int, int, int], dtype: torch.dtype, where: torch.device) -> float:
    rows, inner, columns = shape
    left, right = torch.randn(rows, inner, device=where), torch.randn(inner, columns, device=where)
    left, right = left.to(dtype), right.to(dtype)
    for _ in range(3):
        left @ right
    _wait(where)
    done, began = 0, time.monotonic()
    while (passed := time.monotonic() - began) < SECONDS:
        for _ in range(10):
            left @ right
        _wait(where)
        done += 10
    return 2 * rows * inner * columns * done / passed


def _wait(where: torch.device) -> None:
    if where.type == "cuda":
        torch.cuda.synchronize()
