"""What a tagger finds, said as an answer to a question."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, PositiveInt, ValidationError

from finerweb.engines import COMMON, Answer, Request, Spec
from finerweb.errors import BadSettings
from finerweb.taggers import Tagger
from finerweb.text.tags import Tag, flat

QUESTIONS = ("ner", "usefulness")  # that a tagger can answer


@dataclass(frozen=True)
class Teacher:
    """A tagger, the labels that it is asked for, and the score from which its tags are believed."""

    tagger: Tagger
    labels: Sequence[str]
    threshold: float

    def entities(self, texts: Sequence[str]) -> list[list[Tag]]:
        """For each text the tags that are believed, none over another, in reading order."""
        return [flat(tags, self.threshold) for tags in self.tagger.tag(texts, self.labels, least=self.threshold)]


class Tagging:
    """An engine of taggers.

    `teacher` gives that of a language, or None where there is none; it is asked only for languages that come, so that
    a task without requests loads nothing. So many requests as `batch` are read ahead.
    """

    def __init__(self, teacher: Callable[[str], Teacher | None], *, batch: int) -> None:
        self._teacher, self._batch = teacher, batch

    def answers(self, requests: Iterable[Request]) -> Iterator[Answer]:
        """An answer for each request: `refused` for a question that no tagger can answer, `no_model` for a language."""
        waiting = iter(requests)
        while batch := list(islice(waiting, self._batch)):
            yield from self._answers(batch)

    def _answers(self, batch: Sequence[Request]) -> Iterator[Answer]:
        by_language: dict[str, list[Request]] = {}
        for request in batch:
            if request.question in QUESTIONS:
                by_language.setdefault(request.language, []).append(request)
            else:
                yield Answer(request.request_id, "", finish_reason="refused", problem="refused")
        for language, alike in by_language.items():
            teacher = self._teacher(language)
            if teacher is None:
                yield from (
                    Answer(request.request_id, "", finish_reason="refused", problem="no_model") for request in alike
                )
                continue
            texts = [request.payload["text"] for request in alike]
            for request, text, tags in zip(alike, texts, teacher.entities(texts), strict=True):
                answer = listed(text, tags) if request.question == "ner" else graded(text, tags)
                yield Answer(request.request_id, json.dumps(answer, ensure_ascii=False))


def listed(text: str, tags: Sequence[Tag]) -> dict[str, Any]:
    """The entities as the question `ner` wants them."""
    return {"entities": [{"mention": text[tag.start : tag.end], "type": tag.label} for tag in tags]}


def graded(text: str, tags: Sequence[Tag]) -> dict[str, Any]:
    """A grade of a passage from what is named in it, in place of a reader's.

    One point, of which one is given in any case, for each that holds: it names something; three different names; of
    three types; eight different names of four types. Whether it is prose a tagger does not know, so that a list of
    links with many names is graded too high.
    """
    names = {text[tag.start : tag.end].casefold() for tag in tags}
    types = {tag.label for tag in tags}
    points = [bool(names), len(names) >= 3, len(types) >= 3, len(names) >= 8 and len(types) >= 4]
    return {"justification": f"{len(names)} names of {len(types)} types", "score": max(1, sum(points))}


class Options(BaseModel):
    """The settings of an engine of taggers; WANTED says of each what it may be."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    WANTED: ClassVar[Mapping[str, str]] = {"batch": "a number of passages, such as 64"}

    batch: PositiveInt = 64

    @classmethod
    def from_spec(cls, spec: Spec) -> Self:
        """From the model's settings; raises BadSettings that names the first wrong one."""
        own = {name: value for name, value in spec.settings.items() if name not in COMMON}
        try:
            return cls.model_validate(own)
        except ValidationError as error:
            first = error.errors()[0]
            setting = str(first["loc"][0])
            wanted = {**Options.WANTED, **cls.WANTED}.get(setting, f"one of {', '.join(cls.model_fields)}")
            value = "nothing" if first["type"] == "missing" else repr(own[setting])
            raise BadSettings(f"engine {spec.engine}, {setting}", found=value, wanted=wanted) from error
