"""Processes of this machine."""

import os
from pathlib import Path


def is_running(pid: int) -> bool:
    """Does a process live? One that has ended does not, even where nobody has asked yet how it ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return True
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:  # no Linux
        return True
    return stat.rpartition(")")[2].split()[0] != "Z"
