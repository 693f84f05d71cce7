"""A real Kubernetes API server on loopback, and a stand-in for the nodes: pods' containers are processes here.

etcd is Debian's (etcd-server); the API server is built by tests/support/kube_apiserver.sh into the user's cache.
What a container would have and a process has not: an image of its own (SPARK_HOME, Python and finerweb are those of the
tests), a disk and an address of its own. Volumes are folders, put into arguments and environment by their mount paths.
"""

import os
import re
import shutil
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from cluster import HOST, SPARK, end, environment, free_port, wait

ROOT = Path(__file__).parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "finerweb-kubernetes"
SERVER = CACHE / "kube-apiserver"
NAMESPACE = "finerweb"
TOKENS = {"admin": ("admin", "system:masters"), "driver": (f"system:serviceaccount:{NAMESPACE}:finerweb", "")}
SERVICE = re.compile(rf"[\w-]+-driver-svc\.{NAMESPACE}\.svc")  # the name of a driver's service: nobody resolves it here


def missing() -> str:
    """What keeps these tests from running, in words; empty for nothing."""
    if not SERVER.is_file():
        return "no Kubernetes API server here: tests/support/kube_apiserver.sh builds one with Go, in minutes"
    absent = [name for name in ("etcd", "openssl") if shutil.which(name) is None]
    return f"no {' and no '.join(absent)} here" if absent else ""


@dataclass
class Kubernetes:
    """The API server: where it is, its certificate, and the files with its users' tokens."""

    url: str
    folder: Path
    pods: dict[str, dict[str, Any]] = field(default_factory=dict)  # each as it was when it was started
    logs: dict[str, Path] = field(default_factory=dict)

    @property
    def certificate(self) -> Path:
        return self.folder / "server.crt"

    def token(self, user: str) -> Path:
        """The file with a user's token."""
        return self.folder / f"{user}.token"

    def ask(self, method: str, path: str, body: object = None, *, user: str = "admin", kind: str = "json") -> Any:
        """What the server says to a request; raises HTTPStatusError with its words where it refuses."""
        types = {"json": "application/json", "merge": "application/merge-patch+json"}
        answer = httpx.request(
            method,
            f"{self.url}{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.token(user).read_text()}", "Content-Type": types[kind]},
            verify=False,  # its certificate is its own
            timeout=30,
        )
        if answer.is_error:
            raise httpx.HTTPStatusError(answer.text, request=answer.request, response=answer)
        return answer.json()

    def make(self, manifest: Mapping[str, Any]) -> None:
        """Make what a manifest says."""
        group = "api/v1" if manifest["apiVersion"] == "v1" else f"apis/{manifest['apiVersion']}"
        space = manifest["metadata"].get("namespace")
        place = f"namespaces/{space}/" if space else ""
        self.ask("POST", f"/{group}/{place}{manifest['kind'].lower()}s", manifest)


@contextmanager
def started(folder: Path) -> Iterator[Kubernetes]:
    """A server, and nodes that start what is to run in our namespace."""
    folder.mkdir(parents=True)
    client, peer, port = free_port(), free_port(), free_port()
    kubernetes = Kubernetes(f"https://{HOST}:{port}", folder)
    _write_secrets(kubernetes)
    etcd = ["etcd", "--data-dir", str(folder / "etcd"), "--name", "default"]
    etcd += [f"--{kind}-urls=http://{HOST}:{client}" for kind in ("listen-client", "advertise-client")]
    etcd += [f"--{kind}-urls=http://{HOST}:{peer}" for kind in ("listen-peer", "initial-advertise-peer")]
    etcd += [f"--initial-cluster=default=http://{HOST}:{peer}"]
    options = {
        "etcd-servers": f"http://{HOST}:{client}",
        "bind-address": HOST,
        "secure-port": port,
        "tls-cert-file": kubernetes.certificate,
        "tls-private-key-file": folder / "server.key",
        "token-auth-file": folder / "tokens.csv",
        "authorization-mode": "RBAC",
        "disable-admission-plugins": "ServiceAccount",
        "service-account-issuer": kubernetes.url,
        "service-account-key-file": folder / "server.key",
        "service-account-signing-key-file": folder / "server.key",
        "service-cluster-ip-range": "10.0.0.0/24",
        "endpoint-reconciler-type": "none",
    }
    with ExitStack() as stack:
        stack.enter_context(_running(etcd, folder / "etcd.log"))
        stack.enter_context(_running([str(SERVER), *(f"--{k}={v}" for k, v in options.items())], folder / "log"))
        wait(lambda: _is_ready(kubernetes), "the API server", folder, patience=120)
        stack.enter_context(_nodes(kubernetes))
        yield kubernetes


def _write_secrets(kubernetes: Kubernetes) -> None:
    folder, certificate = kubernetes.folder, str(kubernetes.certificate)
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={HOST}"]
    command += ["-addext", f"subjectAltName=IP:{HOST}", "-keyout", str(folder / "server.key"), "-out", certificate]
    subprocess.run(command, check=True, capture_output=True)
    lines = []
    for user, (name, group) in TOKENS.items():
        kubernetes.token(user).write_text(f"token-of-{user}")
        lines.append(f'token-of-{user},{name},{user},"{group}"\n')
    (folder / "tokens.csv").write_text("".join(lines))


@contextmanager
def _running(command: list[str], log: Path) -> Iterator[None]:
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=log.parent, stdout=file, stderr=file, start_new_session=True)
    try:
        yield
    finally:
        end(process)


