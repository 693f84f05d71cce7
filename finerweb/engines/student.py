"""A tagger as an annotator: a student of ours, or any other kind of finerweb/taggers (gliner, ...).

Settings
  kind       a file of finerweb/taggers: student
  model      what that kind loads: a folder, or a name
  labels     the types that it is asked for; LABELS below, or the tagger's own where these are fixed
  threshold  the score from which a tag is an entity, 0-1; the tagger's own if not set
  batch      passages that are read ahead: 64

It answers as the engine `spacy` does, and refuses what that one refuses; grounding treats its mentions likewise. A
fingerprint knows a model by its name: put another one into another folder, or the old answers stay.
"""

import functools
from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from finerweb import plugins
from finerweb.cost import Price
from finerweb.engines import Engine, Spec
from finerweb.engines._tagging.answering import Options, Tagging, Teacher
from finerweb.errors import BadSettings, EngineFailed, FinerwebError

KIND = "student"

# After the kinds that the question `ner` lists. Another list is another VERSION.
LABELS = (
    *("person", "organization", "company", "government agency", "sports team"),
    *("country", "city", "region", "river or mountain", "building or facility"),
    *("technology", "software", "scientific concept", "disease", "animal or plant"),
    *("book, film or song", "media outlet", "award"),
    *("product", "brand", "vehicle", "food or drink"),
    *("event", "war or battle", "period", "date", "time"),
    *("quantity", "percentage", "amount of money"),
)


class TaggerOptions(Options):
    """The settings and their defaults."""

    WANTED: ClassVar[Mapping[str, str]] = {
        "kind": "a file of finerweb/taggers",
        "model": "the folder of a student, or what another kind loads",
        "labels": "a list of types, each once: [person, river]",
        "threshold": "a score from 0 to 1",
    }
    kind: str = KIND
    model: Annotated[str, Field(min_length=1)]
    labels: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)] | None = None
    threshold: Annotated[float, Field(ge=0, le=1)] | None = None


OPTIONS = frozenset(TaggerOptions.model_fields)
NEUTRAL = frozenset({"batch"})
DEFAULTS = {"kind": KIND, "labels": None, "threshold": None}
PRICE = Price()
VERSION = "1"  # raise it when a tagger's answer would change


def load(spec: Spec) -> Engine:
    """An engine that loads its tagger when the first request comes."""
    chosen = TaggerOptions.from_spec(spec)

    @functools.cache
    def loaded() -> Teacher:
        tagger = plugins.load("finerweb.taggers", chosen.kind).load(chosen.model)
        threshold = tagger.threshold if chosen.threshold is None else chosen.threshold
        return Teacher(tagger, _labels(chosen, tagger.labels), threshold)

    return Tagging(lambda language: loaded(), batch=chosen.batch)


def _labels(chosen: TaggerOptions, fixed: tuple[str, ...]) -> tuple[str, ...]:
    """Those that the tagger is asked for; raises BadSettings where its own are fixed and none of these."""
    labels = tuple(chosen.labels or fixed or LABELS)
    if fixed and not set(labels) & set(fixed):
        raise BadSettings(
            f"labels of the engine student, model {chosen.model}",
            found=", ".join(labels),
            wanted=f"some of those that this model has: {', '.join(fixed)}",
        )
    return labels


def check(spec: Spec) -> None:
    """Raise EngineFailed where the kind, its package or its model is not there, as far as the kind can tell."""
    try:
        chosen = TaggerOptions.from_spec(spec)
        kind = plugins.load("finerweb.taggers", chosen.kind)
        if hasattr(kind, "check"):
            kind.check(chosen.model)
    except FinerwebError as error:
        raise EngineFailed(f"engine student: {error}") from error
