"""Where vLLM's process and its clients meet: a socket for each model and device, in a folder of this user's own."""

import fcntl
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

from finerweb.errors import EngineFailed
from finerweb.processes import is_running

MARK = "FINERWEB_ENGINE"  # the variable by which everything that an engine starts is known
READY = ""  # the message to a client when vLLM is ready; any other says why there will be no answer
QUIT = "quit if nobody else is here"
KEPT = "What was answered is kept: run again to go on"
TAIL = 600  # characters of the log in an error
ENDING = 60.0  # seconds that a process may take to end

# On a CPU: a gigabyte for its cache, and one thread, wherever there is a core. Threads that wait for each other while
# something else has their core spin.
TINY = {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_CPU_OMP_THREADS_BIND": "nobind", "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Place:
    """What a process and its clients share: one for each device and each settings of vLLM."""

    folder: Path
    name: str
    settings: str  # JSON

    @classmethod
    def from_settings(cls, settings: dict[str, Any], *, devices: str, parent: str | None = None) -> "Place":
        """The place of these settings on these GPUs ("" where Spark gave none), in `parent` or the temporary folder."""
        text = json.dumps(settings, sort_keys=True)
        name = "-".join(hashlib.sha256(part.encode()).hexdigest()[:8] for part in (devices, text))
        for folder in (parent or tempfile.gettempdir(), "/tmp"):
            place = cls(Path(folder) / f"finerweb-engines-{os.getuid()}", name, text)
            if len(os.fsencode(place.file("sock"))) < 100:  # a socket's path has 107 bytes; YARN's folders are deep
                break
        return place

    @property
    def model(self) -> str:
        """As the settings name it."""
        return str(json.loads(self.settings)["model"])

    def file(self, ending: str) -> Path:
        """The path of its file with this ending: sock, lock, alive or log."""
        return self.folder / f"{self.name}.{ending}"

    @property
    def mark(self) -> str:
        """By which its processes are known."""
        return str(self.folder / self.name)

    @property
    def neighbours(self) -> list["Place"]:
        """The other engines on the same device, as far as there are sockets of them."""
        device = self.name.partition("-")[0]
        names = (socket.stem for socket in sorted(self.folder.glob(f"{device}-*.sock")))
        return [Place(self.folder, name, "{}") for name in names if name != self.name]

    @property
    def log(self) -> Path:
        """What vLLM says."""
        return self.file("log")

    def log_end(self) -> str:
        """Where the log is, and its end, on one line."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return f"its log ({self.log}) ends: {' '.join(text.split())[-TAIL:] or 'it is empty'}"


def connect(place: Place, *, keep_alive: float, patience: float) -> Connection:
    """A connection to the process, ready to be asked; it is started where it is not there.

    Raises EngineFailed, which does not say whose.
    """
    place.folder.mkdir(mode=0o700, exist_ok=True)
    if place.folder.stat().st_uid != os.getuid():  # with its mode, all that keeps others from the socket
        raise EngineFailed(f"{place.folder} belongs to another user; remove it, or set TMPDIR to a folder of your own")
    until = time.monotonic() + patience
    for _ in range(2):  # the first may be about to end itself
        with _locked(place.file("lock")):
            connection = _reached(place) or _started(place, keep_alive=keep_alive, until=until)
        message: Any = None
        with suppress(EOFError, OSError):
            message = connection.recv() if connection.poll(max(0.0, until - time.monotonic())) else _late(place)
            if message == READY:
                return connection
        connection.close()
        if message is not None:
            raise EngineFailed(message)
    raise EngineFailed(f"its process died while it loaded the model; {place.log_end()}")


def _late(place: Place) -> str:
    return f"it is not ready in time; models.NAME.start_timeout gives it more; {place.log_end()}"


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # until it is closed
        yield


def _reached(place: Place) -> Connection | None:
    with suppress(OSError):
        return Client(str(place.file("sock")), "AF_UNIX")
    return None


def _started(place: Place, *, keep_alive: float, until: float) -> Connection:
    """Start the process. It listens before it loads the model, so that whoever comes meanwhile waits for the same."""
    command = [sys.executable, "-m", "finerweb.engines._vllm.process", str(place.folder), place.name, str(keep_alive)]
    with place.log.open("wb") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env=_environment(place),
            cwd=place.folder,  # a worker's own may be removed under it
            start_new_session=True,
        )
    assert process.stdin is not None
    with suppress(BrokenPipeError), process.stdin as stdin:
        stdin.write(place.settings.encode())
    while process.poll() is None and time.monotonic() < until:
        if connection := _reached(place):
            process.returncode = 0  # it is on its own from here: Python would warn of one that is left to run
            return connection
        time.sleep(0.05)
    raise EngineFailed(_late(place) if process.poll() is None else f"its process did not start; {place.log_end()}")


def _environment(place: Place) -> dict[str, str]:
    path = [entry or os.getcwd() for entry in sys.path]  # finerweb may be an archive that Spark shipped
    return {
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_WORKER_MULTIPROC_METHOD": "spawn",  # a fork would inherit locks and sockets
        **(TINY if place.model == "random" else {}),
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path),
        MARK: place.mark,
        "SPT_NOENV": "1",  # vLLM gives its processes titles, which would be written over the mark
    }


def claim(place: Place) -> Listener:
    """On the process's side: be the only one of this place, after its predecessor has ended, and listen."""
    lock = os.open(place.file("alive"), os.O_CREAT | os.O_RDWR, 0o600)  # open, and so locked, as long as it lives
    _locked_within(lock, ENDING)
    place.file("sock").unlink(missing_ok=True)
    return Listener(str(place.file("sock")), "AF_UNIX", backlog=128)


def make_room(place: Place) -> None:
    """Ask engines on the same device that nobody uses to end, and wait for it: two models do not share its memory."""
    for other in place.neighbours:
        message = None
        with suppress(OSError, EOFError), Client(str(other.file("sock")), "AF_UNIX") as connection:
            connection.send(QUIT)
            while connection.poll(ENDING) and (message := connection.recv()) != QUIT:
                pass  # it has the message that vLLM is ready
        if message != QUIT:  # or else it is busy
            with suppress(OSError), other.file("alive").open() as lock:
                _locked_within(lock.fileno(), ENDING)


def _locked_within(file: int, seconds: float) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def end_orphans() -> None:
    """End what engines left on this machine: vLLM's own process outlives one that was killed, and holds the GPU."""
    for pid, leader in _marked():
        if not is_running(leader):
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)


def _marked() -> Iterator[tuple[int, int]]:
    """The processes that an engine started, this user's, with the leader of their session: the engine."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"\0{MARK}=".encode() in b"\0" + (folder / "environ").read_bytes():
                yield int(folder.name), os.getsid(int(folder.name))
