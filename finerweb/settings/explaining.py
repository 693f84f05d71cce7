"""What is wrong with a setting, in words: which one, where it was set, what was found, what was wanted."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from finerweb import plugins
from finerweb.engines import Spec
from finerweb.settings.models import Model
from finerweb.settings.sections import Settings

Origin = Mapping[str, str]  # setting -> the file or `--set ...` that its value is from


def explain(problem: ErrorDetails, origin: Origin) -> str:
    """An error of pydantic's in this project's words."""
    path = ".".join(str(part) for part in problem["loc"] if part != "[key]")  # the value of a key is the key itself
    place = place_of(path, origin)
    if problem["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        section, _, name = path.rpartition(".")
        choices = choices_in(section)
        return f"{place}: {path} is not a setting.{plugins.suggestion(name, choices)} There are: {', '.join(choices)}"
    if problem["type"] == "missing":
        return f"{place}: {path} has no value; wanted one (conf/default.yml shows all settings)"
    message = problem["msg"].removeprefix("Value error, ")
    shown = "" if problem["type"] == "secret" else f"found {problem['input']!r}; "
    return f"{place}: {path}: {shown}{message}"


def place_of(setting: str, origin: Origin) -> str:
    """Where a setting's value is from, or that of the section around it."""
    while setting and setting not in origin:
        setting = setting.rpartition(".")[0]
    return origin.get(setting, "conf/default.yml")


def choices_in(section: str) -> list[str]:
    """The settings that there are in a section such as `train.encoder`."""
    kind: Any = Settings
    for part in section.split(".") if section else []:
        kind = _classes(kind)[0] if _is_listed(kind) else _types(_classes(kind)[0])[part]
    return sorted(_types(_classes(kind)[0]))


def _is_listed(kind: Any) -> bool:
    """Are the settings in it numbered or named by whoever writes them, as sources and models are?"""
    return getattr(kind, "__origin__", None) in (list, dict)


def _classes(kind: Any) -> list[Any]:
    """The class with settings that a type such as `dict[str, X]` or `X | None` is about."""
    kind = Model if kind is Spec else kind  # as it is written in YAML
    if _types(kind):
        return [kind]
    return [inner for argument in get_args(kind) for inner in _classes(argument)]


def _types(kind: Any) -> Mapping[str, Any]:
    """The fields of a section or a dataclass with their types; none for any other type."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {name: field.annotation for name, field in kind.model_fields.items()}
    # A validator in an annotation is an instance of a dataclass, and no class with settings.
    return {field.name: field.type for field in fields(kind)} if isinstance(kind, type) and is_dataclass(kind) else {}
