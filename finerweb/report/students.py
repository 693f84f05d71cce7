"""The report's tables of how good taggers are on texts that people annotated. Plain Python."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from finerweb.languages import EVERY
from finerweb.report import plots
from finerweb.report.counts import Rows
from finerweb.report.findings import Findings
from finerweb.report.listing import Listing, count, decimals, numbers, words
from finerweb.report.plots import Interval, Part

Row = Mapping[str, Any]
SUBSETS = ("seen", "near", "unseen", "uncontaminated")


def _whole(findings: Findings, measure: str, names: str | None = "english") -> Rows:
    """The rows of a measure that are of all texts and labels, benchmark by benchmark."""
    return [
        row
        for row in findings.evaluations
        if row["measure"] == measure
        and names in (None, row["names"])
        and (row["subset"], row["language"], row["script"]) == ("all", EVERY, EVERY)
    ]


def _f1_of(findings: Findings, row: Row, **wanted: str) -> float | None:
    """The F1 of the same tagger, benchmark and names, of something else."""
    keys = {key: row[key] for key in ("tagger", "benchmark", "names", "measure", "subset", "language", "script")}
    keys |= wanted
    same = (other for other in findings.evaluations if all(other[key] == value for key, value in keys.items()))
    return next((other["f1"] for other in same), None)


def _between(row: Row) -> str:
    if row["f1"] is None or row["low"] is None:
        return decimals(row["f1"])
    return f"{row['f1']:.2f} ({row['low']:.2f} to {row['high']:.2f})"


def listings(findings: Findings) -> dict[str, Listing]:
    """The tables by name; one without rows has nothing to tell."""
    return {
        "evaluated": _evaluated(findings),
        "differences": _differences(findings),
        "evaluated_languages": _languages(findings),
    }


def _evaluated(findings: Findings) -> Listing:
    rows = [
        (
            *(row[name] for name in ("benchmark", "tagger", "names")),
            count(row["texts"]),
            count(row["gold"]),
            _between(row),
            *(decimals(row[name]) for name in ("precision", "recall", "auprc")),
            *(decimals(_f1_of(findings, row, subset=subset)) for subset in SUBSETS),
            count(row["contaminated"]),
            decimals(_f1_of(findings, row, measure="oracle", names="english")),
            decimals(row["threshold"]),
        )
        for row in _whole(findings, "tagger", names=None)
    ]
    return Listing(
        "F1 of start, end and label, with its 95 % interval over documents. Seen, near and unseen: F1 of the labels "
        "that the first tagger was trained with, that are like one of them, and of the others. Without leaks: F1 of "
        "the texts that share no run of words with the training passages; leaks: how many do. Best possible: F1 of an "
        "answer without an error, with the places that the tagger's tokens reach, and no two entities on one place.",
        [
            *words("benchmark", "tagger", "names"),
            *numbers("texts", "marked", "F1", "precision", "recall", "AUPRC"),
            *numbers("seen", "near", "unseen", "without leaks", "leaks", "best possible", "threshold"),
        ],
        rows,
        is_tall=True,
    )


def _differences(findings: Findings) -> Listing:
    return Listing(
        "How much better the F1 of the first tagger is than that of another on the same texts, with its 95 % interval; "
        "where that has zero in it, the texts do not tell which is better.",
        [*words("benchmark", "tagger", "beside"), *numbers("texts", "difference", "interval")],
        [
            (
                *(row[name] for name in ("benchmark", "tagger", "other")),
                count(row["texts"]),
                _signed(row["f1"]),
                "–" if row["low"] is None else f"{row['low']:+.2f} to {row['high']:+.2f}",
            )
            for row in _whole(findings, "difference")
        ],
    )


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.2f}"


def _languages(findings: Findings) -> Listing:
    rows = [
        (
            row["benchmark"],
            findings.languages[row["language"]].name if row["language"] in findings.languages else row["language"],
            row["script"],
            row["tagger"],
            count(row["texts"]),
            _between(row),
            decimals(_f1_of(findings, row, measure="oracle")),
        )
        for row in findings.evaluations
        if (row["measure"], row["names"], row["subset"]) == ("tagger", "english", "all") and row["language"] != EVERY
    ]
    columns = [*words("benchmark", "language", "script", "tagger"), *numbers("texts", "F1", "best possible")]
    return Listing("F1 by language, with its 95 % interval.", columns, rows, is_tall=True)


def plot(findings: Findings) -> Markup:
    """F1 with its interval, of each benchmark and tagger, beside what is best possible and what labels are known."""
    rows = [row for row in _whole(findings, "tagger") if row["f1"] is not None]
    marks = {"best possible": {"measure": "oracle"}, "unseen labels": {"subset": "unseen"}}
    marks |= {"without leaks": {"subset": "uncontaminated"}}
    colours = dict(zip(marks, (plots.INK, plots.BAD[1], plots.GOOD[1]), strict=True))
    return plots.intervals(
        [f"{row['benchmark']} · {row['tagger']}" for row in rows],
        [Interval(row["f1"], *((row["f1"],) * 2 if row["low"] is None else (row["low"], row["high"]))) for row in rows],
        [
            Part(name, [_nan(_f1_of(findings, row, **keys)) for row in rows], colours[name])
            for name, keys in marks.items()
        ],
        name="students",
        alt="F1 and its interval, by benchmark and tagger",
        label="F1 of start, end and label; the line is its 95 % interval",
    )


def _nan(value: float | None) -> float:
    return float("nan") if value is None else value
