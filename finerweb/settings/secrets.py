"""Keys have no place in settings, logs and tables: the names that tell them, and texts without them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

NAME = re.compile(r"(?i)(?:^|_|\b)(?:api)?(?:key|token|password|secret)$")


def names(value: Any) -> Iterator[str]:
    """The names in a setting's value, however deep, that are those of keys."""
    if isinstance(value, Mapping):
        yield from (name for name in map(str, value) if NAME.search(name))
        for inner in value.values():
            yield from names(inner)


def hidden(override: str) -> str:
    """A `key=value` without its value where a key may be in it."""
    key, _, value = override.partition("=")
    if not any(NAME.search(word) for word in re.findall(r"\w+", override)):
        return override
    if override.lstrip().startswith("{"):
        return "{***}"
    return f"{key}=***" if value else override
