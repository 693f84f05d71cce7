"""The releases of a data set: a reader sees a whole one, whatever happens to who writes the next, and wherever it is."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pytest
import s3
from fsspec.implementations.memory import MemoryFileSystem
from stores import Hadoop, Mount

from finerweb import storage
from finerweb.errors import BadRelease
from finerweb.formats import release, releases

HEADER = "pretty_name: '{split: x, path: data/y'\nconfigs:\n- config_name: tha\n  data_files:\n  - {split: train, path: data/v/tha/train-?????-of-?????.jsonl}\n"
CARD = f"---\n{HEADER}---\n# สวัสดี 👍🏽\n---\n  - {{split: x, path: data/y}}\n"


def row(content: str) -> dict[str, Any]:
    path = release.shard("v", "tha", "train", "jsonl", number=0, count=1)
    return {"path": path, "language": "tha", "bytes": len(content.encode()), "sha256": content}


def publish(place: str, content: str, *, earlier: int = 1, card: str = CARD) -> str:
    """A release with one file; returns the name of the current one."""
    draft = releases.draft(place)
    release.fill(f"{draft.url}/{row(content)['path']}", content.encode())
    return releases.complete(draft, [row(content)], card, earlier=earlier).name


def state(place: str) -> tuple[str, str] | None:
    """The current release, and what its file has."""
    present = releases.current(place)
    if present is None:
        return None
    return present.name, release.content(f"{present.url}/{present.files[0]['path']}").decode()


def files(place: str) -> set[str]:
    system, root = storage.place(place)
    system.invalidate_cache()
    return {path.removeprefix(root).strip("/") for path in system.find(root)}


def whole(*names: str) -> set[str]:
    """The files of a data set with these releases."""
    inside = ("README.md", "files.json", row("")["path"])
    return {"README.md", *(f"releases/{name}/{file}" for name in names for file in inside)}


class Renameless(MemoryFileSystem):  # type: ignore[misc]  # fsspec has no types
    """A store that renames nothing."""

    protocol = "renameless"
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]

    def mv(self, *arguments: Any, **options: Any) -> None:
        raise OSError(95, "Operation not supported")


@pytest.fixture(scope="module")
def bucket() -> Iterator[dict[str, str]]:
    with s3.served("bucket") as variables:
        yield variables


@pytest.fixture(params=["disk", "mount", "hadoop", "memory", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A data set's folder in each kind of store."""
    for kind in (Mount, Hadoop, Renameless):
        fsspec.register_implementation(kind.protocol, kind, clobber=True)
    if request.param == "s3":
        for name, value in request.getfixturevalue("bucket").items():
            monkeypatch.setenv(name, value)
    return {
        "disk": str(tmp_path / "my set"),
        "mount": f"mount://{tmp_path}/set",
        "hadoop": f"hadoop://{tmp_path}/set",
        "memory": f"renameless://{tmp_path.name}/set",
        "s3": f"s3a://bucket/{tmp_path.name}/set",
    }[request.param]


def test_a_release_follows_another_and_the_oldest_goes(place: str) -> None:
    assert (state(place), releases.pointed(place)) == (None, None)
    assert publish(place, "first") == "000001"
    assert (state(place), files(place)) == (("000001", "first"), whole("000001"))
    assert publish(place, "second 👍🏽") == "000002"
    assert (state(place), files(place)) == (("000002", "second 👍🏽"), whole("000001", "000002"))
    began = releases.current(place)
    assert publish(place, "third") == "000003"
    assert (state(place), files(place)) == (("000003", "third"), whole("000002", "000003"))
    assert began
    assert release.content(f"{began.url}/{began.files[0]['path']}").decode() == "second 👍🏽", (
        "who began with it can end"
    )
    assert publish(place, "third") == "000003", "the same again is no new one"
    assert files(place) == whole("000002", "000003")
    assert publish(place, "third", card=CARD + "more") == "000004"
    assert publish(place, "fifth", earlier=0) == "000005"
    assert files(place) == whole("000005")


def test_the_pointer_is_the_card_with_the_paths_of_the_release(tmp_path: Path) -> None:
    publish(str(tmp_path), "first")
    header, text = release.parts((tmp_path / "README.md").read_text(encoding="utf-8"))
    assert text == release.parts(CARD)[1]
    *lines, pointer = header.splitlines()
    wanted = HEADER.replace("  - {split: train, path: data/", "  - {split: train, path: releases/000001/data/")
    assert "\n".join(lines) + "\n" == wanted
    assert pointer.startswith("# release 000001, sha256 of the lines above ")
    assert (tmp_path / "releases" / "000001" / "README.md").read_text(encoding="utf-8") == CARD


