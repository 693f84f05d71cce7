"""What a student learns from: texts with their entities, which labels each was annotated with, and labels' names."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from finerweb.student.recipe import NameKind
from finerweb.text.spans import Entity, Span


@dataclass(frozen=True)
class Example:
    """A text and its entities; a span with two labels is two.

    `inventory` names the set of labels that its annotators looked for: what is not marked there is none of these.
    `disputed` are spans that some annotator named and these entities do not have: nobody knows.
    """

    text: str
    language: str
    entities: tuple[Entity, ...]
    inventory: str = ""
    disputed: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Names:
    """What a label is called otherwise: in a language (label -> language -> names), and as annotators wrote it."""

    target: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    written: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def of_kind(self, kind: NameKind, label: str, language: str) -> Sequence[str]:
        """Names of a label; its own where there is no other."""
        if kind == "target":
            return self.target.get(label, {}).get(language) or [label]
        return self.written.get(label) or [label] if kind == "written" else [label]


class Inventories:
    """The labels of each inventory, and how often each is used."""

    def __init__(self, examples: Iterable[Example]) -> None:
        self._counts: dict[str, Counter[str]] = {}
        for example in examples:
            counts = self._counts.setdefault(example.inventory, Counter())
            counts.update(entity.label for entity in example.entities)

    def __getitem__(self, inventory: str) -> Counter[str]:
        return self._counts[inventory]

    def counts(self, inventories: Iterable[str] | None = None) -> Counter[str]:
        """How often each label of these inventories, or of all, is used; in the order of the labels."""
        total: Counter[str] = Counter()
        for inventory in sorted(set(inventories) if inventories is not None else self._counts):
            total.update(self._counts[inventory])
        return Counter(dict(sorted(total.items())))

    def has(self, inventory: str, label: str) -> bool:
        """Did whoever annotated this inventory's texts look for the label?"""
        return label in self._counts[inventory]
