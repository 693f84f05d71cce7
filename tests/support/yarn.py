"""A real YARN with a real HDFS on loopback: Hadoop's own resource manager and two node managers, each a JVM.

Each node manager, and so each container, sees a disk of its own where this machine lets a process hide folders.
"""

import http.client
import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import hdfs
from cluster import HOST, SHORT_LIVED, SPARK, end, environment, free_port, unsharing, wait

NODES = 2
MEGABYTES, CORES = 3072, 3  # of a node: two containers
SERVER = "org.apache.hadoop.yarn.server"
JAVA = ["java", *SHORT_LIVED.split(), "--add-opens=java.base/java.lang=ALL-UNNAMED", "-Djava.net.preferIPv4Stack=true"]
# As in Hadoop's own capacity-scheduler.xml, but an application may be all of the queue.
SCHEDULER = {
    "yarn.scheduler.capacity.root.queues": "default",
    "yarn.scheduler.capacity.root.default.capacity": 100,
    "yarn.scheduler.capacity.maximum-am-resource-percent": 1.0,
}


@dataclass(frozen=True)
class Yarn:
    """Where its configuration is (HADOOP_CONF_DIR), its nodes and their HDFS."""

    conf: Path
    nodes: list[Path]
    hdfs: hdfs.Hdfs
    is_hidden: bool  # do the nodes have disks of their own?

    def submitted(self, arguments: Sequence[str], folder: Path, **variables: str) -> subprocess.Popen[str]:
        """A program that is submitted from a folder."""
        return subprocess.Popen(
            [str(SPARK / "bin" / "spark-submit"), "--master", "yarn", *arguments],
            cwd=folder,
            env=environment() | {"HADOOP_CONF_DIR": str(self.conf)} | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def attempts(self, application: str) -> int:
        """How often an application was started: it is in the names of its containers, of which the nodes keep the logs."""
        names = (log.name for node in self.nodes for log in node.glob(f"logs/{application}/container_*"))
        return len({name.split("_")[-2] for name in names})

    def log(self, application: str) -> str:
        """What an application's containers said."""
        logs = (log for node in self.nodes for log in sorted(node.glob(f"logs/{application}/*/std*")))
        return "\n".join(log.read_text(errors="replace") for log in logs)


@contextmanager
def started(folder: Path, hidden: Sequence[Path]) -> Iterator[Yarn | None]:
    """A YARN whose nodes see nothing in the `hidden` folders; None where it cannot be had, such as without Maven."""
    nodes = [folder / f"node{number}" for number in range(NODES)]
    with hdfs.started() as files, ExitStack() as stack:
        if files is None:
            yield None
            return
        ports = {name: free_port() for name in ("address", "scheduler", "resource-tracker", "admin", "webapp")}
        settings = _settings(files, ports)
        _write(folder / "conf", settings)
        (folder / "manager").mkdir()
        classes = ":".join(files.jars)
        stack.enter_context(
            _running(folder / "manager", [], classes, "resourcemanager.ResourceManager", folder / "conf")
        )
        prefixes = {}
        for node in nodes:
            node.mkdir()
        for node in nodes:
            own = {f"yarn.nodemanager.{kind}-dirs": node / kind for kind in ("local", "logs")}
            own["yarn.nodemanager.log-dirs"] = own.pop("yarn.nodemanager.logs-dirs")
            _write(node / "conf", settings | own)
            prefixes[node] = unsharing([*hidden, *(other for other in nodes if other != node)])
            stack.enter_context(_running(node, prefixes[node], classes, "nodemanager.NodeManager", node / "conf"))
        wait(lambda: _nodes(ports["webapp"]) == NODES, "YARN's nodes", folder / "manager", *nodes, patience=180)
        yield Yarn(folder / "conf", nodes, files, all(prefixes.values()))


def _settings(files: hdfs.Hdfs, ports: Mapping[str, int]) -> dict[str, object]:
    addresses = {
        f"yarn.resourcemanager.{name}.address".replace(".address.address", ".address"): f"{HOST}:{port}"
        for name, port in ports.items()
    }
    return {
        "fs.defaultFS": files.rpc,
        **addresses,
        **{f"yarn.nodemanager.{name}address": f"{HOST}:0" for name in ("", "localizer.", "webapp.")},
        "yarn.nodemanager.resource.memory-mb": MEGABYTES,
        "yarn.nodemanager.resource.cpu-vcores": CORES,
        "yarn.nodemanager.vmem-check-enabled": "false",
        "yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage": 99.9,
        "yarn.nodemanager.delete.debug-delay-sec": 600,
        "yarn.scheduler.minimum-allocation-mb": 256,
        "yarn.application.classpath": "$PWD",  # Spark brings Hadoop's client
        **SCHEDULER,
    }


def _write(folder: Path, settings: Mapping[str, object]) -> None:
    """A folder of Hadoop's configuration; each file has all of it, and reads what is its own."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        f"<property><name>{key}</name><value>{escape(str(value))}</value></property>" for key, value in settings.items()
    ]
    for name in ("core-site", "yarn-site", "capacity-scheduler"):
        (folder / f"{name}.xml").write_text("\n".join(["<configuration>", *lines, "</configuration>"]))


@contextmanager
def _running(folder: Path, prefix: list[str], classes: str, name: str, conf: Path) -> Iterator[None]:
    """A JVM in a process group of its own, that is ended afterwards."""
    command = [*prefix, *JAVA, "-Xmx400m", "-cp", f"{conf}:{classes}", f"{SERVER}.{name}"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment(), stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield
    finally:
        end(process)


def _nodes(web: int) -> int:
    """How many nodes the resource manager knows; -1 while it does not answer."""
    connection = http.client.HTTPConnection(HOST, web, timeout=10)
    try:
        connection.request("GET", "/ws/v1/cluster/metrics", headers={"Accept": "application/json"})
        return int(json.loads(connection.getresponse().read())["activeNodes"])
    except (OSError, ValueError, KeyError, http.client.HTTPException):
        return -1
    finally:
        connection.close()
