"""The machines that tasks run on, as a task finds them: Python, packages, GPUs. It asks nothing and loads no model."""

import functools
import os
import platform
import socket
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.util import find_spec
from typing import Any, NamedTuple

import pandas as pd
from pyspark import TaskContext
from pyspark.sql import SparkSession

SMI = "nvidia-smi"  # NVIDIA's own: it knows of GPUs that no package can use
MEBIBYTE = 2**20
ROW = "host string, python string, missing array<string>, gpus array<bigint>, is_scheduled boolean, trouble string"


class Doubt(str):
    """What was found, and may be meant."""


class Machine(NamedTuple):
    """What a task finds.

    `missing` are modules; `gpus` the memory of each GPU that the task may use, in bytes; `is_scheduled` says whether
    Spark gave them to it alone; `trouble` is why torch cannot use them.
    """

    host: str
    python: str
    missing: tuple[str, ...]
    gpus: tuple[int, ...]
    is_scheduled: bool
    trouble: str | None


Machines = Callable[[], list[Machine]]  # looked at once, when somebody first asks


def look(spark: SparkSession, *, tasks: int, modules: Sequence[str], smi: str = SMI) -> list[Machine]:
    """What so many tasks find, each kind once, by host."""
    probe = functools.partial(_probe, modules=tuple(modules), smi=smi)
    rows = spark.range(0, tasks, 1, tasks).mapInPandas(probe, ROW).distinct().collect()
    return sorted({_machine(row.asDict()) for row in rows}, key=str)


def here(modules: Sequence[str], smi: str = SMI) -> Machine:
    """What this process finds."""
    gpus, is_scheduled = _gpus(smi)
    missing = tuple(module for module in modules if find_spec(module) is None)
    python = platform.python_version().rpartition(".")[0]
    trouble = _trouble() if gpus and "torch" in modules and "torch" not in missing else None
    return Machine(socket.gethostname(), python, missing, gpus, is_scheduled, trouble)


def _machine(row: dict[str, Any]) -> Machine:
    return Machine(**{**row, "missing": tuple(row["missing"]), "gpus": tuple(row["gpus"])})


def _probe(batches: Iterable[pd.DataFrame], *, modules: Sequence[str], smi: str) -> Iterator[pd.DataFrame]:
    machine = here(modules, smi)
    for _ in batches:
        yield pd.DataFrame([{**machine._asdict(), "missing": list(machine.missing), "gpus": list(machine.gpus)}])


def _gpus(smi: str) -> tuple[tuple[int, ...], bool]:
    """The bytes of each GPU that this process may use, and whether Spark gave them to its task alone."""
    context = TaskContext.get()
    given = context.resources().get("gpu") if context else None
    chosen = ",".join(given.addresses) if given else os.environ.get("CUDA_VISIBLE_DEVICES", "")
    which = [f"--id={chosen}"] if chosen else []
    command = [smi, "--query-gpu=memory.total", "--format=csv,noheader,nounits", *which]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout
    except (OSError, subprocess.SubprocessError):
        return (), given is not None
    return tuple(int(line) * MEBIBYTE for line in answer.split("\n") if line.strip().isdigit()), given is not None


def _trouble() -> str | None:
    """Why torch cannot use the GPUs that there are; None where it can."""
    import torch  # on a machine with GPUs alone: it takes seconds

    if torch.cuda.is_available():
        return None
    return f"torch {torch.__version__} is built for CUDA {torch.version.cuda or 'none'}, and cannot use the GPU there"
