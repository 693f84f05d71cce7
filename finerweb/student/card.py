"""What a student's folder says of it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from finerweb.errors import BadModel, WrongModel

FILE = "student.json"
FORMAT = 2  # of the folder: raised when its fields change; 1 had those of the shape beside the others

Kind = Literal["head", "gliner"]


@dataclass(frozen=True)
class Shape:
    """What our own head is rebuilt from, as the recipe has it; `size` and `overlap` of windows are in pieces."""

    label_prompt: str
    words: str
    letters: tuple[str, ...]
    size: int
    overlap: int
    width: int
    cosine: bool


@dataclass(frozen=True)
class Card:
    """A student: what it was trained on, and from which score on its tags are right.

    `kind` is the setting student.recipe. `labels` are those that it was trained on, with how often; it can be asked for
    any other. `threshold` did best on the validation split, `thresholds` on the part of it in a script (ISO 15924).
    `facts` say what it was made of: data, teachers, versions. `shape` is None but for our own head.
    """

    labels: Mapping[str, int]
    languages: Mapping[str, int]
    threshold: float
    thresholds: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    kind: Kind = "head"
    shape: Shape | None = None
    format: int = FORMAT

    def frequent(self, number: int) -> list[str]:
        """So many of the labels that it was trained on, the most frequent first."""
        return list(self.labels)[:number]


def read(folder: Path) -> Card:
    """The card in a folder; raises BadModel for one that train_student did not make, WrongModel for another format."""
    path = folder / FILE
    if not path.is_file():
        raise BadModel(
            f"student {folder}",
            found=f"no {FILE}",
            wanted="the folder of a student that train_student made",
            way_out="name one, or ask another kind of model (kind: gliner)",
        )
    fields = json.loads(path.read_text(encoding="utf-8"))
    if fields.get("format") == 1:
        fields["shape"] = {name: fields.pop(name) for name in Shape.__dataclass_fields__}
    elif fields.get("format") != FORMAT:
        raise WrongModel(
            f"student {folder}",
            found=f"format {fields.get('format')}",
            wanted=f"format {FORMAT}, which this version of finerweb reads",
            way_out="use the version that made it, or train one anew (finerweb train_student)",
        )
    shape = fields.pop("shape")
    return Card(**{**fields, "format": FORMAT}, shape=shape and Shape(**{**shape, "letters": tuple(shape["letters"])}))


def write(folder: Path, card: Card) -> None:
    """Write what `read` reads."""
    (folder / FILE).write_text(json.dumps(asdict(card), indent=1, ensure_ascii=False), encoding="utf-8")
