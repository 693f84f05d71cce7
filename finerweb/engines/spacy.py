"""spaCy pipelines as annotators, one for each language: no GPU, no key, a fixed set of types each.

Settings
  pipelines  {code of languages.yml: installed pipeline or folder}: {jpn: ja_ginza, eng: en_core_web_sm}. A passage in
             another language gets an answer with the problem `no_model`.
  labels     {code: {label of its pipeline: natural English}}, for those that taggers/spacy.py puts badly
  batch      passages that are read ahead: 64

It answers `ner`, and `usefulness` by the rule of `_tagging.answering.graded`, so that a project runs without a language
model; it refuses all else. A fingerprint knows a pipeline by its name: ask another version of it as another
name (a folder), or its old answers stay.

An answer lists mentions, and not places. Grounding puts them back: where they were, if a name is tagged wherever it
stands. Where only some of its places are, the order of the list decides: a place between two other mentions is found by
them, and of several that fit the first is taken. Of 4131 tags of ja_ginza in 100 Japanese web documents, half of them
of names that stand there more than once, 20 went to another place of the same name, and 1 to none.
"""

import functools
from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from finerweb.cost import Price
from finerweb.engines import Engine, Spec
from finerweb.engines._tagging.answering import Options, Tagging, Teacher
from finerweb.errors import EngineFailed, FinerwebError
from finerweb.taggers import spacy as pipelines


class Pipelines(Options):
    """The settings and their defaults."""

    WANTED: ClassVar[Mapping[str, str]] = {
        "pipelines": "a pipeline for each language: {jpn: ja_ginza}",
        "labels": "English for labels, by language: {jpn: {GOE_Other: public facility}}",
    }
    pipelines: Annotated[dict[str, str], Field(min_length=1)]
    labels: Annotated[dict[str, dict[str, str]], Field(default_factory=dict)]


OPTIONS = frozenset(Pipelines.model_fields)
NEUTRAL = frozenset({"batch"})
DEFAULTS: dict[str, dict[str, str]] = {"labels": {}}
PRICE = Price()
VERSION = "1"  # raise it when a pipeline's answer would change


def load(spec: Spec) -> Engine:
    """An engine that loads a pipeline when the first passage of its language comes."""
    chosen = Pipelines.from_spec(spec)

    @functools.cache
    def teacher(language: str) -> Teacher | None:
        if language not in chosen.pipelines:
            return None
        tagger = pipelines.load(chosen.pipelines[language], labels=chosen.labels.get(language))
        return Teacher(tagger, tagger.labels, tagger.threshold)

    return Tagging(teacher, batch=chosen.batch)


def check(spec: Spec) -> None:
    """Raise EngineFailed where spaCy or a pipeline is not installed on the driver."""
    try:
        for model in Pipelines.from_spec(spec).pipelines.values():
            pipelines.check(model)
    except FinerwebError as error:
        raise EngineFailed(f"engine spacy: {error}") from error
