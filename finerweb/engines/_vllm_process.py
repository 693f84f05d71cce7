"""The process in which vLLM runs, and how its clients find it, start it and end what an earlier one left.

`python -m finerweb.engines._vllm_process` reads what it is to serve from its standard input; `connect` starts it.
"""

import fcntl
import hashlib
import json
import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

ROOM = 16  # tokens without which an answer is not worth a try
QUIT = "quit if nobody else is here"
TAIL = 600  # characters of the log in an error


class Failed(RuntimeError):
    """The process did not start; the text says why, and the way out."""


@dataclass(frozen=True)
class Place:
    """Where a process and its clients meet: one for each device and settings of vLLM."""

    folder: Path
    name: str
    settings: str

    @classmethod
    def of(cls, settings: dict[str, Any], *, devices: str) -> "Place":
        """The place of these settings on these GPUs ("" where Spark gave none)."""
        folder = Path(tempfile.gettempdir()) / f"finerweb-engines-{os.getuid()}"
        text = json.dumps(settings, sort_keys=True)
        parts = [hashlib.sha256(part.encode()).hexdigest()[:8] for part in (devices, text)]
        return cls(folder, "-".join(parts), text)

    def file(self, ending: str) -> Path:
        """One of its files."""
        return self.folder / f"{self.name}.{ending}"

    @property
    def log(self) -> Path:
        """What vLLM says."""
        return self.file("log")

    def told(self) -> str:
        """The end of the log, on one line."""
        return " ".join(self.log.read_text(errors="replace").split())[-TAIL:] if self.log.exists() else ""


def connect(place: Place, *, keep_alive: float, patience: float) -> Connection:
    """A connection to the process, which is started where it is not there; raises Failed."""
    place.folder.mkdir(mode=0o700, exist_ok=True)
    if place.folder.stat().st_uid != os.getuid():
        raise Failed(f"{place.folder} belongs to somebody else; remove it, or set TMPDIR to a folder of your own")
    with _locked(place.file("lock")):
        with suppress(OSError, EOFError):
            return Client(str(place.file("sock")), "AF_UNIX")
        _end(place.file("pid"), even_if_led=True)
        for other in sorted(place.folder.glob("*.pid")):
            _end(other, even_if_led=False)
        for other in place.folder.glob(f"{place.name.partition('-')[0]}-*.sock"):
            _ask_to_quit(other)
        return _started(place, keep_alive=keep_alive, patience=patience)


def _started(place: Place, *, keep_alive: float, patience: float) -> Connection:
    command = [sys.executable, "-m", "finerweb.engines._vllm_process", str(place.folder), place.name, str(keep_alive)]
    surroundings = {
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_WORKER_MULTIPROC_METHOD": "spawn",
        **({"VLLM_CPU_KVCACHE_SPACE": "1"} if json.loads(place.settings)["model"] == "random" else {}),
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),  # finerweb may be an archive that Spark shipped
    }
    place.file("failed").unlink(missing_ok=True)
    with place.log.open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=surroundings, start_new_session=True
        )
    place.file("pid").write_text(str(process.pid))
    assert process.stdin is not None
    with suppress(BrokenPipeError), process.stdin as given:
        given.write(place.settings.encode())
    until = time.monotonic() + patience
    while process.poll() is None and time.monotonic() < until:
        with suppress(OSError, EOFError):
            return Client(str(place.file("sock")), "AF_UNIX")
        time.sleep(0.1)
    is_late = process.poll() is None
    _end(place.file("pid"), even_if_led=True)
    if is_late:
        raise Failed(f"not ready in {patience:g} s (start_timeout); the end of its log ({place.log}): {place.told()}")
    failed = place.file("failed")
    raise Failed(explain(failed.read_text() if failed.exists() else "", place))


def explain(error: str, place: Place) -> str:
    """Why vLLM did not start, in a sentence with the way out."""
    said = error + place.log.read_text(errors="replace")[-20_000:]
    model = json.loads(place.settings)["model"]
    if unknown := re.search(r"unexpected keyword argument '(\w+)'", error):
        return f"vllm.LLM has no setting {unknown[1]}; wanted one of its own (see its engine arguments)"
    if re.search(r"(?i)out of memory|no available memory|not enough memory|larger than the (maximum|available)", said):
        return (
            "it does not fit into memory; lower max_model_len, raise gpu_memory_utilization, name a quantization, or "
            f"spread it over GPUs with tensor_parallel_size. The log is {place.log}"
        )
    if re.search(r"(?i)not a valid model identifier|repository not found|couldn't connect|cannot find|offline", said):
        return f"there is no model {model} here or on a hub that is reached from here; wanted a folder or a Hub name"
    return f"vLLM did not start: {' '.join(error.split())[-TAIL:] or place.told()}. The log is {place.log}"


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    with file.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # until it is closed
        yield


