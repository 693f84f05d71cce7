"""databricks.yml as a target has it, and the rules that its schema does not have. DECISIONS.md says where each is from.

A rule takes a target and says in words what breaks it.
"""

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from finerweb import questions, supported
from finerweb.asking import subjects
from finerweb.settings import Settings

# GPUs of a node, and the memory of each in GB (10**9 bytes): the clouds' own pages on these machines.
GPUS = {
    "g5.2xlarge": (1, 24),  # NVIDIA A10G
    "g6.2xlarge": (1, 24),  # L4
    "g6e.12xlarge": (4, 48),  # L40S
    "p4d.24xlarge": (8, 40),  # A100
    "p4de.24xlarge": (8, 80),
    "p5.48xlarge": (8, 80),  # H100
    "Standard_NC24ads_A100_v4": (1, 80),
    "Standard_NV36ads_A10_v5": (1, 24),
    "a2-ultragpu-1g": (1, 80),
    "g2-standard-8": (1, 24),
}
# GB of a model's weights as the Hub has them: parameters times bytes, from the index of its safetensors.
WEIGHTS = {"google/gemma-3-27b-it": 54.9, "FacebookAI/xlm-roberta-base": 1.1, "intfloat/multilingual-e5-small": 0.5}
TRAINED = 4  # weights, gradients and Adam's two moments, in the precision of the weights
ROOM = 0.9  # of a GPU's memory that vLLM takes; weights may have so much of that, and the cache has the rest
CACHE = 0.2

ASKING = {questions.load(name).JOB for name in questions.every()}
# Whose repetition pays nothing twice: they keep what they have, in slices.
REPEATABLE = ASKING | {"ingest_documents", "score_passages", "tag_passages"}
DEDICATED = {"SINGLE_USER", "DATA_SECURITY_MODE_DEDICATED"}
KEYS = ("job_cluster_key", "task_key", "environment_key", "name")  # by which lists are merged

Job = Mapping[str, Any]


@dataclass(frozen=True)
class Target:
    """A target of the bundle with its variables filled in, as the CLI would, and the settings of its conf."""

    name: str
    bundle: dict[str, Any]
    settings: Settings

    @property
    def own(self) -> Mapping[str, Any]:
        """What the target says for itself."""
        own: Mapping[str, Any] = self.bundle["targets"][self.name]
        return own

    @property
    def resources(self) -> Mapping[str, Any]:
        """All that it makes."""
        resources: Mapping[str, Any] = self.bundle["resources"]
        return resources

    def tasks(self) -> Iterator[tuple[Job, Mapping[str, Any]]]:
        """Every task, with its job."""
        for job in self.resources["jobs"].values():
            for task in job["tasks"]:
                yield job, task

    def clusters(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Every cluster, with the names of its job and its own."""
        for name, job in self.resources["jobs"].items():
            for cluster in job.get("job_clusters", []):
                yield f"{name}.{cluster['job_cluster_key']}", cluster["new_cluster"]

    def cluster(self, job: Job, task: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The cluster of a task; None where it is serverless."""
        named = {cluster["job_cluster_key"]: cluster["new_cluster"] for cluster in job.get("job_clusters", [])}
        return named.get(task.get("job_cluster_key", ""))


def merged(bundle: Mapping[str, Any], target: str) -> dict[str, Any]:
    """A copy in which the target's resources and variables are over the bundle's, and references are filled in."""
    whole = copy.deepcopy(dict(bundle))
    own = whole["targets"][target]
    whole["resources"] = _over(whole["resources"], own.get("resources", {}))
    variables = {name: variable.get("default") for name, variable in whole.get("variables", {}).items()}
    whole["var"] = variables | own.get("variables", {})
    whole["bundle"] = {**whole["bundle"], "target": target}
    for _ in range(4):  # a reference may lead to another
        whole = _filled(whole, whole)
    return whole


def _over(below: Any, above: Any) -> Any:
    if isinstance(below, dict) and isinstance(above, dict):
        return {**below, **{key: _over(below.get(key), value) for key, value in above.items()}}
    if isinstance(below, list) and isinstance(above, list):
        key = next((key for key in KEYS if above and isinstance(above[0], dict) and key in above[0]), None)
        if key:
            entries = {entry[key]: entry for entry in below}
            return list((entries | {entry[key]: _over(entries.get(entry[key]), entry) for entry in above}).values())
    return above


def _filled(value: Any, whole: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(inner, whole) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, whole) for inner in value]
    if not isinstance(value, str):
        return value
    return re.sub(r"\$\{([\w.]+)\}", lambda match: str(_referred(whole, match[1]) or match[0]), value)


