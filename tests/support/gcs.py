"""Google's Cloud Storage on loopback: gcp-storage-emulator (PyPI), a real HTTP server that keeps its objects in memory."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cluster import end
from kills import free_port, is_open, wait

COMMAND = Path(sys.executable).with_name("gcp-storage-emulator")


def missing() -> str:
    """What keeps it from being tested, in words; empty for nothing."""
    from importlib.util import find_spec

    if find_spec("gcsfs") is None:
        return "no gcsfs here: finerweb[gcs]"
    return "" if shutil.which(COMMAND) else "no gcp-storage-emulator here (PyPI)"


@contextmanager
def served(bucket: str) -> Iterator[dict[str, str]]:
    """The environment variables with which a client finds it; it has one bucket."""
    port = free_port()
    command = [str(COMMAND), "start", "--host=127.0.0.1", f"--port={port}", "--in-memory", f"--default-bucket={bucket}"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        wait(lambda: is_open(port), "the emulator")
        yield {"STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{port}", "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false"}
    finally:
        end(process)
