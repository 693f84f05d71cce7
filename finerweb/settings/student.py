"""The sections of students: how one is trained, and what it is put to."""

from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt

from finerweb.settings.section import Section, Share
from finerweb.student.card import Kind
from finerweb.student.recipe import StudentRecipe


class Student(Section, StudentRecipe):
    """train_student: by which recipe, the recipe's settings, and what of the table `examples` is learned."""

    recipe: Kind
    variant: str
    inventory: Literal["vocabulary", "source"]
    languages: list[str]
    per_language: PositiveInt | None
    quartiles: list[Annotated[int, Field(ge=1, le=4)]] | None

    @property
    def training(self) -> StudentRecipe:
        """What shapes the model, without where its examples come from."""
        return StudentRecipe(**{name: getattr(self, name) for name in StudentRecipe.model_fields})

    @property
    def data(self) -> dict[str, Any]:
        """Which examples are learned, as `examples.studied` takes it."""
        own = set(type(self).model_fields) - set(StudentRecipe.model_fields) - {"recipe"}
        return {name: getattr(self, name) for name in sorted(own)}


class Tag(Section):
    """tag_passages."""

    table: str | None
    key: str | None
    text: str
    language: str | None
    languages: list[str]
    labels: list[Annotated[str, Field(min_length=1)]]
    threshold: Share | None
    slice: PositiveInt
    pieces_per_batch: PositiveInt | None
