"""Azure's Blob storage on loopback: azurite (npm), a real HTTP server that keeps its blobs in memory."""

import base64
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from cluster import end
from kills import free_port, is_open, wait

ACCOUNT = "ada"


def missing() -> str:
    """What keeps it from being tested, in words; empty for nothing."""
    from importlib.util import find_spec

    if find_spec("adlfs") is None:
        return "no adlfs here: finerweb[azure]"
    return "" if shutil.which("azurite-blob") else "no azurite-blob on PATH (npm install azurite)"


@contextmanager
def served(container: str) -> Iterator[dict[str, str]]:
    """The environment variables with which a client finds it; it has one container."""
    port, key = free_port(), base64.b64encode(secrets.token_bytes(64)).decode()
    command = ["azurite-blob", "--inMemoryPersistence", "--silent", "--blobHost", "127.0.0.1", "--blobPort", str(port)]
    process = subprocess.Popen(
        [*command, "--skipApiVersionCheck", "--disableTelemetry"],
        env={**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{key}"},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    place = f"BlobEndpoint=http://127.0.0.1:{port}/{ACCOUNT}"
    connection = f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={key};{place};"
    try:
        wait(lambda: is_open(port), "azurite")
        variables = {"AZURE_STORAGE_CONNECTION_STRING": connection}
        make = f"import fsspec; fsspec.filesystem('abfs').mkdir({container!r})"
        subprocess.run([sys.executable, "-c", make], env={**os.environ, **variables}, check=True)
        yield variables
    finally:
        end(process)
