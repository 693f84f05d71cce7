"""JSON lines: the lines of a file, plain or gzip, with their numbers, and the object that each holds. Plain Python."""

import gzip
import json
import zlib
from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from finerweb.errors import BadInput


def lines(file: Path) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, numbered from 1; raises BadInput for a file that cannot be unpacked."""
    with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as opened:
        try:
            for number, line in enumerate(opened, start=1):
                content = line.removeprefix(BOM_UTF8).strip()
                if content:
                    yield number, content
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise BadInput(f"{file}: cannot be unpacked ({error})") from None


def record(line: bytes) -> dict[str, Any]:
    """The object that a line holds; raises BadInput, which says what was found instead."""
    try:
        value = json.loads(line)
    except UnicodeDecodeError as error:
        raise BadInput(f"found bytes that are not UTF-8, from byte {error.start} of the line on") from None
    except (ValueError, RecursionError) as error:
        raise BadInput(f"not JSON ({error})") from None
    if not isinstance(value, dict):
        raise BadInput(f"found a {type(value).__name__}")
    return value


def text(values: dict[str, Any]) -> str:
    """The field `text` of a record; raises BadInput where there is none, or a blank one."""
    value = values.get("text")
    if not isinstance(value, str) or not value.strip():
        raise BadInput("found no text")
    return value
