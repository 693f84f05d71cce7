"""`finerweb push`, against a server on this machine that answers as the hub does."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from finerweb.errors import NotPushed
from finerweb.formats import release, releases
from finerweb.sources import hub

TOKEN = "hf_neverToBeSeen"
THAI = "data/merged-english-single/tha/train-00000-of-00001"


class Hub(ThreadingHTTPServer):
    """A hub with one data set in it, `me/there`, which is public; it remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.requests: list[tuple[str, str, Any]] = []


class Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_GET(self) -> None:
        self._take(None)
        if "/tree/" in self.path:
            old = ("README.md", f"{THAI}.parquet", "data/old-english-single/tha/train.parquet", "mine.txt")
            self._answer([{"type": "file", "path": path, "oid": "0" * 40, "size": 1} for path in old])
        else:
            self._answer({"id": "me/there", "private": False, "siblings": [], "sha": "0" * 40})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self._take([json.loads(line) for line in body.splitlines()])
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            self._answer({"error": "Invalid username or password."}, status=401)
        elif "/preupload/" in self.path:
            paths = [file["path"] for file in json.loads(body)["files"]]
            self._answer({"files": [{"path": path, "uploadMode": "regular", "shouldIgnore": False} for path in paths]})
        else:
            url = f"{self.server.url}/datasets/me/there"
            self._answer({"url": url, "commitUrl": f"{url}/commit/abc", "commitOid": "abc", "warnings": []})

    def _take(self, body: Any) -> None:
        self.server.requests.append((self.command, self.path.partition("?")[0], body))

    def _answer(self, value: Any, status: int = 200) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Hub]:
    with Hub() as hub:
        thread = Thread(target=hub.serve_forever)
        thread.start()
        yield hub
        hub.shutdown()
        thread.join()


@pytest.fixture
def data_set(tmp_path: Path) -> Path:
    """A published folder, and in its current release what is not to be sent; returns that release's folder."""
    path = str(tmp_path / "work" / "dataset")
    for content in ("first", "PAR1"):
        draft = releases.draft(path)
        for name, text in {
            f"{THAI}.parquet": content,
            f"{THAI}.gliner.jsonl": "{}\n",
            f"{THAI}.bio.partial": "half",
            "data/notes.txt": "mine",
            ".env": "HF_TOKEN=secret",
        }.items():
            release.fill(f"{draft.url}/{name}", text.encode())
        listed = [{"path": f"{THAI}.parquet", "sha256": content}]
        releases.complete(draft, listed, "---\npretty_name: x\n---\n# สวัสดี 👍🏽\n", earlier=1)
    return Path(draft.url)


def push(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "finerweb", "push", *arguments]
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    return subprocess.run(
        command, capture_output=True, text=True, cwd=cwd, env={**inherited, **environment}, check=False, timeout=300
    )


def test_the_data_set_goes_to_the_hub_in_one_commit(server: Hub, data_set: Path, tmp_path: Path) -> None:
    result = push("me/there", "--revision", "v1", cwd=tmp_path, HF_TOKEN=TOKEN, HF_ENDPOINT=server.url)
    assert result.returncode == 0, result.stderr
    assert f"3 files, 60 bytes sent: {server.url}/datasets/me/there/commit/abc" in result.stderr
    assert TOKEN not in result.stdout + result.stderr
    (created,) = [body for _, path, body in server.requests if path == "/api/repos/create"]
    assert created[0]["type"] == "dataset"
    assert [path for _, path, _ in server.requests if path.endswith("/branch/v1")]
    (commit,) = [body for _, path, body in server.requests if path == "/api/datasets/me/there/commit/v1"]
    sent = {
        part["value"]["path"]: base64.b64decode(part["value"]["content"]) for part in commit if part["key"] == "file"
    }
    assert sent == {
        path: (data_set / path).read_bytes() for path in ("README.md", f"{THAI}.parquet", f"{THAI}.gliner.jsonl")
    }
    assert [part["value"]["path"] for part in commit if part["key"] == "deletedFile"] == [
        "data/old-english-single/tha/train.parquet"
    ]  # fmt: skip


PUSH = """
import sys
from pathlib import Path
from finerweb.sources import hub
print(hub.push(Path(sys.argv[1]), "me/there", token=sys.argv[2], private=False, revision=None, kind="model"))
"""


