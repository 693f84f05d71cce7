"""What vLLM's process does with requests: it renders them, puts them to one engine as they come, and sends the answers.

vLLM itself comes by `import_module`: the package of that name, not its neighbour here, and without its types.
"""

import dataclasses
import functools
import inspect
import queue
import re
import threading
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from finerweb import plugins
from finerweb.engines import LOOPED
from finerweb.engines._vllm.place import TAIL, Place
from finerweb.errors import EngineFailed
from finerweb.text import loops

# White space between the parts of a JSON text is where a model may loop until it has no room left. The setting of that
# name that a request can have is read by nobody (vLLM 0.32).
STRICT = {"backend": "xgrammar", "disable_any_whitespace": True}
ROOM = 16  # tokens without which an answer is not worth a try
DONE = {"stop", "length", LOOPED}
STRIDE = 64  # tokens after which an answer is looked at, whether it loops


class Asker(Protocol):
    """Who asked."""

    def say(self, message: Any) -> None:
        """Send it an answer: the fields of engines.Answer."""
        ...


def load(settings: dict[str, Any], folder: Path) -> tuple[Any, dict[str, Any]]:
    """The model, and what its chat template is given besides the messages."""
    vllm: Any = import_module("vllm")
    arguments: Any = import_module("vllm.engine.arg_utils")
    templates = settings.pop("chat_template_kwargs", {})
    names = {field.name for field in dataclasses.fields(arguments.EngineArgs)}
    names |= set(inspect.signature(vllm.LLM.__init__).parameters) - {"self", "kwargs"}
    for name in settings.keys() - names:
        raise EngineFailed(f"vllm.LLM has no setting {name}.{plugins.suggestion(name, sorted(names))}")
    if settings["model"] == "random":
        from finerweb.engines._vllm import random_model

        settings["model"] = str(random_model.build(folder / f"random-{random_model.VERSION}"))
    settings["structured_outputs_config"] = {**STRICT, **settings.get("structured_outputs_config", {})}
    return vllm.LLM(**settings), templates


# What vLLM, torch, the kernel and the hub's client say, each in its own words.
TAKEN = r"(?i)less than desired"
MEMORY = r"(?i)out of memory|no available memory|can't allocate memory|kv cache is needed|: -9\b"
MISSING = r"(?i)invalid repository id|valid model identifier|repository.?not.?found|couldn't connect|outgoing traffic"


def explain(error: Exception, place: Place) -> str:
    """Why vLLM did not start, in a sentence with the way out."""
    log = place.log.read_text(errors="replace")[-20_000:] if place.log.exists() else ""
    if isinstance(error, EngineFailed):
        return str(error)
    if re.search(TAKEN, log):
        return (
            "less memory is free than it is to take; end what holds it, or lower gpu_memory_utilization, on a CPU too. "
            f"vLLM's log is {place.log}"
        )
    if re.search(MEMORY, log):
        return (
            "it does not fit into memory; lower max_model_len, raise gpu_memory_utilization, name a quantization, or "
            f"spread it over GPUs with tensor_parallel_size. vLLM's log is {place.log}"
        )
    if re.search(MISSING, log):
        return "there is no such model here, nor on a hub that can be reached; wanted a folder, or a Hub name"
    causes = re.findall(r"\b(\w*(?:Error|Exception): .+)$", log, re.MULTILINE)
    cause = next((cause for cause in causes if "root cause" not in cause), f"{type(error).__name__}: {error}")
    return f"vLLM did not start: {' '.join(cause.split())[:TAIL]}. Its log is {place.log}"


@functools.lru_cache(maxsize=4096)
def _bound(schema: str) -> Any:
    parameters: Any = import_module("vllm.sampling_params")
    return parameters.StructuredOutputsParams(json=schema)


@functools.lru_cache(maxsize=4096)
def _sampling(schema: str, temperature: float, seed: int, max_tokens: int, frequency_penalty: float) -> Any:
    """One object for all requests that are decoded alike, as LLM.chat has it."""
    parameters: Any = import_module("vllm.sampling_params")
    return parameters.SamplingParams(
        temperature=temperature,
        seed=seed,
        max_tokens=max_tokens,
        frequency_penalty=frequency_penalty,
        structured_outputs=_bound(schema),
        output_kind=parameters.RequestOutputKind.CUMULATIVE,
        stream_interval=STRIDE,
    )


