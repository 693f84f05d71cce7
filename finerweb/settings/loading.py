"""The settings of conf/default.yml, of another file, and of `--set`, one over the other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import ValidationError

from finerweb.errors import BadSettings, NotInstalled
from finerweb.languages import Language, codes_by_alias
from finerweb.project import resource
from finerweb.settings import explaining, references, secrets
from finerweb.settings.sections import Settings

DEFAULT, LANGUAGES = "conf/default.yml", "conf/languages.yml"


def load(conf: str | None = None, overrides: Sequence[str] = ()) -> Settings:
    """The settings of conf/default.yml, changed by the file `conf` and then by `key=value` overrides.

    Raises BadSettings that names the setting and where it was set.
    """
    layers = _Layers()
    layers.add(_shipped(DEFAULT), DEFAULT)
    if conf:
        layers.add(_read(_text(conf), conf), conf)
    for override in overrides:
        layers.add(_parsed(override), f"--set {secrets.hidden(override)}")
    values = _with_work(layers.values)
    values["languages"] = _with_shipped(layers.values.get("languages", {}))
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        texts = [explaining.explain(problem, layers.origin) for problem in error.errors()]
        raise BadSettings("\n".join(texts)) from None
    for setting, text in references.dangling(settings):
        raise BadSettings(f"{explaining.place_of(setting, layers.origin)}: {setting}: {text}")
    return settings


def load_languages() -> dict[str, Language]:
    """The languages of conf/languages.yml."""
    lines = cast(dict[str, dict[str, Any]], _shipped(LANGUAGES))
    try:
        languages = {code: Language(code=code, **_with_tuples(line)) for code, line in lines.items()}
    except TypeError as error:
        raise BadSettings(f"{LANGUAGES}: {error}; wanted name, script, locale, aliases, detect") from None
    codes_by_alias(languages)  # raises where two share one
    return languages


def _with_shipped(languages: Any) -> Any:
    """The settings' own languages beside those of languages.yml; the key is the code there too."""
    if not isinstance(languages, Mapping):
        return languages
    own = {code: {"code": code, **line} if isinstance(line, Mapping) else line for code, line in languages.items()}
    return {**load_languages(), **own}


def _with_tuples(line: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in line.items()}


@dataclass
class _Layers:
    """Settings, each as the last layer has it that names it, and which layer that is."""

    values: dict[str, Any] = field(default_factory=dict)
    origin: dict[str, str] = field(default_factory=dict)

    def add(self, layer: Mapping[str, Any], place: str) -> None:
        """Put a layer over those before."""
        self._merge(self.values, layer, place, "")

    def _merge(self, section: dict[str, Any], layer: Mapping[str, Any], place: str, prefix: str) -> None:
        for key, value in layer.items():
            is_section = isinstance(value, Mapping) and isinstance(section.get(key), dict)
            # Another engine knows nothing of the settings of the one before.
            if is_section and not (prefix == "models." and "engine" in value):
                self._merge(section[key], value, place, f"{prefix}{key}.")
            else:
                section[key] = dict(value) if isinstance(value, Mapping) else value
                self._note(f"{prefix}{key}", value, place)

    def _note(self, setting: str, value: Any, place: str) -> None:
        """Note `place` as the origin of a setting and of all settings below it."""
        others = {path: origin for path, origin in self.origin.items() if not path.startswith(f"{setting}.")}
        self.origin = others | dict.fromkeys([setting, *_paths(value, f"{setting}.")], place)


def _paths(value: Any, prefix: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield f"{prefix}{key}"
            yield from _paths(inner, f"{prefix}{key}.")


def _shipped(path: str) -> dict[str, Any]:
    return _read(resource(*path.split("/")).read_text(encoding="utf-8"), path)


def _text(conf: str) -> str:
    path = Path(conf)
    if path.is_file():
        try:
            return path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise BadSettings(
                f"--conf {conf}", found=f"no UTF-8 at byte {error.start}", way_out="save the file as UTF-8"
            ) from None
    try:
        return resource("conf", path.name).read_text(encoding="utf-8")  # conf/local.yml from anywhere
    except NotInstalled:
        raise BadSettings(f"--conf {conf}: no such file, and none of that name ships with finerweb") from None


def _read(text: str, place: str) -> dict[str, Any]:
    try:
        values = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise BadSettings(f"{place}: not YAML: {error}") from None
    if not isinstance(values, dict):
        raise BadSettings(f"{place}: found a {type(values).__name__}, wanted settings as `name: value`")
    return values


def _parsed(override: str) -> dict[str, Any]:
    """`select.per_language=3` as a file would say it, or several: `{select.per_language: 3, train.epochs: 5}`."""
    if override.lstrip().startswith("{"):
        return _several(override)
    key, equals, text = override.partition("=")
    shown = secrets.hidden(override)
    if not equals or not key.strip():
        raise BadSettings(f"--set {shown}: wanted key=value, such as --set select.per_language=100")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        why = error if shown == override else "it would show what may be a key"
        raise BadSettings(f"--set {shown}: the value is not YAML: {why}") from None
    return _nested(key.strip(), value)


def _several(override: str) -> dict[str, Any]:
    """Settings by name, as a parameter of a Databricks job has them: one text, which may say `{}`."""
    try:
        named = yaml.safe_load(override)
    except yaml.YAMLError:
        named = None  # the error would show what may be a key
    if not isinstance(named, dict):
        raise BadSettings("--set {...}: not YAML; wanted names and values: {select.per_language: 3, train.epochs: 5}")
    layers = _Layers()
    for key, value in named.items():
        layers.add(_nested(str(key), value), "--set")
    return layers.values


def _nested(key: str, value: Any) -> dict[str, Any]:
    for part in reversed(key.split(".")):
        value = {part: value}
    return dict(value)


def _with_work(values: Mapping[str, Any]) -> dict[str, Any]:
    """All but the languages, with the work folder where a setting says `{work}`."""
    work = str(Path(str(values.get("work", "work"))).resolve())

    def filled(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace("{work}", work)
        if isinstance(value, dict):
            return {key: filled(inner) for key, inner in value.items()}
        return [filled(inner) for inner in value] if isinstance(value, list) else value

    return {**{key: filled(value) for key, value in values.items() if key != "languages"}, "work": work}
