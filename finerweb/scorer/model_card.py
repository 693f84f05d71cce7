"""What a trained regression's folder says of it, besides what transformers says."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from finerweb.errors import BadModel
from finerweb.languages import EVERY
from finerweb.scorer.targets import TARGETS, Target, Thresholds

FILE = "scorer.json"  # beside the weights


@dataclass(frozen=True)
class Card:
    """The names of its targets, one a head; `passages` is the schema version of the table that it was trained on.

    `thresholds` are those that its first target was calibrated to, by language, with `*` for all others.
    """

    targets: tuple[str, ...]
    max_subwords: int
    thresholds: Mapping[str, float]
    passages: str

    @property
    def heads(self) -> list[Target]:
        """The targets of the heads, in their order."""
        return [TARGETS[name] for name in self.targets]

    def thresholds_as(self, setting: float | str) -> Thresholds:
        """Above which scores a passage is useful: a number, the `target`'s own, or as `calibrated`."""
        if setting == "calibrated":
            by_language = {code: value for code, value in self.thresholds.items() if code != EVERY}
            return Thresholds(self.thresholds[EVERY], by_language)
        return Thresholds(self.heads[0].threshold if setting == "target" else float(setting))

    def thresholds_of(self, languages: Iterable[str], setting: float | str) -> dict[str, float]:
        """The threshold of each of these languages by the setting."""
        thresholds = self.thresholds_as(setting)
        return {code: thresholds.threshold(code) for code in languages}


def write(folder: Path, card: Card) -> None:
    """Write what `read` reads."""
    (folder / FILE).write_text(json.dumps(asdict(card), indent=1, sort_keys=True), encoding="utf-8")


def read(folder: Path) -> Card:
    """The card in a folder; raises BadModel for one that train_scorer did not make."""
    path = folder / FILE
    if not path.is_file():
        raise BadModel(f"{folder} has no {FILE}: wanted a model that train_scorer registered; train one anew")
    fields = json.loads(path.read_text(encoding="utf-8"))
    return Card(**{**fields, "targets": tuple(fields["targets"])})
