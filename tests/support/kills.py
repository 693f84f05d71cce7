"""Asking about many passages, and killing what takes part in it: for the tests and the benchmark.

Requests are counted where they are paid for: by the endpoint, a process of its own that outlives its clients.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

HERE = Path(__file__).parent
PASSAGES = 400
PATIENCE = 240  # seconds


@contextmanager
def endpoint(log: Path, port: int, answers: Path = Path(os.devnull)) -> Iterator[subprocess.Popen[bytes]]:
    """The endpoint on a port; each request that comes is a line of the log, and each that was answered of `answers`."""
    command = [sys.executable, str(HERE / "endpoint.py"), "--port", str(port), "--log", str(log), "--delay", "0.04"]
    command += ["--answers", str(answers)]
    process = subprocess.Popen(command)
    try:
        wait(lambda: is_open(port), "the endpoint")
        yield process
    finally:
        process.kill()
        process.wait()


def is_open(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait(is_so: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < until, f"{what} did not come in {PATIENCE} s"
        time.sleep(0.02)


def came(log: Path) -> Counter[str]:
    """How often each prompt came to the endpoint."""
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return Counter(line.split("\t")[0] for line in lines)


def driver(work: Path, port: int, *overrides: str, passages: int = PASSAGES, **variables: str) -> subprocess.Popen[str]:
    """A driver that asks; `variables` are those of its environment."""
    command = [sys.executable, str(HERE / "asking_driver.py"), str(work), f"http://127.0.0.1:{port}/v1", str(passages)]
    return subprocess.Popen(
        [*command, *overrides],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, **variables},
    )


def python_workers(driver: int) -> list[int]:
    """The Python workers under a driver, those below Spark's daemon."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = status.read_text().rpartition(")")
        except OSError:
            continue
        parents[int(name.partition(" ")[0])] = int(rest.split()[1])

    def depth(pid: int) -> int:
        steps = 0
        while pid in parents and pid != driver:
            pid, steps = parents[pid], steps + 1
        return steps if pid == driver else -1

    # driver -> JVM -> daemon -> worker
    return [pid for pid in parents if depth(pid) == 3]


Kill = Callable[[subprocess.Popen[str], subprocess.Popen[bytes]], None]


def kill_driver(asking: subprocess.Popen[str], serving: subprocess.Popen[bytes]) -> None:
    os.kill(asking.pid, signal.SIGKILL)


def kill_worker(asking: subprocess.Popen[str], serving: subprocess.Popen[bytes]) -> None:
    workers = python_workers(asking.pid)
    assert workers
    for worker in workers:
        os.kill(worker, signal.SIGKILL)


def kill_java(asking: subprocess.Popen[str], serving: subprocess.Popen[bytes]) -> None:
    """In local mode the executor, and all of Spark with it."""
    children = subprocess.run(
        ["pgrep", "--parent", str(asking.pid), "java"], capture_output=True, text=True, check=True
    ).stdout.split()
    for child in children:
        os.kill(int(child), signal.SIGKILL)


def kill_endpoint(asking: subprocess.Popen[str], serving: subprocess.Popen[bytes]) -> None:
    serving.kill()
    serving.wait()


def run_killed(kills: Sequence[tuple[Kill, float]], folder: Path, *overrides: str, passages: int) -> Counter[str]:
    """Ask, kill after such a share of the requests, ask again at once, as somebody in a hurry would, to the last kill.

    Returns how often each prompt came to the endpoint.
    """
    log, port, dead = folder / "requests", free_port(), []
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as endpoints:
        serving = endpoints.enter_context(endpoint(log, port))
        for kill, moment in kills:
            # After two seconds it says that the endpoint is gone.
            asking = driver(folder / "work", port, "models.asked.patience=2", *overrides, passages=passages)
            wait_for(asking, log, passages * moment)
            kill(asking, serving)
            if kill is kill_driver:
                dead.append(asking)  # what it has started may still hold its output
                continue
            asking.communicate(timeout=PATIENCE)
            assert asking.returncode == 1, "it says what happened"
            if kill is kill_endpoint:
                serving = endpoints.enter_context(endpoint(log, port))
        finish(driver(folder / "work", port, *overrides, passages=passages), passages)
        for asking in dead:
            asking.communicate()
    return came(log)


def wait_for(asking: subprocess.Popen[str], log: Path, requests: float) -> None:
    """Wait until so many requests came of a driver that still asks."""
    wait(lambda: came(log).total() >= requests or asking.poll() is not None, "so many requests")
    assert asking.poll() is None, asking.communicate()


def finish(asking: subprocess.Popen[str], passages: int = PASSAGES) -> None:
    """Wait for a driver that is to end well."""
    printed, errors = asking.communicate(timeout=PATIENCE)
    assert asking.returncode == 0, errors
    assert printed.split()[-1] == str(passages), printed
