"""Data sets of the Hugging Face Hub: read by the executors, shard by shard; and ours, sent there by `finerweb push`."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pandas as pd
from datasets import IterableDataset, load_dataset
from huggingface_hub import HfApi, is_offline_mode
from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled
from pyspark.sql import DataFrame, SparkSession

from finerweb.errors import BadSource, NotPushed
from finerweb.formats import releases
from finerweb.formats.release import CARD, DATA, ENDINGS
from finerweb.rows import each
from finerweb.sources import values

FIELDS = ("id", "text", "language", "language_script", "url", "date", "dump", "license", "language_score")
REFUSED = ("raw", "problem", "found", "wanted")
SCHEMA = ", ".join(f"{name} string" for name in (*FIELDS, *REFUSED))
BATCH = 1000  # records

SENT = [CARD, *(f"{DATA}/*{ending}" for ending in ENDINGS.values())]  # its listing stays here


class File(NamedTuple):
    """A file to send: its path below the data set's folder, and its size."""

    path: str
    bytes: int


def to_send(location: str) -> tuple[Path, list[File]]:
    """The folder of the current release, and its files; raises NotPushed, BadRelease."""
    scheme = re.match(r"([a-z][a-z0-9+.-]+):", location)
    if scheme and scheme[1] != "file":
        raise NotPushed(
            f"publish.path: found {location}, wanted a folder of this machine; download it, and push that: "
            "--set publish.path=FOLDER"
        )
    folder = Path(re.sub(r"^file:(//)?", "", location))
    release = releases.current(str(folder))
    if release is None:
        raise NotPushed(f"{folder}: found no release of a data set there; first run: finerweb publish")
    chosen = [file for file in listed(Path(release.url)) if any(fnmatchcase(file.path, pattern) for pattern in SENT)]
    if len(chosen) < 2:
        raise NotPushed(f"{release.url}: found no file but {CARD}: no passage was annotated; there is nothing to send")
    return Path(release.url), chosen


def listed(folder: Path) -> list[File]:
    """All files of a folder."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return [File(path.relative_to(folder).as_posix(), path.stat().st_size) for path in paths]


def check(repo: str, token: str) -> None:
    """Raise NotPushed where a hub would refuse the name, or there is no token."""
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repo, re.ASCII):
        raise NotPushed(f"repository: found {repo!r}, wanted OWNER/NAME, such as someone/finerweb")
    if not re.fullmatch(r"[!-~]+", token):
        fault = "has characters that no token has" if token else "is not set"
        raise NotPushed(f"HF_TOKEN {fault}; wanted a token that may write, in the environment (or try --dry-run)")


def push(
    folder: Path, repo: str, *, token: str, private: bool, revision: str | None, kind: Literal["dataset", "model"]
) -> str:
    """Make the repository hold this data set or model, in one commit; returns its URL. Raises NotPushed.

    Data files of an earlier release that this one does not have are deleted there; of a model any file.
    """
    from httpx import HTTPError  # at its home, at import time, in engines/openai.py

    check(repo, token)
    api = HfApi(token=token)
    try:
        api.create_repo(repo, repo_type=kind, private=private or None, exist_ok=True)
        if private and not api.repo_info(repo, repo_type=kind).private:
            raise NotPushed(f"{repo}: it is there already and public; make it private at the hub, or choose another")
        if revision:
            api.create_branch(repo, repo_type=kind, branch=revision, exist_ok=True)
        commit = api.upload_folder(
            repo_id=repo,
            repo_type=kind,
            folder_path=folder,
            revision=revision,
            allow_patterns=SENT if kind == "dataset" else None,
            delete_patterns=SENT[1:] if kind == "dataset" else "*",
            commit_message=f"{'Data set' if kind == 'dataset' else 'Model'} made by finerweb",
        )
    except OfflineModeIsEnabled:
        raise NotPushed("HF_HUB_OFFLINE is set: no hub is asked; unset it") from None
    except HfHubHTTPError as error:
        reason = str(error.server_message or error).replace(token, "***")
        raise NotPushed(f"{api.endpoint} refused {repo} ({error.response.status_code}): {reason}") from None
    except HTTPError as error:
        reason = str(error).replace(token, "***")
        raise NotPushed(
            f"{api.endpoint} does not answer ({reason}); is there a network? HF_ENDPOINT names another hub"
        ) from None
    return str(commit.commit_url)


def commit(path: str, revision: str | None) -> str:
    """The commit at which a branch or tag of a data set is now, main's without one; raises BadSource.

    Its name alone of a folder, and where HF_HUB_OFFLINE is set: what was downloaded does not change.
    """
    if Path(path).is_dir() or is_offline_mode():
        return revision or "main"
    from httpx import HTTPError

    api = HfApi()
    try:
        return str(api.dataset_info(path, revision=revision, expand=["sha"]).sha)
    except HfHubHTTPError as error:
        reason = str(error.server_message or error).splitlines()[0]
        raise BadSource(
            f"data set {path}: {api.endpoint} refuses it ({error.response.status_code}): {reason}"
        ) from None
    except (HTTPError, OSError) as error:
        raise BadSource(
            f"data set {path}: {api.endpoint} does not answer: {error}",
            way_out="see that there is a network; HF_ENDPOINT names another hub, and with HF_HUB_OFFLINE=1 what was "
            "downloaded before is read",
        ) from None


def stream(path: str, config: str | None, split: str, revision: str | None) -> IterableDataset:
    """A data set of the Hub (or a local folder of data files), streamed: nothing is downloaded whole."""
    return load_dataset(path, name=config, split=split, revision=revision, streaming=True)


def read(
    spark: SparkSession, path: str, *, configs: Sequence[str], split: str, revision: str | None, limit: int
) -> DataFrame:
    """The records of a data set, one task a shard; `limit` records of each config, 0 for all.

    Every worker must reach the Hub; HF_TOKEN is taken from its environment.
    """
    chosen: Sequence[str | None] = configs or [None]
    parts = [
        (config, shard, 1 if limit else shards, limit)
        for config in chosen
        for shards in [stream(path, config, split, revision).num_shards]
        for shard in range(1 if limit else shards)  # "the first N" is one task's work
    ]
    frame = spark.createDataFrame(parts, "config string, shard int, shards int, limit int").repartition(
        len(parts), "config", "shard"
    )
    return frame.mapInPandas(partial(_read, path=path, split=split, revision=revision), SCHEMA)


def _read(batches: Iterable[pd.DataFrame], *, path: str, split: str, revision: str | None) -> Iterator[pd.DataFrame]:
    for batch in batches:
        for part in each(batch):
            data: Any = stream(path, part.config, split, revision)
            if part.shards > 1:
                data = data.shard(num_shards=part.shards, index=part.shard)
            records = iter(islice(data, part.limit) if part.limit else data)
            while rows := list(islice(records, BATCH)):
                yield pd.DataFrame([_cells(row) for row in rows], columns=[*FIELDS, *REFUSED], dtype=object)


def _cells(row: Mapping[str, Any]) -> list[str | None]:
    """A record's fields as text, and what the first is that is no text."""
    fields = {name: values.of_python("script" if name == "language_script" else name, row.get(name)) for name in FIELDS}
    texts = [text for text, _ in fields.values()]
    for name, (_, instead) in fields.items():
        if instead is not None:
            raw = json.dumps({name: row.get(name) for name in FIELDS}, ensure_ascii=False, default=str)
            return [*texts, raw, "not_text", instead, values.wanted(name)]
    return [*texts, None, None, None, None]