class Work:
    """Everybody's requests, in one engine; each is answered as soon as it is done."""

    def __init__(self, llm: Any, templates: dict[str, Any]) -> None:
        exceptions: Any = import_module("vllm.exceptions")
        self._dead: type[Exception] = exceptions.VLLMServerError
        self._llm, self._engine = llm, llm.llm_engine
        self._templates = templates
        self._most = int(llm.model_config.max_model_len)
        self._requests: dict[str, tuple[Asker, str, str]] = {}  # vLLM's number -> who asked, request, prompt
        self._count = 0
        self._takes_system = self._reads_system()

    def serve(self, inbox: "queue.SimpleQueue[Any]", over: threading.Event) -> None:
        """Work until it is over. What comes is put to the engine at once; it works on while answers are sent."""
        while not over.is_set():
            try:
                if not self._engine.has_unfinished_requests():
                    self._take(*inbox.get(timeout=0.2))
                while True:
                    self._take(*inbox.get_nowait())
            except queue.Empty:
                pass
            if self._engine.has_unfinished_requests():
                for output in self._engine.step():
                    self._answer(output)

    def _take(self, asker: Asker, message: Any) -> None:
        if message is not None:
            return self._ask(asker, *message)
        theirs = [number for number, (owner, *_) in self._requests.items() if owner is asker]
        for number in theirs:  # they have gone
            del self._requests[number]
        self._engine.abort_request(theirs)

    def _ask(self, asker: Asker, request: str, instructions: str, prompt: str, schema: str, *how: Any) -> None:
        self._count += 1
        number = str(self._count)
        try:
            rendered = self._rendered(instructions, prompt)
            length = len(rendered["prompt_token_ids"])
            if length + ROOM > self._most:
                text = f"a prompt of {length} tokens leaves no room for an answer; max_model_len is {self._most}"
                return asker.say((request, text, "over_long", 0, 0, "over_long"))
            self._engine.add_request(number, rendered, _sampling(schema, *how))
        except self._dead:
            raise
        except Exception as error:  # of many kinds, and all of this one request
            is_long = getattr(error, "parameter", None) in ("input_text", "input_tokens")
            problem = "over_long" if is_long else "rejected"
            return asker.say((request, " ".join(str(error).split())[:TAIL], problem, 0, 0, problem))
        self._requests[number] = asker, request, prompt

    def _answer(self, output: Any) -> None:
        """Send an answer that is done, and end one that loops: the rest of its room would be filled with the same."""
        answer, (asker, request, prompt) = output.outputs[0], self._requests.get(output.request_id, (None, "", ""))
        if asker is None or not (output.finished or loops.find(answer.text, prompt)):
            return
        del self._requests[output.request_id]
        if not output.finished:
            self._engine.abort_request([output.request_id])
        reason = (answer.finish_reason or "stop") if output.finished else LOOPED
        problem = None if reason in DONE else "unreachable"  # of one request, inside vLLM: worth another attempt
        asker.say((request, answer.text, reason, len(output.prompt_token_ids), len(answer.token_ids), problem))

    def _rendered(self, instructions: str, prompt: str) -> Any:
        """What vLLM makes of a conversation, in the model's own template."""
        messages = [{"role": "system", "content": instructions}, {"role": "user", "content": prompt}]
        if not self._takes_system:
            messages = [{"role": "user", "content": f"{instructions}\n\n{prompt}"}]
        return self._llm._preprocess_chat_one(messages, chat_template_kwargs=self._templates)  # as LLM.chat does

    def _reads_system(self) -> bool:
        """Some templates refuse a system message, some leave it out without a word."""
        self._takes_system = True
        try:
            tokens = self._rendered("INSTRUCTIONS", "PROMPT")["prompt_token_ids"]
            return "INSTRUCTIONS" in self._llm.get_tokenizer().decode(tokens)
        except Exception as error:
            self._takes_system = False
            try:
                self._rendered("INSTRUCTIONS", "PROMPT")
            except Exception:
                raise EngineFailed(f"its chat template cannot be used ({error}); chat_template names another") from None
            return False
