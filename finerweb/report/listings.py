"""The report's tables of what there is: who made it, how much of each language, what was lost. Plain Python."""

from collections.abc import Callable, Iterable, Mapping

from markupsafe import Markup

from finerweb import problems
from finerweb.languages import Language
from finerweb.report.findings import NAMED_LABELS, Findings
from finerweb.report.listing import Listing, count, literals, money, numbers, percent, sentences, words
from finerweb.report.losses import STAGES


def makers(findings: Findings) -> Listing:
    """Who was asked what, and what it cost."""
    spent = sum(row["usd"] or 0.0 for row in findings.makers)
    return Listing(
        f"Answers, by who was asked what. Money is what the engines reported: {money(spent)} in all.",
        [
            *words("question", "model"),
            *literals("engine and settings", "prompt"),
            *words("asked"),
            *numbers("answers", "unusable", "tokens in", "tokens out", "money"),
        ],
        [
            (
                *(row[name] for name in ("question", "model", "engine", "prompt")),
                "as today" if row["is_current"] else "earlier",
                *(count(row[name]) for name in ("answers", "problems", "tokens_in", "tokens_out")),
                money(row["usd"]),
            )
            for row in findings.makers
        ],
    )


COUNTED = ("documents", "passages", "words", "scored", "annotated", "accepted", "entities", "labels")


def languages(findings: Findings) -> Listing:
    """How much there is of each language."""
    rows = []
    for code in findings.codes:
        language, volume = findings.languages[code], findings.details("volume", code)
        shares = {
            "scored": percent(findings.details("coverage", code).get("scored", 0.0)),
            "accepted": percent(findings.details("acceptance", code).get("selected", 0.0)),
        }
        cells = [shares.get(name) or count(volume.get(name, 0)) for name in COUNTED]
        rows.append((language.name, code, language.script, *cells))
    return Listing(
        "Counts by language. Scored and accepted are shares of the language's passages: those that the regression "
        "read, and those that were annotated. Labels are the distinct labels after merging.",
        [*words("language"), *literals("code"), *words("script"), *numbers(*COUNTED)],
        rows,
        is_tall=True,
    )


def losses(findings: Findings) -> Listing:
    """What each stage left behind, and why."""
    return Listing(
        "Losses by stage, by whom and why. “Of” is what went into the stage; the share is of that.",
        [*words("stage", "who", "problem"), *sentences("what it means"), *numbers("rows", "of", "share")],
        [
            (
                STAGES[row["table"]],
                row["who"],
                row["problem"] or "none lost",
                problems.meaning(row["table"], row["problem"]) if row["problem"] else "",
                count(row["rows"]),
                count(row["of"]),
                percent(row["rows"] / row["of"]),
            )
            for row in findings.losses
        ],
    )


def ratings(findings: Findings) -> Listing:
    """How often each rater gave each rating."""
    return Listing(
        "Ratings by rater.",
        [*words("rater", "rating or problem"), *sentences("what it means"), *numbers("passages")],
        [
            (row["rater"], row["outcome"], problems.meaning("ratings", row["outcome"]), count(row["rows"]))
            for row in findings.ratings
        ],
    )


TIERS = {
    "exact": "letter for letter, in reading order",
    "elsewhere": "letter for letter, out of order",
    "normalised": "written otherwise: case, Unicode form, quotes, spaces, digits",
    "fuzzy": "misspelt or inflected",
}


def mentions(findings: Findings) -> Listing:
    """What became of the mentions that each annotator named."""
    rows = []
    for row in findings.mentions:
        kind, _, reason = row["outcome"].partition("/")
        meaning = TIERS.get(reason, "") if kind == "found" else problems.meaning("mentions", reason)
        rows.append((row["annotator"], f"{kind}: {reason}", meaning, count(row["rows"])))
    return Listing(
        "Mentions by outcome.",
        [*words("annotator", "outcome"), *sentences("what it means"), *numbers("mentions")],
        rows,
    )


