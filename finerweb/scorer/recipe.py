"""How the regression is made of ratings."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveFloat, PositiveInt

from finerweb.encoders.pretrained import Encoder
from finerweb.scorer.targets import TARGETS, Target


class Recipe(BaseModel):
    """The encoder, what it learns and how; conf/default.yml explains each, under `train`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    encoder: Encoder
    targets: Annotated[list[Literal["binary", "four_class"]], Field(min_length=1)]
    learning_rate: PositiveFloat
    batch_size: PositiveInt
    epochs: PositiveInt
    patience: PositiveInt
    seeds: Annotated[list[int], Field(min_length=1)]
    frozen_layers: NonNegativeInt | None
    dropout: Annotated[float, Field(ge=0, lt=1)]
    balance: bool
    calibrate: PositiveInt

    @property
    def heads(self) -> list[Target]:
        """The targets, one a head on the same encoder; the first decides."""
        return [TARGETS[name] for name in self.targets]
