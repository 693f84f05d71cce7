"""Names in the settings of what stands elsewhere: in other settings, in languages.yml, in the folder of engines."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from finerweb import plugins
from finerweb.engines import COMMON
from finerweb.settings.sections import Settings
from finerweb.text.language_tags import Reader

SHOWN = 12  # choices that an error lists


class Dangling(NamedTuple):
    """A setting that names what is not there, and what is."""

    setting: str
    text: str


def dangling(settings: Settings) -> Iterator[Dangling]:
    """The names that lead nowhere."""
    yield from _models(settings)
    yield from _engines(settings)
    yield from _languages(settings)
    yield from _taggers(settings)


def _taggers(settings: Settings) -> Iterator[Dangling]:
    kinds = plugins.names("finerweb.taggers")
    for number, peer in enumerate(settings.evaluate.beside):
        setting = f"evaluate.beside.{number}"
        if peer.kind not in kinds:
            yield from _missing(f"{setting}.kind", [peer.kind], kinds, "finerweb/taggers")
            continue
        options = sorted(plugins.load("finerweb.taggers", peer.kind).OPTIONS)
        for option in peer.options:
            yield from _missing(f"{setting}.{option}", [option], options, f"tagger {peer.kind}'s options")


def _models(settings: Settings) -> Iterator[Dangling]:
    models = list(settings.models)
    yield from _missing("rate.raters", settings.rate.raters, models, "models")
    yield from _missing("annotate.annotators", settings.annotate.annotators, models, "models")
    yield from _missing("judge.judges", settings.judge.judges, models, "models")
    yield from _missing("name_labels.namer", [settings.name_labels.namer], models, "models")
    yield from _missing("train.rater", [settings.train.rater], settings.rate.raters, "rate.raters")


def _engines(settings: Settings) -> Iterator[Dangling]:
    engines = plugins.names("finerweb.engines")
    for name, spec in settings.models.items():
        if spec.engine not in engines:
            yield from _missing(f"models.{name}.engine", [spec.engine], engines, "finerweb/engines")
        elif spec.module.OPTIONS is not None:
            choices = sorted(spec.module.OPTIONS)
            for option in spec.settings.keys() - COMMON:
                yield from _missing(f"models.{name}.{option}", [option], choices, f"engine {spec.engine}'s settings")
    yield from _missing("annotate.engine", [settings.annotate.engine], engines, "finerweb/engines")
    if not settings.annotators:
        engine = settings.annotate.engine
        yield Dangling(
            "annotate.engine",
            f"found {engine!r}, but no model of `models` has that engine; add one: "
            f"models.NAME={{engine: {engine}, ...}}",
        )


def _languages(settings: Settings) -> Iterator[Dangling]:
    tags = Reader(settings.languages)
    spellings = [("ingest.languages", name) for name in settings.ingest.languages]
    spellings += [
        (f"ingest.sources.{source.name}.language", source.language or "") for source in settings.ingest.sources
    ]
    for benchmark in settings.evaluate.benchmarks:
        spellings += [
            (f"evaluate.benchmarks.{benchmark.name}", name)
            for name in (benchmark.language, *benchmark.labels_in)
            if name
        ]
    for setting, name in spellings:
        if not name:
            continue
        tag = tags.tag(name)
        if tag.code is None:
            yield from _missing(setting, [name], list(settings.languages), "languages.yml")
        elif tag.script not in (None, (language := settings.languages[tag.code]).script):
            yield Dangling(setting, f"found {name!r}, wanted {language.name} in {language.script}, as in languages.yml")


def _missing(setting: str, names: Sequence[str], choices: list[str], place: str) -> Iterator[Dangling]:
    listed = ", ".join(choices[:SHOWN]) + (", …" if len(choices) > SHOWN else "")
    for name in names:
        if name not in choices:
            hint = plugins.suggestion(name, choices)
            yield Dangling(setting, f"found {name!r}, wanted one of {place}: {listed}.{hint}")
