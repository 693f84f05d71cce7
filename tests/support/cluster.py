"""A standalone Spark cluster on this machine: a master and two workers, each a process of its own."""

import http.client
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyspark

SPARK = Path(next(iter(pyspark.__path__)))
HOST = "127.0.0.1"
WORKERS = 2
# For Java: a minute is not worth compiling twice.
SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=256m"
PATIENCE = 60  # seconds

# What a worker says of its machine: a GPU of this address. Spark hands it out without looking.
GPU = "7"
DISCOVERY = f"""#!/bin/sh
echo '{{"name": "gpu", "addresses": ["{GPU}"]}}'
"""

# A mount namespace in which folders look empty: the workers' disks are not the driver's.
HIDE = 'while [ "$1" != -- ]; do mount -t tmpfs none "$1" || exit 1; shift; done; shift; exec "$@"'


@dataclass(frozen=True)
class Cluster:
    """Where the master is, and the workers' folders."""

    master: str
    workers: list[Path]


def environment() -> dict[str, str]:
    """This process's environment without what steers Spark or Python, so that only the command line does."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("SPARK_", "PYSPARK_", "PYTHON"))}
    return kept | {"SPARK_HOME": str(SPARK), "SPARK_LOCAL_IP": HOST, "SPARK_DAEMON_JAVA_OPTS": SHORT_LIVED}


def _with_gpu(folder: Path) -> str:
    """Java options for a worker that has a GPU to hand out."""
    script = folder / "gpus.sh"
    script.write_text(DISCOVERY)
    script.chmod(0o755)
    return f"-Dspark.worker.resource.gpu.amount=1 -Dspark.worker.resource.gpu.discoveryScript={script}"


@contextmanager
def started(folder: Path, hidden: Sequence[Path]) -> Iterator[Cluster]:
    """A master and its workers, registered; their files lie in `folder`, and they are ended afterwards.

    The workers see nothing in the `hidden` folders, where this machine lets a process hide them.
    """
    prefix = unsharing(hidden)
    port, web = free_port(), free_port()
    master = f"spark://{HOST}:{port}"
    workers = [folder / f"worker{number}" for number in range(WORKERS)]
    with ExitStack() as stack:
        options = ["--port", str(port), "--webui-port", str(web)]
        stack.enter_context(_running(folder / "master", [], "master.Master", options))
        wait(lambda: _registered(web) == 0, "the master", folder / "master")
        for worker in workers:
            options = ["--cores", "1", "--memory", "2g", "--webui-port", "0", "--work-dir", str(worker), master]
            stack.enter_context(_running(worker, prefix, "worker.Worker", options))
        wait(lambda: _registered(web) == WORKERS, "the workers", *workers)
        yield Cluster(master, workers)


def unsharing(hidden: Sequence[Path]) -> list[str]:
    """What to put before a command so that it does not see the folders; nothing where the machine forbids it."""
    prefix = ["unshare", "--mount", "--map-root-user", "sh", "-c", HIDE, "sh", *map(str, hidden), "--"]
    try:
        tried = subprocess.run([*prefix, "find", *map(str, hidden), "-mindepth", "1"], capture_output=True, check=False)
    except FileNotFoundError:
        return []
    return prefix if tried.returncode == 0 and not tried.stdout else []


@contextmanager
def _running(folder: Path, prefix: list[str], name: str, options: list[str]) -> Iterator[None]:
    """A process of Spark's own, in a process group of its own, that is ended afterwards."""
    folder.mkdir(parents=True)
    command = [*prefix, str(SPARK / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}", "--host", HOST, *options]
    surroundings = environment() | {"SPARK_WORKER_OPTS": _with_gpu(folder)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=surroundings, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    for how in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, how)
            process.wait(timeout=15)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def free_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        return int(free.getsockname()[1])


def _registered(web: int) -> int:
    """How many workers the master knows; -1 while it does not answer."""
    connection = http.client.HTTPConnection(HOST, web, timeout=5)
    try:
        connection.request("GET", "/json/")
        return int(json.loads(connection.getresponse().read())["aliveworkers"])
    except (OSError, ValueError, http.client.HTTPException):
        return -1
    finally:
        connection.close()


def wait(is_there: Callable[[], bool], what: str, *folders: Path, patience: float = PATIENCE) -> None:
    until = time.monotonic() + patience
    while not is_there():
        if time.monotonic() > until:
            logs = "\n".join((folder / "log").read_text(errors="replace")[-2000:] for folder in folders)
            raise TimeoutError(f"{what} did not come up in {patience:g} s:\n{logs}")
        time.sleep(0.2)
