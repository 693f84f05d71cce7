"""How far the judges can be trusted and what auditors found: measures as rows, for the report and the data card."""

from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any, NamedTuple

from finerweb.intervals import wilson
from finerweb.languages import EVERY

# metric -> language -> detail -> value
Measures = Mapping[str, Mapping[str, Mapping[str, float]]]

GRADES = ("faithfulness", "completeness")
ERRORS_FOUND = ("missing", "extra", "wrong")  # for each entity judged; with the grades, the metric `verdicts`
PLANTED = {
    "removed": "an entity left out",
    "wrong_type": "an entity given a clearly different type",
    "invented": "an ordinary word listed as an entity",
}
PRECISIONS = {
    "span": "entities have the right span",
    "type": "entities with the right span have the right type",
    "both": "entities have both right",
}


class Rate(NamedTuple):
    """A share of so many, with its 95 % interval."""

    share: float
    low: float
    high: float
    total: int

    def __str__(self) -> str:
        return f"{100 * self.share:.1f}\u00a0% ({100 * self.low:.0f}–{100 * self.high:.0f})"


def caught(measures: Measures, judge: str, *, language: str = EVERY, kind: str = "") -> Rate | None:
    """The share of the planted errors that a judge caught; None where none was planted."""
    values = measures.get("judges", {}).get(language, {})
    suffix = f"/{kind}" if kind else ""
    planted = values.get(f"{judge}/planted{suffix}", 0.0)
    if not planted:
        return None
    share = values[f"{judge}/caught{suffix}"]
    return Rate(share, *wilson(share * planted, planted), round(planted))


def flagged(measures: Measures, judge: str) -> float | None:
    """The share of the entities of plain lists that a judge listed as extra or wrong; None where it saw none."""
    return measures.get("judges", {}).get(EVERY, {}).get(f"{judge}/flagged")


def by_kind(measures: Measures, judges: Iterable[str]) -> list[tuple[str, str, Rate]]:
    """Judge, what the planted error was, how much of it was caught."""
    rates = [(judge, PLANTED[kind], caught(measures, judge, kind=kind)) for judge in judges for kind in PLANTED]
    return [(judge, error, rate) for judge, error, rate in rates if rate]


def distances(measures: Measures, judges: Iterable[str]) -> list[tuple[str, int, float, float]]:
    """What is compared, the passages, and how far the two grades are apart on average.

    A judge with itself, the list in reverse order; and every two judges.
    """
    values, names = measures.get("judges", {}).get(EVERY, {}), sorted(judges)
    compared = [(f"{judge}, list in reverse order", f"{judge}/swapped", f"{judge}/order/") for judge in names]
    pairs = [f"{first} and {second}" for first, second in combinations(names, 2)]
    compared += [(pair, f"{pair}/judged", f"{pair}/") for pair in pairs]
    return [
        (what, round(values[count]), values[f"{start}{GRADES[0]}"], values[f"{start}{GRADES[1]}"])
        for what, count, start in compared
        if values.get(count)
    ]


def audited(measures: Measures, language: str = EVERY) -> dict[str, Rate | None]:
    """The precisions and the completeness that auditors found in a language; empty where nobody looked."""
    values = measures.get("audit", {}).get(language, {})
    if not values:
        return {}
    entities, passages = values.get("audited", 0.0), values.get("passages", 0.0)
    placed = entities * values.get("span", 0.0)
    totals = {"span": entities, "type": placed, "both": entities, "completeness": passages}
    return {
        name: Rate(values[name], values[f"{name}/low"], values[f"{name}/high"], round(total))
        if name in values
        else None
        for name, total in totals.items()
    }


def against_people(measures: Measures, judges: Iterable[str]) -> list[dict[str, Any]]:
    """Judges whose passages people audited too: judge, compared, agrees, sees, alarms (None for a share of nothing)."""
    values = measures.get("audit", {}).get(EVERY, {})
    names = ("compared", "agrees", "sees", "alarms")
    rows = [{"judge": judge, **{name: values.get(f"judge {judge}/{name}") for name in names}} for judge in judges]
    return [row for row in rows if row["compared"]]