def _referred(whole: Mapping[str, Any], path: str) -> Any:
    value: Any = whole
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value if isinstance(value, str | int) else None


def _full_name(entry: Mapping[str, Any]) -> str:
    return ".".join(str(entry[part]) for part in ("catalog_name", "schema_name", "name") if part in entry)


def _gpus(cluster: Mapping[str, Any]) -> tuple[int, int]:
    return GPUS.get(cluster["node_type_id"], (0, 0))


def access_modes(target: Target) -> Iterator[str]:
    """Unity Catalog wants an access mode; ML runtimes and GPUs have no other than dedicated with it."""
    for name, cluster in target.clusters():
        if cluster.get("data_security_mode") not in DEDICATED and (
            "-ml-" in cluster["spark_version"] or _gpus(cluster)[0]
        ):
            yield f"{name}: data_security_mode {cluster.get('data_security_mode')}, wanted SINGLE_USER"


def runtimes(target: Target) -> Iterator[str]:
    """A runtime that the code was tried on; a GPU one where there are GPUs, and nowhere else."""
    for name, cluster in target.clusters():
        version = cluster["spark_version"]
        if not re.fullmatch(r"(18|18\.\d|17\.3)\.x-(cpu|gpu)-ml-scala2\.13", version):
            yield f"{name}: runtime {version}"
        if ("-gpu-" in version) != bool(_gpus(cluster)[0]):
            yield f"{name}: runtime {version} on {cluster['node_type_id']}"


def one_task_a_gpu(target: Target) -> Iterator[str]:
    """Two tasks on a GPU are two models on it; a speculative task that asks pays twice."""
    for name, cluster in target.clusters():
        conf = cluster.get("spark_conf", {})
        if "-gpu-" in cluster["spark_version"] and conf.get("spark.task.resource.gpu.amount") != "1":
            yield f"{name}: spark.task.resource.gpu.amount"
        if conf.get("spark.speculation") != "false":
            yield f"{name}: spark.speculation"


def names(target: Target) -> Iterator[str]:
    """What the settings name is what the bundle makes, and what the tasks are given."""
    chosen, made = target.settings, target.resources
    schema = _full_name(made["schemas"]["lake"])
    given = {
        "lake.location": schema,
        "tracking.experiment": made["experiments"]["finerweb"]["name"],
        "tracking.model": _full_name(made["registered_models"]["scorer"]),
        "tracking.student": _full_name(made["registered_models"]["student"]),
    }
    volumes = {f"/Volumes/{_full_name(volume).replace('.', '/')}" for volume in made["volumes"].values()}
    wanted = {**given, "ask.spool": None, "publish.path": None, "report.path": None}
    for setting, value in wanted.items():
        section, field = setting.split(".")
        named = getattr(getattr(chosen, section), field)
        is_made = named == value if value else any(named == place or named.startswith(f"{place}/") for place in volumes)
        if not is_made:
            yield f"conf/{target.name}.yml: {setting} is {named}, made is {value or ' '.join(sorted(volumes))}"
        for _, task in target.tasks():
            passed = _passed(task)
            if passed is not None and passed.get(setting) != named:
                yield f"{task['task_key']}: {setting} is given as {passed.get(setting)}, in conf it is {named}"


