"""How a student is made of examples."""

from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    field_validator,
    model_validator,
)

from finerweb.encoders.pretrained import Encoder
from finerweb.text.scripts import LETTERS

Share = Annotated[float, Field(ge=0, le=1)]
NameKind = Literal["english", "target", "written"]


class StudentRecipe(BaseModel):
    """The encoder, what a student is shown and how it learns; conf/default.yml explains each, under `student`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    encoder: Encoder
    label_encoder: Encoder | None
    label_prompt: Annotated[str, Field(pattern=r"^[^{}]*\{\}[^{}]*$")]
    words: Literal["icu", "none"]
    letters: list[str]
    window: Annotated[int, Field(ge=8)]
    overlap: NonNegativeInt
    width: PositiveInt
    cosine: bool
    freeze_embeddings: bool
    steps: PositiveInt
    batch_size: PositiveInt
    learning_rate: PositiveFloat
    head_learning_rate: PositiveFloat
    warmup: Share
    candidates: PositiveInt
    near: Share | None
    names: dict[NameKind, NonNegativeFloat]
    language_exponent: Share
    empty: Share
    evaluate_every: PositiveInt
    patience: PositiveInt
    validation: PositiveInt
    calibrate: PositiveInt | None
    checkpoint_every: PositiveInt
    seed: int

    @field_validator("letters")
    @classmethod
    def _scripts(cls, letters: list[str]) -> list[str]:
        unknown = sorted(set(letters) - set(LETTERS))
        if unknown:
            raise ValueError(f"found {', '.join(unknown)}; wanted ISO 15924 codes among {', '.join(LETTERS)}")
        return letters

    @field_validator("names")
    @classmethod
    def _some_name(cls, names: dict[NameKind, float]) -> dict[NameKind, float]:
        if not any(names.values()):
            raise ValueError("found no kind of name with a weight above 0; wanted one: english, target or written")
        return names

    @model_validator(mode="after")
    def _windows_move_on(self) -> "StudentRecipe":
        if self.overlap > self.window // 2:
            raise ValueError(f"overlap: found {self.overlap}, wanted at most half of window ({self.window})")
        return self