def test_a_model_goes_to_a_repository_of_models_whole(server: Hub, tmp_path: Path) -> None:
    for name in ("README.md", "student.json", "labels/config.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    command = [sys.executable, "-c", PUSH, str(tmp_path), TOKEN]
    environment = {**os.environ, "HF_ENDPOINT": server.url}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    (commit,) = [body for _, path, body in server.requests if path == "/api/models/me/there/commit/main"]
    assert sorted(part["value"]["path"] for part in commit if part["key"] == "file") == [
        "README.md",
        "labels/config.json",
        "student.json",
    ]
    deleted = {part["value"]["path"] for part in commit if part["key"] == "deletedFile"}
    assert {"mine.txt", "data/old-english-single/tha/train.parquet"} <= deleted, "nothing of an earlier model stays"
    assert "README.md" not in deleted


def test_a_dry_run_lists_what_would_be_sent(data_set: Path, tmp_path: Path) -> None:
    result = push("me/there", "--dry-run", cwd=tmp_path, HF_ENDPOINT="http://127.0.0.1:9")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == (
        f"            53  README.md\n             3  {THAI}.gliner.jsonl\n             4  {THAI}.parquet\n"
        f"3 files, 60 bytes of {data_set} would be sent to me/there\n"
    )


def test_a_public_data_set_is_not_taken_for_a_private_one(server: Hub, data_set: Path, tmp_path: Path) -> None:
    result = push("me/there", "--private", cwd=tmp_path, HF_TOKEN=TOKEN, HF_ENDPOINT=server.url)
    assert result.returncode == 1
    assert "me/there: it is there already and public; make it private at the hub, or choose another" in result.stderr
    assert [path for _, path, _ in server.requests if "/commit/" in path] == []


def test_a_token_that_the_hub_does_not_know_is_not_shown(server: Hub, data_set: Path, tmp_path: Path) -> None:
    result = push("me/there", cwd=tmp_path, HF_TOKEN="hf_wrong", HF_ENDPOINT=server.url)
    assert result.returncode == 1
    assert f"NotPushed: {server.url} refused me/there (401): Invalid username or password." in result.stderr
    assert "hf_wrong" not in result.stdout + result.stderr + (tmp_path / "work" / "finerweb.log").read_text()


def test_a_hub_that_is_not_there_is_named(data_set: Path, tmp_path: Path) -> None:
    result = push("me/there", cwd=tmp_path, HF_TOKEN=TOKEN, HF_ENDPOINT="http://127.0.0.1:9")
    assert result.returncode == 1
    assert "NotPushed: http://127.0.0.1:9 does not answer (" in result.stderr
    assert "is there a network? HF_ENDPOINT names another hub" in result.stderr


# repository, token -> the error
REFUSED = [
    ("finerweb", TOKEN, "repository: found 'finerweb', wanted OWNER/NAME, such as someone/finerweb"),
    ("a/b/c", TOKEN, "repository: found 'a/b/c', wanted OWNER/NAME, such as someone/finerweb"),
    ("me/there", "", "HF_TOKEN is not set; wanted a token that may write, in the environment (or try --dry-run)"),
    (
        "me/there",
        "hf_ab\ncd",
        "HF_TOKEN has characters that no token has; wanted a token that may write, in the environment (or try --dry-run)",
    ),
]


@pytest.mark.parametrize(("repo", "token", "message"), REFUSED)
def test_what_a_hub_would_refuse_is_refused_before(repo: str, token: str, message: str) -> None:
    with pytest.raises(NotPushed) as raised:
        hub.check(repo, token)
    assert str(raised.value) == message


def test_nothing_published_yet(tmp_path: Path) -> None:
    with pytest.raises(NotPushed) as raised:
        hub.to_send(str(tmp_path))
    assert str(raised.value) == f"{tmp_path}: found no release of a data set there; first run: finerweb publish"


def test_a_release_without_sentences_is_not_sent(tmp_path: Path) -> None:
    releases.complete(releases.draft(str(tmp_path)), [], "---\npretty_name: x\n---\n", earlier=1)
    with pytest.raises(NotPushed) as raised:
        hub.to_send(str(tmp_path))
    assert str(raised.value) == (
        f"{tmp_path}/releases/000001: found no file but README.md: no passage was annotated; there is nothing to send"
    )


def test_a_folder_elsewhere_has_to_be_downloaded() -> None:
    with pytest.raises(NotPushed) as raised:
        hub.to_send("s3a://bucket/dataset")
    assert str(raised.value) == (
        "publish.path: found s3a://bucket/dataset, wanted a folder of this machine; download it, and push that: "
        "--set publish.path=FOLDER"
    )


def test_a_folder_may_be_a_url(data_set: Path) -> None:
    path = data_set.parents[1]
    assert hub.to_send(f"file:{path}") == hub.to_send(f"file://{path}") == hub.to_send(str(path))
    assert hub.to_send(str(path)) == (data_set, hub.to_send(str(path))[1])