def test_a_torn_pointer_is_read_as_the_newest_whole_release(tmp_path: Path) -> None:
    place, pointer = str(tmp_path), tmp_path / "README.md"
    publish(place, "first")
    publish(place, "second")
    text = pointer.read_bytes()
    for length in [*range(0, len(text), 23), len(text) - 1]:
        pointer.write_bytes(text[:length])
        assert state(place) == ("000002", "second")
    pointer.write_bytes(text.replace(b"000002", b"000001", 1))  # of an old one a part was written over
    assert state(place) == ("000002", "second")
    pointer.write_bytes(text + b"a word of mine")
    assert state(place) == ("000002", "second")
    pointer.write_bytes(text[:99])
    assert publish(place, "second") == "000002"
    assert pointer.read_bytes() == text, "it is mended"


def test_a_pointer_to_a_release_that_is_gone_names_it_and_the_way_out(place: str) -> None:
    publish(place, "first")
    publish(place, "second")
    system, root = storage.place(f"{place}/releases/000002")
    system.rm_file(f"{root}/files.json")
    with pytest.raises(BadRelease) as raised:
        releases.current(place)
    assert str(raised.value) == (
        f"data set {place}, whose README.md points to release 000002: found no such release that is whole (whole ones: "
        "000001), wanted releases/000002 with its files.json. Run finerweb publish, which writes the next one and points "
        "to it"
    )
    system.rm(root, recursive=True)
    with pytest.raises(BadRelease):
        releases.current(place)
    assert publish(place, "first") == "000001", "what is whole and the same is not written again"
    publish(place, "third")
    assert (state(place), files(place)) == (("000002", "third"), whole("000001", "000002"))


class Killed(BaseException):
    """What stands in for SIGKILL: nothing is done after it."""


class Doom:
    """Ends the process before so many changes of a store are made; the last one is made by half where it is a write."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, system: Any, changes: int) -> None:
        self.left = changes
        for name in ("pipe_file", "mv", "rm", "rm_file"):
            monkeypatch.setattr(system, name, self._counted(getattr(system, name), is_write=name == "pipe_file"))

    def _counted(self, change: Any, *, is_write: bool) -> Any:
        def counted(*arguments: Any, **options: Any) -> Any:
            self.left -= 1
            if self.left == 0 and is_write:
                path, content = arguments
                change(path, content[: len(content) // 2])
            if self.left <= 0:
                raise Killed
            return change(*arguments, **options)

        return counted


@pytest.mark.parametrize("kind", ["disk", "mount"])
def test_a_publish_killed_anywhere_leaves_a_whole_release(kind: str, tmp_path: Path) -> None:
    fsspec.register_implementation(Mount.protocol, Mount, clobber=True)
    seen = set()
    for changes in range(1, 99):
        place = f"mount://{tmp_path}/{changes}" if kind == "mount" else f"{tmp_path}/{changes}"
        for content in ("first", "second"):
            publish(place, content)
        with pytest.MonkeyPatch.context() as monkeypatch:
            doom = Doom(monkeypatch, storage.place(place).system, changes)
            with suppress(Killed):
                publish(place, "third")
        seen.add(state(place))
        assert state(place) in {("000002", "second"), ("000003", "third")}
        assert publish(place, "fourth") in {"000003", "000004"}
        name, content = state(place) or ("", "")
        assert content == "fourth"
        kept = {path.split("/")[1] for path in files(place) if path.startswith("releases/")}
        assert files(place) - {"README.md.partial"} == whole(*kept)
        assert (len(kept), max(kept)) == (2, name)
        if doom.left > 0:
            break
    assert seen == {("000002", "second"), ("000003", "third")}
    assert changes >= 7


KILLED = """
import os, signal, sys
from finerweb.formats import release, releases
draft = releases.draft(sys.argv[1])
release.fill(f"{draft.url}/data/v/tha/train-00000-of-00002.jsonl", b"half")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_half_release_of_a_process_that_was_killed_is_removed_by_the_next_run(tmp_path: Path) -> None:
    place = str(tmp_path)
    publish(place, "first")
    (tmp_path / "releases" / "mine").mkdir()
    done = subprocess.run([sys.executable, "-c", KILLED, place], env=dict(os.environ), check=False, timeout=100)
    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / "releases" / "000002").is_dir()
    assert state(place) == ("000001", "first")
    assert publish(place, "second") == "000003"
    assert files(place) == whole("000001", "000003")
    assert (tmp_path / "releases" / "mine").is_dir()


def test_what_was_published_without_releases_goes_with_the_first_one(tmp_path: Path) -> None:
    old = tmp_path / "data" / "v" / "tha"
    old.mkdir(parents=True)
    for name in ("train.parquet", "train.gliner.jsonl", "train.bio.partial", "notes.txt"):
        (old / name).write_text("old")
    (tmp_path / "README.md").write_text("---\npretty_name: x\n---\n# old\n")
    assert state(str(tmp_path)) is None
    assert len(releases.unversioned(str(tmp_path))) == 3
    publish(str(tmp_path), "first")
    assert files(str(tmp_path)) == whole("000001") | {"data/v/tha/notes.txt"}
