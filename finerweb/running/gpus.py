"""The GPUs of tasks, and whether a model fits them: said before the job that finds out has cost hours."""

from pyspark.sql import SparkSession

from finerweb import engines, shipping
from finerweb.errors import EngineFailed, NotInstalled
from finerweb.running.machines import Doubt, Machines

GIGABYTE = 10**9
UTILISATION = 0.92  # of a GPU's memory, which vLLM takes if nothing else is set (gpu_memory_utilization)


def look(spark: SparkSession, fleet: Machines) -> str:
    """The GPUs of a task, in words; a Doubt where tasks share one. Raises NotInstalled where torch cannot use them."""
    for machine in fleet():
        if machine.trouble:
            raise NotInstalled(
                f"on {machine.host}",
                found=machine.trouble,
                wanted="a build for its driver",
                way_out="leave torch to the platform (finerweb without [local]), or install the build for its CUDA",
            )
    shared = [machine.host for machine in fleet() if machine.gpus and not machine.is_scheduled]
    if shared and not shipping.is_local(spark):
        return Doubt(
            f"GPUs on {', '.join(sorted(shared))}, which Spark does not hand out: every task loads its own model on "
            "the first; set spark.task.resource.gpu.amount=1 (and spark.executor.resource.gpu.*, unless the platform "
            "does)"
        )
    sizes = sorted({size for machine in fleet() for size in machine.gpus})
    return f"a task has {_gigabytes(sizes[0])}, to itself" if sizes else "none: scoring and training take the CPU"


def room(spec: engines.Spec, name: str, fleet: Machines) -> str:
    """Whether the model fits the GPUs that a task has; nothing where its engine wants none. Raises EngineFailed."""
    if not getattr(spec.module, "needs_gpu", lambda: False)():
        return ""
    spread = int(spec.settings.get("tensor_parallel_size", 1)) * int(spec.settings.get("pipeline_parallel_size", 1))
    few = min(fleet(), key=lambda machine: len(machine.gpus))
    if len(few.gpus) < spread:
        raise EngineFailed(
            f"model {name}: a task on {few.host}",
            found=f"{len(few.gpus)} GPUs" if few.gpus else "no GPU",
            wanted=f"{spread}" if few.gpus else "one, for engine vllm",
            way_out="run this job where there are (Databricks: the cluster `teacher`), and let Spark hand out as many "
            f"to each task: models.{name}.gpus={spread}, or spark.task.resource.gpu.amount={spread}",
        )
    size, least = spec.module.size(spec), min(min(machine.gpus) for machine in fleet())
    if size is None:
        return f"{_gigabytes(least)} for a model whose size nobody says"
    share = float(spec.settings.get("gpu_memory_utilization", UTILISATION))
    if size > share * least:
        raise EngineFailed(
            f"model {name}: {size / GIGABYTE:.1f} GB of weights on each GPU, and a cache",
            found=_gigabytes(least),
            wanted=f"more than {size / share / GIGABYTE:.0f} GB",
            way_out="take machines with larger GPUs, a quantised model, or several GPUs for one "
            f"(models.{name}.tensor_parallel_size=N with gpus=N)",
        )
    return f"{size / GIGABYTE:.1f} GB of weights on {_gigabytes(least)}"


def _gigabytes(size: int) -> str:
    return f"a GPU of {size / GIGABYTE:.0f} GB"
