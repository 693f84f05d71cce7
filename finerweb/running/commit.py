"""The git commit of the code, for the log of runs."""

import functools
import subprocess
from importlib.resources import files
from pathlib import Path


@functools.cache
def here() -> str:
    """The commit of this checkout, with a `+` where files differ from it; empty where this is no checkout."""
    root = Path(str(files("finerweb"))).parent
    if not (root / ".git").exists():  # an installed package may lie in somebody else's repository
        return ""
    try:
        head, status = (_git(root, *words) for words in (("rev-parse", "HEAD"), ("status", "--porcelain", "-uno")))
    except (OSError, subprocess.CalledProcessError):
        return ""
    return f"{head}+" if status else head


def _git(root: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True).stdout.strip()
