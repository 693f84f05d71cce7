"""Members of an answer's objects: by the names that models give them, and numbers as far as they are exact."""

import re
from collections.abc import Collection
from typing import Any

from finerweb.questions._lenient import Numeral

_EXACT = re.compile(r"\s*\+?(\d{1,9})(?:\.0*)?\s*")


def plain(name: str) -> str:
    """A member's name without what models vary in it: `Entity Type` is entity_type."""
    return re.sub(r"[\s-]+", "_", name.strip().lower())


def member(data: dict[str, Any], *names: str) -> Any:
    """The member of the first of these names that is there; None for none."""
    members = {plain(name): value for name, value in data.items()}
    return next((members[name] for name in names if name in members), None)


def exact(value: Any, allowed: Collection[int]) -> int | None:
    """A number that is an integer, however it is written (3, 3.0, "3"), if it is one of the allowed ones."""
    text = value.text if isinstance(value, Numeral) else value
    match = _EXACT.fullmatch(text) if isinstance(text, str) else None
    number = int(match[1]) if match else None
    return number if number in allowed else None


def text_of(value: Any) -> str | None:
    """A string, or a number as it is written; None for anything else."""
    if isinstance(value, Numeral):
        return value.text
    return value if isinstance(value, str) else None
