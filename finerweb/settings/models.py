"""The setting `models`: who can be asked, each an engine with the engine's own settings, which its file lists."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, PositiveInt
from pydantic_core import PydanticCustomError

from finerweb.cost import Price
from finerweb.engines import Spec
from finerweb.settings import secrets


class Model(BaseModel):
    """What a model has in YAML, whatever its engine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: str
    price: Price | None = None
    tasks: PositiveInt | None = None  # that ask it at once; null for the setting `tasks`
    gpus: PositiveInt | None = None  # that each of these tasks has to itself, where Spark schedules them


def _spec(value: Any) -> Spec:
    if isinstance(value, Spec):
        return value
    if not isinstance(value, Mapping):
        return _spec(Model.model_validate(value))  # raises
    for name in secrets.names(value):
        raise PydanticCustomError(
            "secret",
            "{name} has no place in settings, logs and tables; put it into the environment, and its variable's "
            "name here: key_env: OPENAI_API_KEY",
            {"name": name},
        )
    model = Model.model_validate({name: entry for name, entry in value.items() if name in Model.model_fields})
    options = {name: entry for name, entry in value.items() if name not in Model.model_fields}
    common = {"price": asdict(model.price) if model.price else None, "tasks": model.tasks, "gpus": model.gpus}
    return Spec.from_options(
        model.engine, options | {name: entry for name, entry in common.items() if entry is not None}
    )


def _nameable(name: str) -> str:
    if not re.fullmatch(r"[\w.-]+", name):
        raise ValueError(
            "wanted letters, digits, underscores, dots and hyphens: files and configurations of the data set are named "
            "after the model"
        )
    return name


ModelName = Annotated[str, AfterValidator(_nameable)]
ModelSpec = Annotated[Spec, BeforeValidator(_spec)]
