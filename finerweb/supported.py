"""What finerweb runs on, and the packages that some jobs need besides: what `finerweb check` looks for.

Tried: Spark 4.1 with Python 3.11, in all tests; Spark 4.0 with Python 3.12, on the sample. Databricks Runtime 18 has
Spark 4.1, 17.3 has Spark 4.0, and both Python 3.12; serverless environment 5 has Python 3.12.
"""

from collections.abc import Iterable, Mapping

from finerweb.errors import NotInstalled

SPARK = ("4.0", "4.1")
PYTHON = ("3.11", "3.12", "3.13")
JAVA = 17
DELTA = "4"  # the major version

# Modules by job. Those of engines are looked for by their own checks.
TORCH = ("torch", "transformers")
MODULES: Mapping[str, tuple[str, ...]] = {
    "train_scorer": (*TORCH, "accelerate"),
    "promote_scorer": TORCH,
    "score_passages": TORCH,
    "merge_entities": TORCH,
    "train_student": (*TORCH, "accelerate"),
    "promote_student": TORCH,
    "evaluate_student": TORCH,
    "tag_passages": TORCH,
}
# The extra that has a module.
EXTRAS = {
    **dict.fromkeys(("pyspark", "delta", "torch"), "local"),
    **dict.fromkeys(("transformers", "accelerate", "safetensors"), "gpu"),
    **{"datasets": "hub", "gliner": "gliner", "spacy": "spacy", "vllm": "vllm"},
}


def modules(jobs: Iterable[str]) -> list[str]:
    """The modules that these jobs need besides those of the wheel's own requirements, in order."""
    return sorted({module for job in jobs for module in MODULES.get(job, ())})


def way_out(module: str) -> str:
    """How a module is had."""
    extra = EXTRAS.get(module)
    platform = " (a platform has its own)" if extra == "local" else ""
    return f"pip install 'finerweb[{extra}]'{platform}" if extra else f"pip install {module}"


def missing(module: str | None) -> NotInstalled | None:
    """What a failed import says to a person; None for one that no extra has: that is a bug."""
    name = (module or "").partition(".")[0]
    return NotInstalled(f"the package {name} is not installed", way_out=way_out(name)) if name in EXTRAS else None
