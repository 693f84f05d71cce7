"""The report's plots: which findings each of them shows."""

from markupsafe import Markup

from finerweb.report import plots, students
from finerweb.report.counts import Rows
from finerweb.report.findings import Findings
from finerweb.report.plots import Panel, Part


def every(findings: Findings) -> dict[str, Markup]:
    """The plots by name; one without data is empty."""
    return {
        "volume": _volume(findings),
        "ratings": _ratings(findings),
        "scores": plots.histogram(
            findings.scores, thresholds=findings.thresholds, name="scores", alt="Passages by score"
        ),
        "retention": _retention(findings),
        "agreement": _agreement(findings),
        "classes": plots.bars(
            [row["coarse"] for row in findings.classes],
            [Panel("mentions", [Part("mentions", [row["mentions"] for row in findings.classes], plots.BLUE)])],
            name="classes",
            alt="Mentions by coarse class of their label",
        ),
        "gold": _gold(findings),
        "students": students.plot(findings),
    }


def _volume(findings: Findings) -> Markup:
    volumes = [findings.details("volume", code) for code in findings.codes]
    annotated, entities = ([volume.get(key, 0) for volume in volumes] for key in ("annotated", "entities"))
    others = [volume.get("passages", 0) - part for volume, part in zip(volumes, annotated, strict=True)]
    return plots.bars(
        [findings.languages[code].name for code in findings.codes],
        [
            Panel("passages", [Part("annotated", annotated, plots.BLUE), Part("not annotated", others, plots.GREY)]),
            Panel("entities in annotated passages", [Part("entities", entities, plots.GOOD[1])]),
        ],
        name="volume",
        alt="Passages, annotated and not, and entities of each language",
    )


def _shares(rows: Rows, key: str) -> tuple[list[str], dict[str, list[float]]]:
    """Rows (key, outcome, rows) as the values of the key, and the share of each outcome in the order of these."""
    values = sorted({row[key] for row in rows})
    totals = {value: sum(row["rows"] for row in rows if row[key] == value) for value in values}
    outcomes = sorted({row["outcome"] for row in rows}, key=lambda name: (name.startswith("lost/"), name))
    counts = {(row[key], row["outcome"]): row["rows"] for row in rows}
    return values, {name: [counts.get((value, name), 0) / totals[value] for value in values] for name in outcomes}


def _ratings(findings: Findings) -> Markup:
    raters, shares = _shares(findings.ratings, "rater")
    colours = dict(zip("1234", plots.STEPS, strict=True))
    parts = [Part(name, values, colours.get(name, plots.BAD[0])) for name, values in shares.items()]
    alt = "Share of each rating, by rater"
    return plots.bars(raters, [Panel("of the rater's ratings", parts, is_share=True)], name="ratings", alt=alt)


def _retention(findings: Findings) -> Markup:
    annotators, shares = _shares(findings.mentions, "annotator")
    kept = [name for name in shares if name.startswith("found/")]
    lost = [name for name in shares if name not in kept]
    coloured = [
        *((name, plots.GOOD[index % len(plots.GOOD)]) for index, name in enumerate(kept)),
        *((name, plots.BAD[index % len(plots.BAD)]) for index, name in enumerate(lost)),
    ]
    parts = [Part(name.replace("/", ": "), shares[name], colour) for name, colour in coloured]
    alt = "Share of mentions found by each tier and lost for each reason, by annotator"
    panel = Panel("of the annotator's mentions", parts, is_share=True)
    return plots.bars(annotators, [panel], name="retention", alt=alt)


def _agreement(findings: Findings) -> Markup:
    measured = [code for code in findings.codes if findings.details("agreement", code)]
    colours = {"exact": plots.GOOD[0], "overlap": plots.GOOD[1], "alone": plots.GREY}
    parts = [
        Part(name, [findings.details("agreement", code).get(f"entities/{name}", 0) for code in measured], colour)
        for name, colour in colours.items()
    ]
    names = [findings.languages[code].name for code in measured]
    alt = "Share of entities by agreement, by language"
    return plots.bars(names, [Panel("of the language's entities", parts, is_share=True)], name="agreement", alt=alt)


def _gold(findings: Findings) -> Markup:
    measured = [code for code in findings.codes if findings.details("gold", code)]
    series = [
        Part(name, [findings.details("gold", code)[name] for code in measured], colour)
        for name, colour in (("precision", plots.BLUE), ("recall", plots.BAD[1]))
    ]
    names = [findings.languages[code].name for code in measured]
    alt = "Precision and recall against gold, by language"
    label = "precision: of the found spans; recall: of the marked ones"
    return plots.points(names, series, name="gold", alt=alt, label=label)
