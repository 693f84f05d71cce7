"""The report: one HTML page on what went in, what came out and how good it is."""

from collections.abc import Mapping, Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

import finerweb
from finerweb import problems
from finerweb.formats.release import put
from finerweb.labels.classes import CLASSES, OTHER
from finerweb.languages import EVERY
from finerweb.report import plots, trust
from finerweb.report.findings import Found, Rows
from finerweb.report.highlighting import highlighted
from finerweb.report.plots import Panel, Part

# The table that has the problems of a stage -> what they kept from going on.
STAGES = {
    "rejects": "records read from a source",
    "ratings": "ratings",
    "scores": "scores",
    "selection": "passages, to be annotated",
    "completions": "answers",
    "mentions": "mentions that an annotator named",
    "entities": "spans, when annotators were merged",
    "labels": "labels, to be named in a language",
    "verdicts": "verdicts",
}


def render(found: Found) -> str:
    """The page: complete in itself, without scripts and without a link to anything outside."""
    environment = Environment(
        loader=PackageLoader("finerweb.report"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(count=_count, percent=_percent, money=_money, highlighted=highlighted)
    codes = sorted(found.languages, key=lambda code: found.languages[code].name)
    coarse_classes = [*CLASSES, OTHER]
    used = {mark.coarse for passages in found.sample.values() for passage in passages for mark in passage.marks}
    return environment.get_template("report.html.j2").render(
        found=found,
        version=finerweb.__version__,
        codes=codes,
        # Neighbours in the list are far apart on the colour circle.
        hues={name: round(place * 137.508) % 360 for place, name in enumerate(coarse_classes)},
        legend=[name for name in coarse_classes if name in used],
        lexicon=[row for row in found.makers if row["engine"].startswith("lexicon-")],
        total=lambda rows, key: sum(row[key] for row in rows),
        retention=_retention(found.mentions),
        gold=_gold(found.measures.get("gold", {})),
        judges=[{**row, **trust.seen(found.measures, row["judge"])} for row in found.verdicts],
        judged=_judged(found, codes),
        audited=[(code, trust.audited(found.measures, code)) for code in (EVERY, *codes)],
        trust=trust,
        stages=STAGES,
        meaning=problems.meaning,
        plots=_plots(found, codes),
    )


def write(page: str, path: str) -> str:
    """Write the page; returns where."""
    put(path, page.encode())
    return path


def _gold(by_language: Mapping[str, Mapping[str, float]]) -> dict[str, float] | None:
    """Precision and recall over all languages together; None without gold."""
    total = {key: sum(values[key] for values in by_language.values()) for key in ("gold", "found", "both")}
    if not total["gold"]:
        return None
    return {
        **total,
        "precision": total["both"] / total["found"] if total["found"] else 0.0,
        "recall": total["both"] / total["gold"],
        "f1": 2 * total["both"] / (total["found"] + total["gold"]),
    }


def _judged(found: Found, codes: Sequence[str]) -> Rows:
    """What the metric `verdicts` says of each language and judge, and the errors that the judge caught there."""
    graded = found.measures.get("verdicts", {})
    return [
        {
            "language": found.languages[code].name,
            "judge": row["judge"],
            **{name: graded[code][f"{row['judge']}/{name}"] for name in trust.SAID},
            "caught": trust.caught(found.measures, row["judge"], language=code),
        }
        for code in codes
        for row in found.verdicts
        if f"{row['judge']}/faithfulness" in graded.get(code, {})
    ]


def _retention(mentions: Rows) -> Rows:
    """How many of the mentions each annotator keeps: annotator, named, kept."""
    found = [row for row in mentions if row["outcome"].startswith("found/")]
    return [
        {
            "annotator": who,
            "named": sum(row["rows"] for row in mentions if row["annotator"] == who),
            "kept": sum(row["rows"] for row in found if row["annotator"] == who),
        }
        for who in sorted({row["annotator"] for row in mentions})
    ]


def _plots(found: Found, codes: Sequence[str]) -> dict[str, Markup]:
    return {
        "volume": _volume_plot(found, codes),
        "ratings": _ratings_plot(found),
        "scores": plots.histogram(
            found.scores,
            thresholds=found.thresholds,
            name="scores",
            alt="Passages by score",
        ),
        "retention": _retention_plot(found),
        "agreement": _agreement_plot(found, codes),
        "classes": plots.bars(
            [row["coarse"] for row in found.classes],
            [Panel("mentions", [Part("mentions", [row["mentions"] for row in found.classes], plots.BLUE)])],
            name="classes",
            alt="Mentions by coarse class of their label",
        ),
        "gold": _gold_plot(found, codes),
    }


def _volume_plot(found: Found, codes: Sequence[str]) -> Markup:
    volumes = [found.measures["volume"][code] for code in codes]
    annotated, entities = ([volume.get(key, 0) for volume in volumes] for key in ("annotated", "entities"))
    others = [volume.get("passages", 0) - part for volume, part in zip(volumes, annotated, strict=True)]
    return plots.bars(
        [found.languages[code].name for code in codes],
        [
            Panel("passages", [Part("annotated", annotated, plots.BLUE), Part("not annotated", others, plots.GREY)]),
            Panel("entities in annotated passages", [Part("entities", entities, plots.GOOD[1])]),
        ],
        name="volume",
        alt="Passages, annotated and not, and entities of each language",
    )


def _shares(rows: Rows, who: str) -> tuple[list[str], dict[str, list[float]]]:
    """Rows (who, outcome, rows) as the share of each outcome, in the order of the whos."""
    whos = sorted({row[who] for row in rows})
    totals = {one: sum(row["rows"] for row in rows if row[who] == one) for one in whos}
    outcomes = sorted({row["outcome"] for row in rows}, key=lambda name: (name.startswith("lost/"), name))
    counts = {(row[who], row["outcome"]): row["rows"] for row in rows}
    return whos, {name: [counts.get((one, name), 0) / totals[one] for one in whos] for name in outcomes}


def _ratings_plot(found: Found) -> Markup:
    raters, shares = _shares(found.ratings, "rater")
    colours = dict(zip("1234", plots.STEPS, strict=True))
    parts = [Part(name, values, colours.get(name, plots.BAD[0])) for name, values in shares.items()]
    alt = "Share of each rating, by rater"
    return plots.bars(raters, [Panel("of the rater's ratings", parts, is_share=True)], name="ratings", alt=alt)


def _retention_plot(found: Found) -> Markup:
    whos, shares = _shares(found.mentions, "annotator")
    kept = [name for name in shares if name.startswith("found/")]
    lost = [name for name in shares if name not in kept]
    coloured = [
        *((name, plots.GOOD[place % len(plots.GOOD)]) for place, name in enumerate(kept)),
        *((name, plots.BAD[place % len(plots.BAD)]) for place, name in enumerate(lost)),
    ]
    parts = [Part(name.replace("/", ": "), shares[name], colour) for name, colour in coloured]
    alt = "Share of mentions found by each tier and lost for each reason, by annotator"
    return plots.bars(whos, [Panel("of the annotator's mentions", parts, is_share=True)], name="retention", alt=alt)


def _agreement_plot(found: Found, codes: Sequence[str]) -> Markup:
    measured = found.measures.get("agreement", {})
    having = [code for code in codes if code in measured]
    colours = {"exact": plots.GOOD[0], "overlap": plots.GOOD[1], "alone": plots.GREY}
    parts = [
        Part(name, [measured[code].get(f"entities/{name}", 0) for code in having], colour)
        for name, colour in colours.items()
    ]
    names = [found.languages[code].name for code in having]
    alt = "Share of entities by agreement, by language"
    return plots.bars(names, [Panel("of the language's entities", parts, is_share=True)], name="agreement", alt=alt)


def _gold_plot(found: Found, codes: Sequence[str]) -> Markup:
    measured = found.measures.get("gold", {})
    having = [code for code in codes if code in measured]
    series = [
        Part(name, [measured[code][name] for code in having], colour)
        for name, colour in (("precision", plots.BLUE), ("recall", plots.BAD[1]))
    ]
    names = [found.languages[code].name for code in having]
    alt = "Precision and recall against gold, by language"
    return plots.points(names, series, name="gold", alt=alt, label="precision: of found; recall: of marked")


def _count(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}\u00a0%"


def _money(value: float) -> str:
    return f"${value:,.2f}"
