"""The sections of the settings; each setting is explained where its value is, in conf/default.yml."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, NonNegativeFloat, PositiveInt, field_validator

from finerweb import plugins
from finerweb.collection import Collection
from finerweb.cost import Budget
from finerweb.encoders.pretrained import Encoder
from finerweb.errors import BadSettings
from finerweb.lake import sql
from finerweb.languages import Language
from finerweb.mentions.grounding import POLICIES
from finerweb.scorer.recipe import Recipe
from finerweb.settings.evaluate import Evaluate
from finerweb.settings.models import ModelName, ModelSpec
from finerweb.settings.section import Section, Share
from finerweb.settings.sources import Source
from finerweb.settings.student import Student, Tag
from finerweb.settings.tracking import Tracking


class Lake(Section):
    """Where the tables are: a folder or URL, which has a slash or a scheme, or `schema` or `catalog.schema`."""

    location: str

    @field_validator("location")
    @classmethod
    def _certain(cls, location: str) -> str:
        try:
            sql.schema_of(location)
        except BadSettings as error:
            raise ValueError(str(error)) from None
        return location


class Ingest(Section):
    """ingest_documents."""

    sources: list[Source] = Field(min_length=1)
    languages: list[str]
    max_characters: PositiveInt

    @field_validator("sources")
    @classmethod
    def _distinct(cls, sources: list[Source]) -> list[Source]:
        names = [source.name for source in sources]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two sources are called {', '.join(twice)}; give each a name of its own")
        return sources


class Split(Section):
    """split_passages."""

    max_words: PositiveInt
    max_subwords: Annotated[int, Field(ge=8, le=8192)]


class Rate(Section):
    """collect_ratings."""

    raters: list[str] = Field(min_length=1)
    per_language: PositiveInt
    budget: Budget


class Train(Section, Recipe):
    """train_scorer: the recipe's settings, and whose ratings are learned."""

    rater: str

    @property
    def recipe(self) -> Recipe:
        """What shapes the model, without where its ratings come from."""
        return Recipe(**{name: getattr(self, name) for name in Recipe.model_fields})


class Promote(Section):
    """promote_scorer, promote_student."""

    when: Literal["better", "always", "never"]
    margin: NonNegativeFloat


class Score(Section):
    """score_passages."""

    at_most: PositiveInt | None
    slice: PositiveInt
    tokens_per_batch: PositiveInt | None


class Select(Section):
    """select_passages."""

    per_language: PositiveInt
    threshold: float | str

    @field_validator("threshold", mode="before")
    @classmethod
    def _check_threshold(cls, threshold: Any) -> Any:
        is_number = isinstance(threshold, int | float) and not isinstance(threshold, bool)
        if not is_number and threshold not in ("target", "calibrated"):
            raise ValueError("wanted target, calibrated or a number")
        return threshold


class Annotate(Section):
    """annotate."""

    engine: str
    annotators: list[str]
    budget: Budget


class Ground(Section):
    """ground_mentions."""

    policy: str

    @field_validator("policy")
    @classmethod
    def _check_policy(cls, policy: str) -> str:
        if policy not in POLICIES:
            raise ValueError(f"wanted one of {', '.join(POLICIES)}.{plugins.suggestion(policy, list(POLICIES))}")
        return policy


class Merge(Section):
    """merge_entities."""

    rule: Literal["paper", "weighted"]
    overlap: Share
    similarity: Share
    encoder: Encoder


class NameLabels(Section):
    """name_labels."""

    namer: str
    back_translate: bool
    vocabulary: str | None
    budget: Budget


class Judge(Section):
    """collect_verdicts."""

    judges: list[str]
    per_language: PositiveInt
    planted: Share
    swapped: Share
    budget: Budget


class Publish(Section):
    """publish."""

    path: str
    name: str
    licence: str
    leave_out_contaminated: bool
    sentences_per_file: PositiveInt
    earlier_releases: PositiveInt
    formats: list[Literal["parquet", "jsonl", "gliner", "bio"]]

    @field_validator("formats")
    @classmethod
    def _readable(cls, formats: list[str]) -> list[str]:
        twice = sorted({name for name in formats if formats.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} stands there twice; wanted each once")
        if not {"parquet", "jsonl"} & set(formats):
            raise ValueError("wanted parquet or jsonl among them: `datasets` loads one of these by the data card")
        return formats


class Report(Section):
    """report."""

    path: str
    passages_per_language: PositiveInt


class Settings(Section):
    """All settings; each is explained where its value is, in conf/default.yml."""

    work: Path
    languages: dict[str, Language]
    spark: dict[str, str]
    tasks: PositiveInt
    lake: Lake
    tracking: Tracking
    ingest: Ingest
    split: Split
    models: dict[ModelName, ModelSpec]
    ask: Collection
    rate: Rate
    train: Train
    promote: Promote
    score: Score
    select: Select
    annotate: Annotate
    ground: Ground
    merge: Merge
    name_labels: NameLabels
    judge: Judge
    student: Student
    promote_student: Promote
    evaluate: Evaluate
    tag: Tag
    publish: Publish
    report: Report

    @property
    def annotators(self) -> list[str]:
        """Who annotates: the models that are named, or those of the engine that is."""
        of_engine = [name for name, spec in self.models.items() if spec.engine == self.annotate.engine]
        return self.annotate.annotators or of_engine
