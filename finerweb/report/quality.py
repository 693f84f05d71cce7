"""The report's tables of how good the annotations are: against gold, by judges, by people. Plain Python."""

from collections.abc import Mapping

from finerweb.languages import EVERY
from finerweb.report import trust
from finerweb.report.findings import Findings
from finerweb.report.listing import Listing, count, decimals, numbers, percent, words
from finerweb.report.trust import Rate


def gold(findings: Findings) -> dict[str, float] | None:
    """Precision and recall over all languages together; None without gold."""
    by_language = findings.measures.get("gold", {}).values()
    total = {key: sum(values[key] for values in by_language) for key in ("gold", "found", "both")}
    if not total["gold"]:
        return None
    return {
        **total,
        "precision": total["both"] / total["found"] if total["found"] else 0.0,
        "recall": total["both"] / total["gold"],
        "f1": 2 * total["both"] / (total["found"] + total["gold"]),
    }


def has_planted(findings: Findings) -> bool:
    """Was any judge shown an error that was planted?"""
    return any(trust.caught(findings.measures, row["judge"]) for row in findings.verdicts)


def listings(findings: Findings) -> dict[str, Listing]:
    """The tables by name; one without rows has nothing to tell."""
    names = [row["judge"] for row in findings.verdicts]
    return {
        "gold": _gold(findings),
        "judges": _judges(findings),
        "planted": _planted(findings, names),
        "distances": _distances(findings, names),
        "people": _people(findings, names),
        "judged": _judged(findings),
        "audited": _audited(findings),
    }


def _gold(findings: Findings) -> Listing:
    rows = [
        (
            findings.languages[code].name,
            *(count(values[name]) for name in ("gold", "found", "both")),
            *(percent(values[name]) for name in ("precision", "recall")),
            decimals(values["f1"]),
        )
        for code in findings.codes
        if (values := findings.details("gold", code))
    ]
    columns = ("marked", "found", "both", "precision", "recall", "F1")
    caption = "Spans against gold, by language."
    return Listing(caption, [*words("language"), *numbers(*columns)], rows, is_tall=True)


def _judges(findings: Findings) -> Listing:
    rows = []
    for row in findings.verdicts:
        rows.append(
            (
                row["judge"],
                *(count(row[name]) for name in ("verdicts", "problems")),
                *(decimals(row[name]) for name in trust.GRADES),
                *_caught(trust.caught(findings.measures, row["judge"])),
                percent(trust.flagged(findings.measures, row["judge"])),
                *(count(row[name]) for name in ("entities", "missing", "extra", "wrong")),
            )
        )
    columns = (
        "passages",
        "no verdict",
        *trust.GRADES,
        "errors caught",
        "of",
        "flagged",
        "entities",
        *trust.ERRORS_FOUND,
    )
    return Listing(
        "Mean grades over passages; the share of the planted errors that the judge caught; the share of the entities "
        "of plain lists that it flagged, that is, listed as extra or wrong (rightly or not); and the mentions of plain "
        "lists that it found missing, extra or of a wrong type.",
        [*words("judge"), *numbers(*columns)],
        rows,
    )


def _caught(rate: Rate | None) -> tuple[str, str]:
    return (str(rate), count(rate.total)) if rate else ("not known", "0")


def _planted(findings: Findings, judges: list[str]) -> Listing:
    kinds = trust.by_kind(findings.measures, judges)
    return Listing(
        "Planted errors by kind. An entity that was left out counts as caught where the judge lists it as missing; the "
        "other two where it lists the mention as extra or wrong.",
        [*words("judge", "planted error"), *numbers("caught", "of")],
        [(judge, error, str(rate), count(rate.total)) for judge, error, rate in kinds],
    )


def _distances(findings: Findings, judges: list[str]) -> Listing:
    return Listing(
        "How far two grades of one passage are apart on average: what a judge owes to the order of the list, and where "
        "two judges disagree. Differences between languages that are no larger mean nothing.",
        [*words("compared"), *numbers("passages", "faithfulness apart", "completeness apart")],
        [
            (compared, count(passages), decimals(faithfulness), decimals(completeness))
            for compared, passages, faithfulness, completeness in trust.distances(findings.measures, judges)
        ],
    )


def _people(findings: Findings, judges: list[str]) -> Listing:
    columns = ("entities", "agrees", "flagged of the wrong ones", "flagged of the right ones")
    return Listing(
        "Judges against people, over the entities that both looked at, without those whose span is wrong.",
        [*words("judge"), *numbers(*columns)],
        [
            (row["judge"], count(row["compared"]), *(percent(row[name]) for name in ("agrees", "sees", "alarms")))
            for row in trust.against_people(findings.measures, judges)
        ],
    )


def _judged(findings: Findings) -> Listing:
    rows = [
        (
            findings.languages[code].name,
            judge,
            *(decimals(graded[f"{judge}/{name}"]) for name in trust.GRADES),
            *_caught(trust.caught(findings.measures, judge, language=code)),
            *(decimals(graded[f"{judge}/{name}"]) for name in trust.ERRORS_FOUND),
        )
        for code in findings.codes
        for graded in [findings.details("verdicts", code)]
        for judge in [row["judge"] for row in findings.verdicts]
        if f"{judge}/{trust.GRADES[0]}" in graded
    ]
    columns = (*trust.GRADES, "errors caught", "of", *trust.ERRORS_FOUND)
    return Listing(
        "Mean grades of the language, beside the planted errors that the judge caught in it; missing, extra and wrong "
        "are counts for each entity that was judged.",
        [*words("language", "judge"), *numbers(*columns)],
        rows,
        is_tall=True,
    )


def _audited(findings: Findings) -> Listing:
    names = {EVERY: "all of them"} | {code: findings.languages[code].name for code in findings.codes}
    rows = [
        (name, *_precisions(rates)) for code, name in names.items() if (rates := trust.audited(findings.measures, code))
    ]
    columns = ("entities", "right span", "right type, of these", "both right", "passages in full", "completeness")
    caption = "What people found right, by language."
    return Listing(caption, [*words("language"), *numbers(*columns)], rows, is_tall=True)


def _precisions(rates: Mapping[str, Rate | None]) -> tuple[str, ...]:
    shares = {name: str(rate or "–") for name, rate in rates.items()}
    totals = {name: count(rate.total if rate else 0) for name, rate in rates.items()}
    precisions = (shares[name] for name in trust.PRECISIONS)
    return totals["span"], *precisions, totals["completeness"], shares["completeness"]
