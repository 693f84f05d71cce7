"""A section of the settings."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    """Settings that a job reads one by one; what it reads of them decides whether it is run again."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())