def _is_ready(kubernetes: Kubernetes) -> bool:
    try:
        kubernetes.ask("GET", "/api/v1/namespaces/default")
    except httpx.HTTPError:
        return False
    return True


@contextmanager
def _nodes(kubernetes: Kubernetes) -> Iterator[None]:
    """A thread that does what kubelets do."""
    ended, processes = threading.Event(), dict[str, subprocess.Popen[bytes]]()

    def work() -> None:
        while not ended.wait(0.3):
            try:
                pods = kubernetes.ask("GET", f"/api/v1/namespaces/{NAMESPACE}/pods")["items"]
                for pod in pods:
                    _tend(kubernetes, pod, processes)
            except httpx.HTTPError:
                continue  # it is not there yet, or a pod is gone meanwhile
            except Exception:
                kubernetes.logs["nodes"] = kubernetes.folder / "nodes.log"
                kubernetes.logs["nodes"].write_text(traceback.format_exc())
                return

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        for process in processes.values():
            end(process)


def _tend(kubernetes: Kubernetes, pod: dict[str, Any], processes: dict[str, subprocess.Popen[bytes]]) -> None:
    """Start a pod that waits, say so of one that has ended, end one that is to go."""
    name, path = pod["metadata"]["name"], f"/api/v1/namespaces/{NAMESPACE}/pods/{pod['metadata']['name']}"
    if "deletionTimestamp" in pod["metadata"]:
        if name in processes:
            end(processes[name])
        kubernetes.ask("DELETE", path, {"gracePeriodSeconds": 0})
    elif name not in processes:
        kubernetes.pods[name] = pod
        processes[name] = _start(kubernetes, pod)
        _say(kubernetes, path, pod, "Running", {"running": {"startedAt": _now()}})
    elif processes[name].poll() is not None and pod["status"]["phase"] == "Running":
        code = processes[name].returncode
        state = {"terminated": {"exitCode": code & 255, "startedAt": _now(), "finishedAt": _now()}}
        _say(kubernetes, path, pod, "Failed" if code else "Succeeded", state)


def _say(kubernetes: Kubernetes, path: str, pod: dict[str, Any], phase: str, state: dict[str, Any]) -> None:
    container = pod["spec"]["containers"][0]
    status = {"name": container["name"], "image": container["image"], "imageID": "", "restartCount": 0, "state": state}
    status["ready"] = "running" in state
    body = {"status": {"phase": phase, "podIP": HOST, "startTime": _now(), "containerStatuses": [status]}}
    kubernetes.ask("PATCH", f"{path}/status", body, kind="merge")


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _start(kubernetes: Kubernetes, pod: dict[str, Any]) -> subprocess.Popen[bytes]:
    """The first container of a pod, as its image's entrypoint would start it."""
    name, container = pod["metadata"]["name"], pod["spec"]["containers"][0]
    home = kubernetes.folder / "pods" / name
    (home / "cwd").mkdir(
        parents=True, exist_ok=True
    )  # a try before may have come too soon: the pod is there before its volumes
    places = {mount["mountPath"]: _volume(kubernetes, pod, mount["name"], home) for mount in container["volumeMounts"]}

    def local(text: str) -> str:
        for path, place in places.items():
            text = re.sub(rf"(?<![\w/.]){re.escape(path)}(?![\w.-])", str(place), text)
        return SERVICE.sub(HOST, text)

    for file in (home / "volumes").rglob("*.properties"):  # Spark's own, which name other places
        file.write_text(local(file.read_text()))
    variables = {item["name"]: local(_value(kubernetes, item, pod)) for item in container.get("env", [])}
    of_image = {"SPARK_HOME": str(SPARK), "PYSPARK_PYTHON": sys.executable, "PYTHONPATH": str(ROOT)}
    kubernetes.logs[name] = home / "log"
    with kubernetes.logs[name].open("wb") as log:
        return subprocess.Popen(
            [str(ROOT / "deploy" / "kubernetes" / "entrypoint.sh"), *map(local, container["args"])],
            cwd=home / "cwd",
            env=environment() | of_image | variables,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _volume(kubernetes: Kubernetes, pod: dict[str, Any], name: str, home: Path) -> Path:
    """The folder that stands for a volume."""
    volume = next(volume for volume in pod["spec"]["volumes"] if volume["name"] == name)
    place = home / "volumes" / name
    place.mkdir(parents=True, exist_ok=True)
    if "configMap" in volume:
        config = kubernetes.ask("GET", f"/api/v1/namespaces/{NAMESPACE}/configmaps/{volume['configMap']['name']}")
        renamed = {item["key"]: item["path"] for item in volume["configMap"].get("items", [])}
        for file, text in config["data"].items():
            (place / renamed.get(file, file)).write_text(text)
    return place


def _value(kubernetes: Kubernetes, item: dict[str, Any], pod: dict[str, Any]) -> str:
    """What an environment variable is: told, or from a secret or the pod itself."""
    source = item.get("valueFrom", {})
    if "secretKeyRef" in source:
        import base64

        chosen = source["secretKeyRef"]
        secret = kubernetes.ask("GET", f"/api/v1/namespaces/{NAMESPACE}/secrets/{chosen['name']}")
        return base64.b64decode(secret["data"].get(chosen["key"], "")).decode()
    if "fieldRef" in source:
        return {"status.podIP": HOST, "metadata.name": pod["metadata"]["name"]}[source["fieldRef"]["fieldPath"]]
    return str(item.get("value", ""))