def _ask_to_quit(socket: Path) -> None:
    """Two models do not share a device: one that nobody uses makes room."""
    with suppress(OSError, EOFError), Client(str(socket), "AF_UNIX") as other:
        other.send(QUIT)
        with suppress(EOFError):
            other.recv()


def _end(pid_file: Path, *, even_if_led: bool) -> None:
    """End what is left of an engine: its session's processes. One whose leader lives is spared, unless it is to go too.

    vLLM's own process outlives a leader that was killed, and holds the GPU.
    """
    with suppress(FileNotFoundError, ValueError):
        leader = int(pid_file.read_text())
        members = _session(leader)
        if leader in members and not (even_if_led and _is_engine(leader)):
            return
        for member in members:
            with suppress(ProcessLookupError):
                os.kill(member, signal.SIGKILL)
        until = time.monotonic() + 10
        while _session(leader) and time.monotonic() < until:
            time.sleep(0.05)
        pid_file.unlink(missing_ok=True)
        pid_file.with_suffix(".sock").unlink(missing_ok=True)


def _session(leader: int) -> set[int]:
    """The living processes of a session. Its number is not given anew as long as there is one."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, _, session, *_ = stat.read_text().rpartition(")")[2].split()
            if int(session) == leader and state != "Z":
                found.add(int(stat.parent.name))
    return found


def _is_engine(pid: int) -> bool:
    with suppress(OSError):
        return b"_vllm_process" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


class _Guest:
    """A client, with a thread that reads what it asks and one that sends it answers: vLLM never waits for either."""

    def __init__(self, connection: Connection, inbox: "queue.SimpleQueue[tuple[_Guest, Any]]") -> None:
        self._connection = connection
        self._outbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._inbox = inbox
        threading.Thread(target=self._read, daemon=True).start()
        self._writer = threading.Thread(target=self._write, daemon=True)
        self._writer.start()

    def say(self, message: Any) -> None:
        """Send it an answer, or a text that says why there will be none."""
        self._outbox.put(message)

    def leave(self) -> None:
        """Send what is waiting, and let go of it."""
        self._outbox.put(None)
        self._writer.join(timeout=5)

    def _read(self) -> None:
        with suppress(OSError, EOFError):
            while True:
                self._inbox.put((self, self._connection.recv()))
        self._inbox.put((self, None))

    def _write(self) -> None:
        with suppress(OSError):
            while (message := self._outbox.get()) is not None:
                self._connection.send(message)
        self._connection.close()


class Server:
    """Puts the requests of all clients to one engine, as they come, and answers each as soon as it is done."""

    def __init__(self, llm: Any, listener: Listener, keep_alive: float) -> None:
        self._engine, self._tokenizer = llm.llm_engine, llm.get_tokenizer()
        self._most = llm.model_config.max_model_len
        self._listener, self._keep_alive = listener, keep_alive
        self._inbox: queue.SimpleQueue[tuple[_Guest, Any]] = queue.SimpleQueue()
        self._guests: set[_Guest] = set()
        self._asked: dict[str, tuple[_Guest, str]] = {}  # vLLM's own number -> who asked, and the request
        self._how: dict[tuple[Any, ...], Any] = {}
        self._count = 0
        self._takes_system = self._renders_system()

    def serve(self) -> None:
        """Work until nobody has been here for `keep_alive` seconds."""
        threading.Thread(target=self._accept, daemon=True).start()
        left = time.monotonic()
        while True:
            is_idle = not self._engine.has_unfinished_requests()
            with suppress(queue.Empty):
                while True:
                    self._take(*(self._inbox.get(timeout=0.5) if is_idle else self._inbox.get_nowait()))
                    is_idle = False
            if self._engine.has_unfinished_requests():
                for output in self._engine.step():
                    self._answer(output)
            if self._guests or self._asked:
                left = time.monotonic()
            elif time.monotonic() - left > self._keep_alive:
                return

    def despair(self, error: Exception) -> None:
        """Tell everyone that there will be no more answers."""
        for guest in self._guests:
            guest.say(
                f"vLLM died: {type(error).__name__}: {' '.join(str(error).split())[-TAIL:]}. What was answered is "
                "kept: run again to go on; its log says more"
            )
            guest.leave()

    def _accept(self) -> None:
        with suppress(OSError, EOFError):
            while True:
                guest = _Guest(self._listener.accept(), self._inbox)
                self._inbox.put((guest, ""))

    def _take(self, guest: _Guest, message: Any) -> None:
        if message is None:
            self._guests.discard(guest)
            theirs = [number for number, (owner, _) in self._asked.items() if owner is guest]
            for number in theirs:
                del self._asked[number]
            self._engine.abort_request(theirs)
            guest.leave()
        elif message == "":
            self._guests.add(guest)
        elif message == QUIT:
            if not self._guests - {guest}:
                raise SystemExit(0)
            guest.say("busy")
        else:
            self._ask(guest, *message)

    def _ask(self, guest: _Guest, request: str, instructions: str, prompt: str, schema: str, *how: Any) -> None:
        from vllm import TokensPrompt

        try:
            tokens = self._tokens(instructions, prompt)
            if len(tokens) + ROOM > self._most:
                told = f"a prompt of {len(tokens)} tokens; max_model_len is {self._most}"
                return guest.say((request, told, "over_long", len(tokens), 0, "over_long"))
            self._count += 1
            number = str(self._count)
            self._asked[number] = guest, request
            self._engine.add_request(number, TokensPrompt(prompt_token_ids=tokens), self._params(schema, *how))
        except (ValueError, TypeError) as error:
            self._asked.pop(str(self._count), None)
            guest.say((request, " ".join(str(error).split())[:TAIL], "rejected", 0, 0, "rejected"))

    def _answer(self, output: Any) -> None:
        guest, request = self._asked.pop(output.request_id, (None, ""))
        if guest is not None:
            said = output.outputs[0]
            read, written = len(output.prompt_token_ids), len(said.token_ids)
            guest.say((request, said.text, said.finish_reason or "stop", read, written, None))

    def _params(self, schema: str, temperature: float, seed: int, max_tokens: int) -> Any:
        """One object for all requests that are decoded alike, as LLM.chat has it."""
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams

        key = schema, temperature, seed, max_tokens
        if key not in self._how:
            # White space between the parts of a JSON text is where a model may loop until it has no room left.
            bound = StructuredOutputsParams(json=schema, disable_any_whitespace=True)
            self._how[key] = SamplingParams(
                temperature=temperature,
                seed=seed,
                max_tokens=max_tokens,
                structured_outputs=bound,
                output_kind=RequestOutputKind.FINAL_ONLY,
            )
        return self._how[key]

    def _tokens(self, instructions: str, prompt: str) -> list[int]:
        messages = [{"role": "system", "content": instructions}, {"role": "user", "content": prompt}]
        if not self._takes_system:
            messages = [{"role": "user", "content": f"{instructions}\n\n{prompt}"}]
        tokens: list[int] = self._tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, tokenize=True, return_dict=False
        )
        return tokens

    def _renders_system(self) -> bool:
        self._takes_system = True
        try:
            self._tokens("instructions", "prompt")
        except Exception:  # whatever a template raises
            return False
        return True


def main(folder: Path, name: str, keep_alive: float) -> None:
    """Load the model, then serve."""
    place = Place(folder, name, sys.stdin.read())
    settings = json.loads(place.settings)
    try:
        from vllm import LLM

        if settings["model"] == "random":
            from finerweb import random_model

            settings["model"] = str(random_model.build(folder / f"random-{random_model.VERSION}"))
        llm = LLM(**settings)
    except BaseException as error:
        place.file("failed").write_text(f"{type(error).__name__}: {error}")
        raise
    place.file("sock").unlink(missing_ok=True)
    with Listener(str(place.file("sock")), "AF_UNIX", backlog=64) as listener:
        server = Server(llm, listener, keep_alive)
        try:
            server.serve()
        except Exception as error:
            server.despair(error)
            raise
        finally:
            place.file("sock").unlink(missing_ok=True)
            with suppress(Exception):
                llm.llm_engine.engine_core.shutdown()


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]))
    finally:
        sys.stdout.flush()
        os.killpg(0, signal.SIGKILL)  # with everything that vLLM has started