def _passed(task: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The settings that a task is given by name; None where it runs no code of ours."""
    kind = task.get("spark_python_task") or task.get("python_wheel_task")
    texts = [text for text in (kind or {}).get("parameters", []) if text.startswith("{lake.location")]
    return yaml.safe_load(texts[0]) if texts else ({} if kind else None)


def parameters(target: Target) -> Iterator[str]:
    """Every task has its conf, its commit and the job's parameters, which the job declares."""
    for job, task in target.tasks():
        kind = task.get("spark_python_task") or task.get("python_wheel_task")
        given = (kind or {}).get("parameters", [])
        if kind and given[given.index("--conf") + 1] != f"conf/{target.name}.yml":
            yield f"{task['task_key']}: --conf"
        if "spark_python_task" in task and given[given.index("--commit") + 1] != "${bundle.git.commit}":
            yield f"{task['task_key']}: --commit"
        if kind and "{{job.parameters.set}}" not in given:
            yield f"{task['task_key']}: --set"
        declared = {parameter["name"] for parameter in job.get("parameters", [])}
        for name in re.findall(r"\{\{job\.parameters\.(\w+)\}\}", str(task)):
            if name not in declared:
                yield f"{task['task_key']}: parameter {name} is not declared"


def _models(target: Target, job: str) -> dict[str, dict[str, Any]]:
    """The models that a job asks, with their settings and their engine."""
    chosen = target.settings
    asks = [
        model for name, q in questions.every().items() if job == q.JOB for model in subjects.models_of(name, chosen)
    ]
    return {name: {"engine": chosen.models[name].engine, **chosen.models[name].settings} for name in asks}


def secrets(target: Target) -> Iterator[str]:
    """A key that a model names is in the environment of the cluster that asks it, and on no serverless task."""
    scope = target.resources["secret_scopes"]["keys"]["name"]
    for job, task in target.tasks():
        for name, model in _models(target, task["task_key"]).items():
            key = model.get("key_env", "OPENAI_API_KEY") if model["engine"].startswith("openai") else None
            variables = (target.cluster(job, task) or {}).get("spark_env_vars", {})
            if key and variables.get(key) != f"{{{{secrets/{scope}/{key}}}}}":
                yield f"{task['task_key']}: {key} of model {name} does not reach it"


def memory(target: Target) -> Iterator[str]:
    """A model fits the GPUs that it is given, with room for a cache; what is trained fits with its optimiser."""
    for job, task in target.tasks():
        cluster = target.cluster(job, task)
        count, gigabytes = _gpus(cluster) if cluster else (0, 0)
        for name, model in _models(target, task["task_key"]).items():
            if model["engine"] == "vllm":
                gpus = int(model.get("tensor_parallel_size", 1))
                needed = WEIGHTS[model["model"]] / gpus
                if gpus > count or needed > ROOM * gigabytes * (1 - CACHE):
                    yield f"{task['task_key']}: {name} wants {needed:g} GB on each of {gpus} GPUs; {count} of {gigabytes} GB"
        section = {"train_scorer": "train", "train_student": "student"}.get(task["task_key"])
        if section and TRAINED * WEIGHTS[getattr(target.settings, section).encoder.name] > ROOM * gigabytes:
            yield f"{task['task_key']}: its encoder is not trained in {gigabytes} GB"


def limits(target: Target) -> Iterator[str]:
    """Every job and task ends some time; only those are repeated whose repetition pays nothing twice."""
    for name, job in target.resources["jobs"].items():
        if not job.get("timeout_seconds"):
            yield f"job {name}: no timeout_seconds"
        if job.get("max_concurrent_runs") != 1 or not job.get("queue", {}).get("enabled"):
            yield f"job {name}: more than one run at a time, or no queue"
    for _, task in target.tasks():
        if not task.get("timeout_seconds"):
            yield f"{task['task_key']}: no timeout_seconds"
        if bool(task.get("max_retries")) != (task["task_key"] in REPEATABLE):
            yield f"{task['task_key']}: max_retries {task.get('max_retries')}"


def serverless(target: Target) -> Iterator[str]:
    """Serverless tasks reach no endpoint and no hub, and have no torch."""
    for job, task in target.tasks():
        if target.cluster(job, task) or "run_job_task" in task:
            continue
        if task.get("environment_key") not in {entry["environment_key"] for entry in job.get("environments", [])}:
            yield f"{task['task_key']}: neither a cluster nor an environment"
        if task["task_key"] in {*ASKING, *supported.MODULES, "ingest_documents", "split_passages"}:
            yield f"{task['task_key']}: it needs a cluster"


def packages(target: Target) -> Iterator[str]:
    """Every task has the wheel, and nothing that would replace what the runtime has; vLLM where it is asked."""
    for job, task in target.tasks():
        if "run_job_task" in task:
            continue
        environments = {entry["environment_key"]: entry["spec"] for entry in job.get("environments", [])}
        spec = environments.get(task.get("environment_key", ""), {})
        named = [next(iter(library.values())) for library in task.get("libraries", [])] + spec.get("dependencies", [])
        texts = [entry["package"] if isinstance(entry, dict) else entry for entry in named]
        if "./dist/*.whl" not in texts:
            yield f"{task['task_key']}: no wheel"
        yield from (f"{task['task_key']}: {text}" for text in texts if re.match(r"(pyspark|delta-spark|torch)\b", text))
        distributions = {re.split(r"[<>=]", text)[0] for text in texts}
        wanted = set(supported.modules([task["task_key"]])) - {"torch"}
        wanted |= {"vllm"} if any(m["engine"] == "vllm" for m in _models(target, task["task_key"]).values()) else set()
        yield from (f"{task['task_key']}: {name} is missing" for name in sorted(wanted - distributions))


def deployment(target: Target) -> Iterator[str]:
    """One copy in a known place; in production somebody named who runs it, and others who may look."""
    if not target.own.get("workspace", {}).get("root_path"):
        yield "no workspace.root_path"
    if target.own["mode"] == "production" and not (target.own.get("run_as") and target.own.get("permissions")):
        yield "production without run_as or permissions"
    if not target.bundle["artifacts"]["finerweb"].get("dynamic_version"):
        yield "the wheel keeps its version"
    pipeline = target.resources["jobs"]["finerweb"]
    if pipeline["schedule"]["pause_status"] != "PAUSED":
        yield "the schedule is not paused"
    if not pipeline["email_notifications"].get("on_duration_warning_threshold_exceeded"):
        yield "nobody hears of health"


def checked_first(target: Target) -> Iterator[str]:
    """Nothing runs before the check; and the check looks at a job's needs from the machines that the job runs on."""
    jobs = target.resources["jobs"]
    needs = {
        task["task_key"]: [n["task_key"] for n in task.get("depends_on", [])] for task in jobs["finerweb"]["tasks"]
    }
    yield from (f"{name} runs before the check" for name, earlier in needs.items() if not earlier and name != "check")
    places = {task["task_key"]: _place(task) for task in jobs["finerweb"]["tasks"]}
    looked = set()
    for task in jobs["check"]["tasks"]:
        given = task["python_wheel_task"]["parameters"]
        for job in [given[number + 1] for number, text in enumerate(given) if text == "--job"]:
            looked.add(job)
            if places.get(job) != _place(task):
                yield f"{task['task_key']} looks for {job}, which runs on {places.get(job)}"
    yield from (f"{job} is not looked at" for job in sorted(ASKING - looked))


def _place(task: Mapping[str, Any]) -> str | None:
    return task.get("job_cluster_key") or task.get("environment_key")


RULES = (
    access_modes,
    runtimes,
    one_task_a_gpu,
    names,
    parameters,
    secrets,
    memory,
    limits,
    serverless,
    packages,
    deployment,
    checked_first,
)
