"""What a benchmark is: where its texts are, in which form, and what its labels are called in natural English."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, model_validator

from finerweb.labels import forms

OWN = ("test", "gold")  # that need no file: the test split of `examples`; what people marked in our documents
ENDINGS = {".jsonl": "jsonl", ".json": "jsonl", ".ndjson": "jsonl"}
ENDINGS |= dict.fromkeys((".conll", ".bio", ".iob", ".iob2", ".conllu", ".tsv"), "conll")

Names = Mapping[str, str]


class Benchmark(BaseModel):
    """Texts with entities that people marked. A bare path is enough where its ending tells the format."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[\w.-]+$")
    format: Literal["jsonl", "conll", "hub", "test", "gold"]
    path: str = ""  # of a file, or the id of a data set of the Hub, or a folder of one
    language: str | None = None  # of all its texts, where the records do not say
    # Raw label -> its natural English name; null leaves its entities out. Empty: labels are what the file calls them.
    labels: dict[str, str | None] = {}
    labels_in: dict[str, dict[str, str]] = {}  # language -> English name -> its name there
    paraphrases: dict[str, str] = {}  # English name -> another one
    limit: PositiveInt = 1000  # texts of each language
    seed: int = 0  # which texts these are
    sha256: str | None = None  # that the texts and entities must have
    licence: str = ""
    note: str = ""
    # Of a data set of the Hub.
    config: str | None = None
    split: str = "test"
    revision: str | None = None
    tokens: str = "tokens"
    tags: str = "ner_tags"
    # Of CoNLL: the columns of token and tag, from 0; a negative one counts from the last.
    token_column: int = 0
    tag_column: int = -1

    @model_validator(mode="before")
    @classmethod
    def _from_path(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = {"name": value, "format": value} if value in OWN else {"path": value}
        if isinstance(value, dict) and isinstance(value.get("path"), str) and value["path"]:
            file = Path(re.sub(r"\.gz$", "", value["path"]))
            value = {"name": re.sub(r"[^\w.-]", "_", file.stem) or "benchmark", **value}
            if "format" not in value and file.suffix in ENDINGS:
                value["format"] = ENDINGS[file.suffix]
        return value

    @model_validator(mode="after")
    def _check(self) -> "Benchmark":
        if self.format in OWN and self.path:
            raise ValueError(f"benchmark {self.name}: found a path, wanted none: format {self.format} reads our tables")
        if self.format not in OWN and not self.path:
            raise ValueError(f"benchmark {self.name}: found no path, wanted that of a file, or the id of a data set")
        names = [name for name in self.labels.values() if name is not None]
        if self.labels and not names:
            raise ValueError(f"benchmark {self.name}: `labels` leaves every label out, wanted a name for one at least")
        for setting, given in (("labels", names), ("paraphrases", self._renamed(self.paraphrases).values())):
            fault = fault_of(given)
            if fault:
                raise ValueError(f"benchmark {self.name}: {setting}: {fault}")
        unknown = sorted({*self.paraphrases, *(name for part in self.labels_in.values() for name in part)} - {*names})
        if self.labels and unknown:
            raise ValueError(
                f"benchmark {self.name}: found names for {', '.join(map(repr, unknown))}, wanted names of `labels`: "
                f"{', '.join(map(repr, dict.fromkeys(names)))}"
            )
        return self

    def _renamed(self, others: Names) -> dict[str, str]:
        """What its labels are called where others stand in for some of them."""
        return {name: name for name in self.labels.values() if name is not None} | dict(others)

    @property
    def names(self) -> list[str]:
        """The natural names of its labels, each once; empty where they are what the file calls them."""
        return list(dict.fromkeys(name for name in self.labels.values() if name is not None))


def fault_of(names: Iterable[str]) -> str:
    """Why these names of labels cannot be asked for side by side; empty where they can."""
    first: dict[str, str] = {}
    for name in dict.fromkeys(names):
        form = forms.canonical(name)
        if forms.problem(form) == "no_letters":
            return f"found {name!r}, wanted a name with letters"
        if first.setdefault(form, name) != name:
            return f"found {first[form]!r} and {name!r}, which are both {form!r} in canonical form; wanted one name"
    return ""
