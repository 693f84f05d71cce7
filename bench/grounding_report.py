"""What bench/grounding.py prints and writes: a line a file, the tables, and the figures of the last line."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from counts import Row, by_rule

RESULTS = Path(__file__).parent / "results" / "grounding.md"
NESTED = ("thai-nner-sample", "wojood-sample", "factrueval2016", "estner", "ud-hebrew-iahltwiki", "lv-fullstack")
FEW_SIGNS = 20  # names at signs: a language with fewer is none that has such signs, and its share says little


def line(row: Row) -> str:
    """A file, asked in one way."""
    best, signs = row.rules["best"], row.signs["best"]
    shown = "  ".join(f"{rule} {counts.f1:.4f}" for rule, counts in row.rules.items())
    at_signs = f"  at signs {signs.recall:.3f} of {signs.wanted}" if row.kind == "glued clean" and signs.wanted else ""
    name = f"{row.name} {row.language}"
    return f"{name:<28}{row.length:<8}{row.kind:<14}{shown}  P {best.precision:.3f} R {best.recall:.3f}{at_signs}"


def at_signs(rows: Sequence[Row]) -> dict[str, tuple[int, float, float]]:
    """By language: names at signs in glued texts, and the shares that `best` and the cursor put right."""
    shares = {}
    for language in sorted({row.language for row in rows}):
        counts = by_rule(rows, "signs", kind="glued clean", language=language)
        if counts["best"].wanted:
            shares[language] = (counts["best"].wanted, counts["best"].recall, counts["cursor"].recall)
    return shares


def figures(rows: Sequence[Row], speeds: dict[str, float]) -> dict[str, Any]:
    """The last line."""
    return _plain(rows) | _glued(rows) | _grouped(rows) | _speeds(speeds)


def _least(rows: Sequence[Row], kind: str, *, is_nested: bool, figure: str = "f1") -> float:
    sets = [row.rules["best"] for row in rows if row.kind == kind and (row.name in NESTED) == is_nested]
    return round(min((getattr(counts, figure) for counts in sets), default=1.0), 4)


def _worst(rows: Sequence[Row], **wanted: str) -> tuple[float, str]:
    """The lowest F1 of a language, and which it is."""
    languages = {row.language for row in rows}
    return min((by_rule(rows, language=language, **wanted)["best"].f1, language) for language in languages)


def _plain(rows: Sequence[Row]) -> dict[str, Any]:
    clean = {(row.name, row.language, row.length): row.rules["best"].f1 for row in rows if row.kind == "clean"}
    drops = [
        clean[name, language, "text"] - f1
        for (name, language, length), f1 in clean.items()
        if length == "passage" and (name, language, "text") in clean
    ]
    noisy = by_rule(rows, kind="noisy")
    worst, language = _worst(rows, kind="noisy")
    return {
        "clean_min_f1": _least(rows, "clean", is_nested=False),
        "clean_names_min_f1": _least(rows, "clean", is_nested=False, figure="names_f1"),
        "clean_nested_min_f1": _least(rows, "clean", is_nested=True),
        "clean_drop_in_passages": round(max(drops), 4) if drops else None,
        "noisy_f1": round(noisy["best"].f1, 4),
        "noisy_min_f1": round(worst, 4),
        "worst_language": language,
        "noisy_precision": round(noisy["best"].precision, 4),
        "cursor_f1": round(noisy["cursor"].f1, 4),
        "all_f1": round(noisy["all"].f1, 4),
        "langextract_f1": round(noisy["langextract"].f1, 4) if "langextract" in noisy else None,
    }


def _glued(rows: Sequence[Row]) -> dict[str, Any]:
    clean, noisy = by_rule(rows, kind="glued clean"), by_rule(rows, kind="glued noisy")
    signs = by_rule(rows, "signs", kind="glued clean")
    shares = {language: share for language, (names, share, _) in at_signs(rows).items() if names >= FEW_SIGNS}
    with_signs = [by_rule(rows, kind="glued clean", language=language)["best"].f1 for language in shares]
    lowest, language = min(((share, language) for language, share in shares.items()), default=(1.0, ""))
    return {
        "glued_f1": round(clean["best"].f1, 4),
        "glued_cursor_f1": round(clean["cursor"].f1, 4),
        "glued_min_f1": _least(rows, "glued clean", is_nested=False),
        "glued_nested_min_f1": _least(rows, "glued clean", is_nested=True),
        "glued_language_min_f1": round(min(with_signs, default=1.0), 4),
        "glued_signs": signs["best"].wanted,
        "glued_signs_recall": round(signs["best"].recall, 4),
        "glued_signs_cursor_recall": round(signs["cursor"].recall, 4),
        "glued_signs_min_recall": round(lowest, 4),
        "glued_signs_worst_language": language,
        "glued_noisy_f1": round(noisy["best"].f1, 4),
        "glued_noisy_precision": round(noisy["best"].precision, 4),
        "glued_noisy_cursor_f1": round(noisy["cursor"].f1, 4),
    }


def _grouped(rows: Sequence[Row]) -> dict[str, Any]:
    """Of passages: in a text with one name there is no order."""
    plain, glued = (by_rule(rows, kind=kind, length="passage") for kind in ("grouped", "glued grouped"))
    worst, language = _worst(rows, kind="grouped", length="passage")
    return {
        "grouped_f1": round(plain["best"].f1, 4),
        "grouped_cursor_f1": round(plain["cursor"].f1, 4),
        "grouped_min_f1": round(worst, 4),
        "grouped_worst_language": language,
        "glued_grouped_f1": round(glued["best"].f1, 4),
        "glued_grouped_cursor_f1": round(glued["cursor"].f1, 4),
    }


def _speeds(speeds: dict[str, float]) -> dict[str, Any]:
    if not speeds:
        return {}
    return {
        "mentions_per_s": round(speeds["best"]),
        "over_langextract": round(speeds["best"] / speeds["langextract"], 1),
    }


def write(rows: Sequence[Row], speeds: dict[str, float], last: dict[str, Any]) -> None:
    """The whole table, in Markdown."""
    parts = [
        "# Grounding, on human-annotated text",
        "`make bench-grounding`; see bench/grounding.py, bench/noise.py, bench/gluing.py and bench/endings.py.",
        _files(rows),
        _signs(rows),
        _tiers(rows),
        "Mentions a second on one core: " + ", ".join(f"{rule} {rate:,.0f}" for rule, rate in speeds.items()),
        f"```\n{json.dumps(last)}\n```\n",
    ]
    RESULTS.write_text("\n\n".join(parts), encoding="utf-8")


def _table(head: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *cells))


def _files(rows: Sequence[Row]) -> str:
    rules = list(rows[0].rules)
    cells = [
        [row.name, row.language, row.length, row.kind]
        + [f"{row.rules[rule].f1:.4f}" if rule in row.rules else "–" for rule in rules]
        + [f"{row.rules['best'].precision:.4f}", f"{row.rules['best'].recall:.4f}", f"{row.rules['best'].elsewhere:,}"]
        for row in rows
    ]
    head = "F1. P, R and `elsewhere` are those of `best`: names put at another place where the text says the same."
    return f"{head}\n\n" + _table(["set", "language", "length", "answers", *rules, "P", "R", "elsewhere"], cells)


def _signs(rows: Sequence[Row]) -> str:
    cells = [
        [language, f"{names:,}", f"{best:.4f}", f"{cursor:.4f}"]
        for language, (names, best, cursor) in at_signs(rows).items()
    ]
    head = "Names at an apostrophe, a colon or a hyphen in glued texts, and the shares put right (clean answers)."
    return f"{head}\n\n" + _table(["language", "names", "best", "cursor"], cells)


def _tiers(rows: Sequence[Row]) -> str:
    cells = []
    for kind in dict.fromkeys(row.kind for row in rows):
        tiers = by_rule(rows, "tiers", kind=kind)
        cells += [[kind, tier, f"{tiers[tier].given:,}", f"{tiers[tier].precision:.4f}"] for tier in sorted(tiers)]
    return "Tiers of `best`: mentions, and the share of them that is right.\n\n" + _table(
        ["answers", "tier", "mentions", "right"], cells
    )
