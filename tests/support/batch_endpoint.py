"""The Batch API of OpenAI over real HTTP, as its documentation says it behaves; what is paid for is counted.

with BatchEndpoint(fate=lambda batch: Fate("expired", done=3) if batch == 1 else Fate()) as endpoint: ...
"""

import email
import json
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from endpoint import MODEL, Call
from endpoint_acts import completion, good

LIMITS = {"requests": 50_000, "bytes": 200_000_000}
COURSE = ("validating", "in_progress", "finalizing")  # a state for each look, then the end
EXPIRED = "This request could not be executed before the completion window expired."


@dataclass(frozen=True)
class Fate:
    """How a batch ends, after how many looks, and how many of its lines are done then (None: all)."""

    end: str = "completed"
    looks: int = len(COURSE)
    done: int | None = None
    code: str = ""  # of what a failed one says
    message: str = ""
    line: int | None = 1


Line = Callable[[Call], tuple[int, dict[str, Any]] | None]  # status and body; None for a good answer


@dataclass
class BatchEndpoint:
    """A server on loopback, from `with` to the end of it.

    `fate` is asked for each batch that is created, by its number from 1; `line` for each request that is done. `trouble`
    may answer a call of the API, by method and path, with a status and a body; of status 0, it closes the connection.
    """

    fate: Callable[[int], Fate] = lambda number: Fate()
    line: Line = lambda call: None
    trouble: Callable[[str, str], tuple[int, dict[str, Any]] | None] = lambda method, path: None
    models: list[str] = field(default_factory=lambda: [MODEL])
    key: str | None = None
    room: int | None = None  # requests that may wait, of all batches together
    has_batches: bool = True
    files: dict[str, bytes] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    paid: Counter[str] = field(default_factory=Counter)  # by custom_id
    calls: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.lock = threading.Lock()
        self.ends: dict[str, tuple[Fate, int]] = {}  # how each is to end, and how often it was looked at
        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.endpoint = self
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def sizes(self) -> list[int]:
        """The requests of each batch that was created, in this order."""
        return [len(self.requests(batch)) for batch in self.batches.values()]

    def bodies(self) -> list[dict[str, Any]]:
        """Of all requests of all batches, as they were put."""
        return [line["body"] for batch in self.batches.values() for line in self.requests(batch)]

    def requests(self, batch: dict[str, Any]) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.inputs[batch["id"]].splitlines()]

    @property
    def inputs(self) -> dict[str, bytes]:
        """What each batch was made of, also where its file is gone."""
        return {name: batch["_input"] for name, batch in self.batches.items()}

    def keep(self, prefix: str, content: bytes) -> str:
        name = f"{prefix}-{len(self.files)}"
        self.files[name] = content
        return name

    def create(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if body["endpoint"] != "/v1/chat/completions" or body["completion_window"] != "24h":
            return 400, problem("Invalid value: 'completion_window'.")
        if body["input_file_id"] not in self.files:
            return 400, problem("No such File object")
        number = len(self.batches) + 1
        name = f"batch_{number}"
        self.batches[name] = {
            "id": name,
            "object": "batch",
            "endpoint": body["endpoint"],
            "errors": None,
            "input_file_id": body["input_file_id"],
            "completion_window": "24h",
            "status": "validating",
            "output_file_id": None,
            "error_file_id": None,
            "created_at": 2_000_000_000 + number,
            "metadata": body.get("metadata"),
            "_input": self.files[body["input_file_id"]],
        }
        fate = self.fate(number)
        if self.room is not None and self.waiting() > self.room:
            limit = f"Limit: {self.room} enqueued tokens. Please try again once some in_progress batches have been completed."
            message = f"Enqueued token limit reached for {MODEL} in organization org-x. {limit}"
            fate = Fate("failed", looks=1, code="token_limit_exceeded", message=message, line=None)
        self.ends[name] = (fate, 0)
        return 200, self.shown(name)

    def waiting(self) -> int:
        return sum(len(self.requests(batch)) for batch in self.batches.values() if batch["status"] in COURSE)

    def look(self, name: str) -> dict[str, Any]:
        """A batch, a step further than at the last look."""
        batch, (fate, looks) = self.batches[name], self.ends[name]
        if batch["status"] in COURSE:
            self.ends[name] = (fate, looks + 1)
            batch["status"] = COURSE[min(looks, len(COURSE) - 1)]
            if looks >= fate.looks:
                self.end(name, fate)
        return self.shown(name)

    def end(self, name: str, fate: Fate) -> None:
        batch = self.batches[name]
        batch["status"] = fate.end
        if fate.end == "failed":
            error = {"code": fate.code, "message": fate.message, "line": fate.line, "param": None}
            batch["errors"] = {"object": "list", "data": [error]}
            return
        lines = self.requests(batch)
        output, errors = [], []
        for index, line in enumerate(lines):
            entry = {"id": f"batch_req_{index}", "custom_id": line["custom_id"], "response": None, "error": None}
            if fate.done is not None and index >= fate.done:
                entry["error"] = {"code": f"batch_{fate.end}", "message": EXPIRED}
                errors.append(entry)
                continue
            call = Call(index, 1, 0.0, line["body"], {})
            status, body = self.line(call) or (200, completion(call, message={"content": good(call)}))
            entry["response"] = {"status_code": status, "request_id": f"req_{index}", "body": body}
            (output if status == 200 else errors).append(entry)
            if status == 200:
                self.paid[line["custom_id"]] += 1
        for key, entries in (("output_file_id", output), ("error_file_id", errors)):
            if entries:
                content = "".join(json.dumps(entry) + "\n" for entry in reversed(entries))  # in another order
                batch[key] = self.keep("file", content.encode())

    def shown(self, name: str) -> dict[str, Any]:
        return {key: value for key, value in self.batches[name].items() if not key.startswith("_")}

    def listed(self, query: dict[str, Sequence[str]]) -> dict[str, Any]:
        limit = min(100, int(query.get("limit", ["20"])[0]))
        names = list(self.batches)[::-1]
        if "after" in query:
            names = names[names.index(query["after"][0]) + 1 :]
        page = [self.shown(name) for name in names[:limit]]
        return {"object": "list", "data": page, "has_more": len(names) > limit}


def problem(message: str, **more: Any) -> dict[str, Any]:
    """An error as OpenAI words it."""
    return {"error": {"message": message, "type": "invalid_request_error", **more}}


class Server(ThreadingHTTPServer):
    endpoint: BatchEndpoint
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """A client that went away is no news."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self.act()

    def do_POST(self) -> None:
        self.act()

    def do_DELETE(self) -> None:
        self.act()

    def act(self) -> None:
        """A call of the API: its effect, and then the answer, or trouble instead of it."""
        endpoint = self.server.endpoint
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        split = urlsplit(self.path)
        path, query = split.path.removeprefix("/v1/"), parse_qs(split.query)
        with endpoint.lock:
            endpoint.calls.append(f"{self.command} {path}")
            if endpoint.key is not None and self.headers.get("Authorization") != f"Bearer {endpoint.key}":
                return self.send(401, problem("Incorrect API key provided.", code="invalid_api_key"))
            trouble = endpoint.trouble(self.command, path)
            if trouble and trouble[0]:
                return self.send(*trouble)
            status, answer = self.effect(path, query, content)
        if trouble:
            self.close_connection = True
        else:
            self.send(status, answer)

    def effect(self, path: str, query: dict[str, list[str]], content: bytes) -> tuple[int, dict[str, Any] | bytes]:
        endpoint = self.server.endpoint
        answer: tuple[int, dict[str, Any] | bytes] = 404, problem(f"No such object: {path}")
        match self.command, path.split("/"):
            case "GET", ["models"]:
                answer = 200, {"object": "list", "data": [{"id": model} for model in endpoint.models]}
            case "POST", ["files"]:
                answer = self.upload(content)
            case "DELETE", ["files", name] if name in endpoint.files:
                del endpoint.files[name]
                answer = 200, {"id": name, "deleted": True}
            case "GET", ["files", name, "content"] if name in endpoint.files:
                answer = 200, endpoint.files[name]
            case "POST", ["batches"] if endpoint.has_batches:
                answer = endpoint.create(json.loads(content))
            case "GET", ["batches"] if endpoint.has_batches:
                answer = 200, endpoint.listed(query)
            case "GET", ["batches", name] if name in endpoint.batches:
                answer = 200, endpoint.look(name)
        return answer

    def upload(self, content: bytes) -> tuple[int, dict[str, Any]]:
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        form = {
            str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True)
            for part in email.message_from_bytes(head + content).walk()
            if not part.is_multipart()
        }
        lines = form["file"].splitlines()
        if form.get("purpose") != b"batch" or len(lines) > LIMITS["requests"] or len(form["file"]) > LIMITS["bytes"]:
            return 400, problem("Invalid file")
        name = self.server.endpoint.keep("file", form["file"])
        return 200, {"id": name, "object": "file", "purpose": "batch", "bytes": len(form["file"])}

    def send(self, status: int, value: dict[str, Any] | bytes) -> None:
        sent = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/octet-stream" if value is sent else "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""