def kept(findings: Findings) -> Listing:
    """What each annotator kept of its spans."""
    return Listing(
        "What each annotator kept of its spans when they were merged. The paper reports 66.3 % and 60.0 %.",
        [*words("annotator"), *numbers("spans", "kept", "gave way", "share kept")],
        [
            (row["annotator"], count(total), count(row["kept"]), count(row["lost"]), percent(row["kept"] / total))
            for row in findings.kept
            for total in [row["kept"] + row["lost"]]
        ],
    )


def by_language(findings: Findings, metric: str, caption: str) -> Listing:
    """All shares that a metric gives, a language on each line."""
    measured = findings.measures.get(metric, {})
    details = sorted({detail for values in measured.values() for detail in values})
    rows = [
        (findings.languages[code].name, *(percent(measured[code].get(detail)) for detail in details))
        for code in findings.codes
        if code in measured
    ]
    return Listing(caption, [*words("language"), *numbers(*details)], rows, is_tall=True)


def labels(findings: Findings) -> Listing:
    """The most frequent labels."""
    return Listing(
        f"The {len(findings.labels)} most frequent labels.",
        [*sentences("label"), *words("coarse class"), *numbers("spans", "languages")],
        [(row["canonical"], row["coarse"], count(row["mentions"]), count(row["languages"])) for row in findings.labels],
        is_tall=True,
    )


def names(findings: Findings) -> Listing:
    """What the most frequent labels are called in each language."""
    chosen = [row["canonical"] for row in findings.labels[:NAMED_LABELS]]
    rows = [
        (language.name, *(_name(findings.names[code].get(label), language) for label in chosen))
        for code in findings.codes
        if code in findings.names
        for language in [findings.languages[code]]
    ]
    return Listing(
        "The most frequent labels and their names. In italics: it has no name, and the English label stands in. "
        "–: the label does not occur in the language.",
        words("language", *chosen),
        rows,
        is_tall=True,
    )


def _name(named: Mapping[str, str] | None, language: Language) -> str:
    if named is None:
        return "–"
    if named["problem"]:
        return Markup('<i class="missing">{}</i>').format(named["name"])
    locale = language.locale.replace("_", "-")
    return Markup('<bdi lang="{}" dir="{}">{}</bdi>').format(locale, language.direction, named["name"])


def jobs(findings: Findings) -> Listing:
    """The newest run of each job."""
    seconds = sum(row["seconds"] for row in findings.jobs)
    return Listing(
        f"The newest run of each job: {seconds:,.0f} seconds in all. The report's own run is left out.",
        [*words("job", "started, UTC"), *numbers("seconds"), *sentences("rows written")],
        [
            (
                row["job"],
                f"{row['started']:%Y-%m-%d %H:%M:%S}",
                f"{row['seconds']:.1f}",
                ", ".join(f"{name} {count(rows)}" for name, rows in sorted(row["rows"].items())) or "–",
            )
            for row in findings.jobs
        ],
    )


def tables(findings: Findings) -> Listing:
    """The tables that the report was made from."""
    return Listing(
        "The tables of this report.",
        [*literals("table"), *numbers("rows", "Delta version"), *sentences("a row is")],
        [
            (row["name"], count(row["rows"]), row["version"], row["comment"].partition(". ")[0].rstrip("."))
            for row in findings.tables
        ],
    )


Make = Callable[[Findings], Listing]
EVERY: Iterable[Make] = (makers, languages, losses, ratings, mentions, kept, labels, names, jobs, tables)


def every(findings: Findings) -> dict[str, Listing]:
    """The tables of counts by name; those of quality are in `quality`."""
    return {
        **{make.__name__: make(findings) for make in EVERY},
        "retention": by_language(findings, "retention", "Share of the annotator's mentions in the language."),
        "agreement": by_language(
            findings,
            "agreement",
            "Entities by agreement, as a share of the language's entities; and what each annotator kept, as a share of "
            "its spans in the language.",
        ),
    }
