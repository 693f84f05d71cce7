"""Unity Catalog's model registry on loopback, as MLflow's client `databricks-uc` speaks to it (api 2.0, unity-catalog).

It keeps to what its documentation says: names have three levels, models without a signature are refused by the client,
files go to the storage of the catalog with credentials of an hour. An alias that is not there is RESOURCE_DOES_NOT_EXIST,
as a model is; a name that cannot be is INVALID_PARAMETER_VALUE. Of the tracking API it knows the experiment's name.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

REGISTRY = "/api/2.0/mlflow/unity-catalog/"
Answer = tuple[int, dict[str, Any]]


@dataclass
class Registry:
    """Models by name, each with its versions and aliases; `bucket` holds their files."""

    bucket: str
    host: str = ""
    versions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    aliases: dict[tuple[str, str], str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def answer(self, method: str, path: str, given: dict[str, Any]) -> Answer:
        self.calls.append(f"{method} {path}")
        name, what = str(given.get("name", "")), path.removeprefix(REGISTRY)
        if what.endswith(("experiments/get-by-name", "repository-enabled")):
            experiment = {"experiment_id": "1", "name": given.get("experiment_name", ""), "lifecycle_stage": "active"}
            return 200, {"experiment": experiment, "is_databricks_sdk_models_artifact_repository_enabled": False}
        if len(name.split(".")) != 3 or not all(name.split(".")):
            return _error(400, "INVALID_PARAMETER_VALUE", f"'{name}' is not a valid name: <catalog>.<schema>.<model>")
        if what == "registered-models/create" and name not in self.versions:
            self.versions[name] = []
        elif what == "registered-models/create":
            return _error(400, "RESOURCE_ALREADY_EXISTS", f"Registered model '{name}' already exists")
        if name not in self.versions:
            return _error(404, "RESOURCE_DOES_NOT_EXIST", f"Registered model '{name}' does not exist")
        if what.endswith("alias"):
            return self._alias(method, name, given)
        of_version = what.startswith("model-versions/")
        return 200, self._of_version(what, name, given) if of_version else {"registered_model": {"name": name}}

    def _alias(self, method: str, name: str, given: dict[str, Any]) -> Answer:
        if method == "POST":
            self.aliases[name, given["alias"]] = str(given["version"])
        number = self.aliases.get((name, given["alias"]))
        if number is None:
            return _error(404, "RESOURCE_DOES_NOT_EXIST", f"Alias '{given['alias']}' does not exist")
        return 200, {"model_version": self.versions[name][int(number) - 1]} if method == "GET" else {}

    def _of_version(self, what: str, name: str, given: dict[str, Any]) -> dict[str, Any]:
        versions = self.versions[name]
        if what == "model-versions/create":
            number = str(len(versions) + 1)
            kept = {key: given[key] for key in ("source", "run_id") if key in given}
            place = f"s3://{self.bucket}/{name}/{number}"
            made = {"name": name, "version": number, "status": "PENDING_REGISTRATION", "storage_location": place}
            versions.append({**made, **kept})
            return {"model_version": versions[-1]}
        version = versions[int(given["version"]) - 1]
        if what == "model-versions/generate-temporary-credentials":
            keys = {"access_key_id": "any", "secret_access_key": "any", "session_token": "any"}
            return {"credentials": {"aws_temp_credentials": keys}}
        if what == "model-versions/get-download-uri":
            return {"artifact_uri": version["storage_location"]}
        if what == "model-versions/finalize":
            version["status"] = "READY"
        return {"model_version": version}


def _error(status: int, code: str, message: str) -> Answer:
    return status, {"error_code": code, "message": message}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer(dict(parse_qsl(urlsplit(self.path).query)))

    def do_POST(self) -> None:
        self._answer({})

    do_PATCH = do_DELETE = do_POST

    def _answer(self, given: dict[str, Any]) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"{}") if length else {}
        registry: Registry = self.server.registry  # type: ignore[attr-defined]
        status, answer = registry.answer(self.command, urlsplit(self.path).path, {**body, **given})
        sent = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: object) -> None:
        """A line for each request otherwise."""


@contextmanager
def served(bucket: str) -> Iterator[Registry]:
    """A registry of its own, until the end of `with`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    registry = Registry(bucket, host=f"http://127.0.0.1:{server.server_port}")
    server.registry = registry  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
