"""An endpoint that speaks OpenAI's chat completions over real HTTP, answers the four questions, and misbehaves on purpose.

with Endpoint(lambda call: acts.status(500) if call.number < 3 else None) as endpoint: ...
python tests/support/endpoint.py --port 8000 --log FILE --delay 0.1      one line in FILE for each request that came
                                             --answers FILE              and one for each that was answered
"""

import argparse
import hashlib
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self, TextIO

from endpoint_acts import content, error, good, streamed

MODEL = "tiny"


@dataclass(frozen=True)
class Call:
    """A request for a chat completion: the `number`th that came (from 1), for the `nth` time with this prompt."""

    number: int
    nth: int
    arrival: float
    body: dict[str, Any]
    headers: Mapping[str, str]

    @property
    def instructions(self) -> str:
        return str(self.body["messages"][0]["content"])

    @property
    def prompt(self) -> str:
        return str(self.body["messages"][-1]["content"])

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.prompt.encode()).hexdigest()[:16]

    @property
    def question(self) -> str:
        """The name of the schema; where none is sent, what the instructions ask for."""
        named = self.body.get("response_format", {}).get("json_schema", {}).get("name")
        signs = {
            '"entities"': "ner",
            '"faithfulness"': "judge",
            '"score"': "usefulness",
            '"name"': "label_name",
            '"english"': "label_english",
        }
        return str(named or next((name for sign, name in signs.items() if sign in self.instructions), "unknown"))


@dataclass
class Endpoint:
    """A server on loopback, from `with` to the end of it. `script` says how a call is answered; None for well."""

    script: Callable[[Call], "Callable[[Handler, Call], None] | None"] = lambda call: None
    models: list[str] = field(default_factory=lambda: [MODEL])
    key: str | None = None
    port: int = 0
    delay: float = 0.0
    streams: bool = False  # as asked; or else it sends the whole, as servers do that know no streaming
    pieces: int = 0  # sent in streams
    log: TextIO | None = None
    answers: TextIO | None = None
    calls: list[Call] = field(default_factory=list)
    most_at_once: int = 0
    at_once: int = 0

    def __enter__(self) -> Self:
        self._lock = threading.Lock()
        self._prompts: Counter[str] = Counter()
        self.ended = threading.Event()
        self._server = Server(("127.0.0.1", self.port), Handler)
        self._server.endpoint = self
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()  # those that hang end now
        self._server.shutdown()
        for connection in self._server.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._server.server_close()

    def came(self, body: dict[str, Any], headers: Mapping[str, str]) -> Call:
        with self._lock:
            prompt = str(body["messages"][-1]["content"])
            self._prompts[prompt] += 1
            call = Call(len(self.calls) + 1, self._prompts[prompt], time.monotonic(), body, headers)
            self.calls.append(call)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            write(self.log, call)
            return call

    def answered(self, call: Call) -> None:
        with self._lock:
            write(self.answers, call)

    def left(self) -> None:
        with self._lock:
            self.at_once -= 1


def write(log: TextIO | None, call: Call) -> None:
    if log:
        log.write(f"{call.hash}\t{call.question}\t{call.body.get('model')}\n")
        log.flush()


class Server(ThreadingHTTPServer):
    endpoint: Endpoint
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, *args: Any) -> None:
        self.connections: list[socket.socket] = []
        super().__init__(*args)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, client = super().get_request()
        self.connections.append(connection)
        return connection, client

    def handle_error(self, *_: object) -> None:
        """A client that went away is no news."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        if self.path == "/health":
            return self.send_json(200, {})
        if self.path != "/v1/models":
            return self.send_json(404, {"detail": "Not Found"})
        if self.is_let_in():
            models = [{"id": model, "object": "model"} for model in self.server.endpoint.models]
            self.send_json(200, {"object": "list", "data": models})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/v1/chat/completions":
            return self.send_json(404, {"detail": "Not Found"})
        endpoint = self.server.endpoint
        call = endpoint.came(body, dict(self.headers))
        try:
            if not self.is_let_in():
                return
            if body.get("model") not in endpoint.models:
                return error(404, f"The model `{body.get('model')}` does not exist.", code="model_not_found")(
                    self, call
                )
            if endpoint.delay:
                endpoint.ended.wait(endpoint.delay)
            streams = endpoint.streams and bool(body.get("stream"))
            (endpoint.script(call) or (streamed if streams else content)(good(call)))(self, call)
            endpoint.answered(call)
        finally:
            endpoint.left()

    def is_let_in(self) -> bool:
        key, sent = self.server.endpoint.key, self.headers.get("Authorization")
        if key is None or sent == f"Bearer {key}":
            return True
        # As OpenAI says it, which shows a part of the key; and as careless servers do, which show all of it.
        self.send_json(401, {"error": {"message": f"Incorrect API key provided: {sent}", "code": "invalid_api_key"}})
        return False

    def send_stream(self, pieces: Iterable[Any]) -> None:
        """Server-sent events, until the client hangs up."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        with suppress(OSError):
            for piece in pieces:
                self.wfile.write(f"data: {piece if isinstance(piece, str) else json.dumps(piece)}\n\n".encode())
                self.server.endpoint.pieces += 1

    def send_json(self, status: int, value: Any, headers: Mapping[str, str] | None = None) -> None:
        self.send_bytes(status, json.dumps(value).encode(), headers or {})

    def send_bytes(self, status: int, sent: bytes, headers: Mapping[str, str], *, announced: int | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(sent) if announced is None else announced))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


def main() -> None:
    """Serve until it is ended."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path, help="hash of the prompt, question and model of each request, as they come")
    parser.add_argument("--answers", type=Path, help="the same of each request that was answered, once it was")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before an answer")
    parser.add_argument("--model", default=MODEL)
    parser.add_argument("--key", help="the only key that is let in")
    chosen = parser.parse_args()
    log, answers = (path.open("a", encoding="utf-8") if path else None for path in (chosen.log, chosen.answers))
    models = [chosen.model]
    with Endpoint(
        port=chosen.port, delay=chosen.delay, log=log, answers=answers, models=models, key=chosen.key
    ) as endpoint:
        print(endpoint.url, flush=True)
        endpoint.ended.wait()


if __name__ == "__main__":
    main()
