"""The report: one HTML page on what went in, what came out and how good it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import reduce
from itertools import pairwise
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

import finerweb
from finerweb import annotators, plots, plugins, tables, tracking
from finerweb.label_classes import CLASSES, OTHER, coarse
from finerweb.lake import Lake
from finerweb.languages import Language
from finerweb.plots import Panel, Part
from finerweb.settings import Settings
from finerweb.tables import runs
from finerweb.tables.files import put

Rows = list[dict[str, Any]]
Frames = Mapping[str, DataFrame]

# The report's own runs are left out: it would be a reason to write it again.
OTHER_RUNS = "job <> 'report'"
BIN, LOWEST, HIGHEST = 0.05, -0.5, 1.5  # of the score; what is beyond falls into the outermost bin
TOP_LABELS, NAMED_LABELS = 40, 12
OPTIONAL = frozenset({"files", "near_duplicates", "similarities"})  # the report only counts their rows


class Mark(NamedTuple):
    """An entity in a passage: half-open code points, its label and the label's coarse class."""

    start: int
    end: int
    label: str
    coarse: str


class Segment(NamedTuple):
    """A piece of a text, where it starts, and the marks that cover all of it, the outermost first."""

    start: int
    text: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Passage:
    """An annotated passage as the report shows it."""

    passage_id: str
    text: str
    words: int
    score: float | None
    marks: Sequence[Mark]


@dataclass(frozen=True)
class Model:
    """A version of the regression, as MLflow has it."""

    version: str
    params: Mapping[str, str]
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class Found:
    """All that the report says, as plain data.

    rows of    have
    makers     question, annotator, engine, prompt, answers, problems, tokens_in, tokens_out, usd, is_current
    losses     stage, who, problem (null for none), rows, of
    ratings    rater, outcome, rows
    mentions   annotator, outcome (found/<tier>, lost/<problem>), rows
    agreement  agreement, rows
    kept       annotator, kept, lost
    labels     canonical, coarse, languages, mentions
    classes    coarse, labels, mentions
    verdicts   judge, verdicts, problems, faithfulness, completeness, entities, missing, extra, wrong
    jobs       job, started, seconds, rows
    tables     name, rows, version, comment
    """

    name: str
    newest: datetime | None
    lake: str
    dataset: str
    model_name: str
    threshold: float
    languages: Mapping[str, Language]
    sizes: Mapping[str, int]  # table -> rows, and `annotated` and `label_names`
    model: Model | None = None
    scorers: Mapping[str, int] = field(default_factory=dict)  # model/version -> passages that it scored
    measures: Mapping[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)  # metric, language, detail
    scores: Sequence[tuple[float, int]] = ()  # lower edge of a bin, passages in it
    names: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)  # language, canonical
    sample: Mapping[str, Sequence[Passage]] = field(default_factory=dict)  # by language
    makers: Rows = field(default_factory=list)
    losses: Rows = field(default_factory=list)
    ratings: Rows = field(default_factory=list)
    mentions: Rows = field(default_factory=list)
    agreement: Rows = field(default_factory=list)
    kept: Rows = field(default_factory=list)
    labels: Rows = field(default_factory=list)
    classes: Rows = field(default_factory=list)
    verdicts: Rows = field(default_factory=list)
    jobs: Rows = field(default_factory=list)
    tables: Rows = field(default_factory=list)


def gather(lake: Lake, settings: Settings) -> Found:
    """Everything the report shows, from the tables and MLflow; counted by Spark, small enough for one machine."""
    frames = _frames(lake)
    sizes = _sizes(frames)
    measures = _measures(frames["measures"])
    codes = measures.get("volume", {})
    labels = _labels(frames["labels"])
    jobs = _jobs(frames["runs"])
    return Found(
        name=settings.publish.name,
        newest=max((row["started"] for row in jobs), default=None),
        lake=settings.lake.location,
        dataset=settings.publish.path,
        model_name=f"{settings.tracking.model}@{settings.tracking.alias}",
        threshold=settings.select.threshold,
        languages={code: settings.languages.get(code) or Language(code, code, "", code) for code in codes},
        sizes={
            **sizes,
            "annotated": frames["selection"].filter("is_selected").count(),
            "label_names": frames["labels"].select("label").distinct().count(),
        },
        model=_model(lake, settings),
        scorers=dict(frames["scores"].groupBy("scorer").agg(F.count("*")).orderBy("scorer").collect()),
        measures=measures,
        scores=_histogram(frames["selection"]),
        names=_names(frames["labels"], [row["canonical"] for row in labels[:NAMED_LABELS]]),
        sample=_sample(frames, settings.report.passages_per_language),
        makers=_makers(frames["completions"], _as_set_now(settings)),
        losses=_losses(frames),
        ratings=_counted(frames["ratings"], "rater", F.coalesce(F.col("rating").cast("string"), "problem")),
        mentions=_counted(frames["mentions"], "annotator", _outcome()),
        agreement=_rows(frames["entities"].groupBy("agreement").agg(F.count("*").alias("rows"))),
        kept=_kept(frames["entities"]),
        labels=labels,
        classes=_classes(frames["labels"]),
        verdicts=_verdicts(frames["verdicts"], frames["entities"]),
        jobs=jobs,
        tables=_tables(lake, sizes),
    )


def _frames(lake: Lake) -> dict[str, DataFrame]:
    """Every table that is there; raises WrongTable for one that the report cannot do without."""
    return {
        table.name: lake.read(table, where=OTHER_RUNS if table.name == runs.TABLE.name else None)
        for table in tables.every()
        if table.name not in OPTIONAL or lake.exists(table)
    }


def _sizes(frames: Frames) -> dict[str, int]:
    """Rows by table, counted at once."""
    counts = [frame.select(F.lit(name).alias("name")).groupBy("name").count() for name, frame in frames.items()]
    counted: dict[str, int] = dict(reduce(DataFrame.unionByName, counts).collect())
    return {name: counted.get(name, 0) for name in frames}  # a group without rows is no group


def _rows(frame: DataFrame) -> Rows:
    return [row.asDict() for row in frame.collect()]


def _counted(frame: DataFrame, who: str, outcome: Column) -> Rows:
    return _rows(frame.groupBy(who, outcome.alias("outcome")).agg(F.count("*").alias("rows")).orderBy(who, "outcome"))


def _outcome() -> Column:
    return F.when(F.col("problem").isNull(), F.concat(F.lit("found/"), "tier")).otherwise(
        F.concat(F.lit("lost/"), "problem")
    )


def _measures(measures: DataFrame) -> dict[str, dict[str, dict[str, float]]]:
    found: dict[str, dict[str, dict[str, float]]] = {}
    for row in measures.collect():
        found.setdefault(row["metric"], {}).setdefault(row["language"], {})[row["detail"]] = row["value"]
    return found


def _as_set_now(settings: Settings) -> set[tuple[str, str, str]]:
    """Question, engine and prompt of everything that the settings can ask."""
    questions = plugins.names("finerweb.annotators")
    engines = {spec.fingerprint for spec in settings.model_specs.values()}
    return {(question, engine, annotators.fingerprint(question)) for question in questions for engine in engines}


def _makers(completions: DataFrame, now: set[tuple[str, str, str]]) -> Rows:
    """Who was asked what, ever; `is_current` where it is asked in the same way today."""
    sums = [F.sum(name).alias(name) for name in ("tokens_in", "tokens_out", "usd")]
    rows = _rows(
        completions.groupBy("question", "annotator", "engine", "prompt")
        .agg(F.count("*").alias("answers"), F.count("problem").alias("problems"), *sums)
        .orderBy("question", "annotator", "engine", "prompt")
    )
    return [{**row, "is_current": (row["question"], row["engine"], row["prompt"]) in now} for row in rows]


def _model(lake: Lake, settings: Settings) -> Model | None:
    at = settings.tracking
    tracking.connect(at.uri, at.experiment)
    try:
        found = tracking.fetch(at.model, at.alias)
    except tracking.NoModel:
        lake.inputs[f"model:{at.model}@{at.alias}"] = "none"
        return None
    lake.inputs[f"model:{at.model}@{at.alias}"] = found.version
    return Model(found.version, found.params, found.metrics)


def _losses(frames: Frames) -> Rows:
    """What each stage left behind, by who and why; a stage that lost nothing has one row without a problem."""
    none = F.lit(None).cast("string")
    kept = frames["documents"].select("source", none.alias("problem"))
    records = kept.unionByName(frames["rejects"].select("source", "problem"))
    kept_spans = frames["entities"].select(F.explode("sources.annotator").alias("annotator"), none.alias("problem"))
    spans = kept_spans.unionByName(frames["entities"].select(F.inline("lost")).select("annotator", "problem"))
    stages = {
        "records read from a source": (records, F.col("source")),
        "ratings": (frames["ratings"], F.col("rater")),
        "scores": (frames["scores"], F.col("scorer")),
        "passages, to be annotated": (frames["selection"], F.lit("")),
        "answers": (frames["completions"], F.concat_ws(" / ", "question", "annotator")),
        "mentions that an annotator named": (frames["mentions"], F.col("annotator")),
        "spans, when annotators were merged": (spans, F.col("annotator")),
        "labels, to be named in a language": (frames["labels"], F.lit("")),
        "verdicts": (frames["verdicts"], F.col("judge")),
    }
    counted = [
        frame.groupBy(F.lit(stage).alias("stage"), who.alias("who"), "problem").agg(F.count("*").alias("rows"))
        for stage, (frame, who) in stages.items()
    ]
    rows = _rows(reduce(DataFrame.unionByName, counted))
    return [loss for stage in stages for loss in _of_stage([row for row in rows if row["stage"] == stage])]


def _of_stage(rows: Rows) -> Rows:
    """The losses of a stage, by who and how many, with what there was before: rows of stage, who, problem, rows."""
    losses = []
    for who in sorted({row["who"] for row in rows}):
        mine = [row for row in rows if row["who"] == who]
        lost = sorted((row for row in mine if row["problem"]), key=lambda row: (-row["rows"], row["problem"]))
        nothing = [{**mine[0], "problem": None, "rows": 0}]
        losses += [{**row, "of": sum(one["rows"] for one in mine)} for row in lost or nothing]
    return losses


def _histogram(selection: DataFrame) -> list[tuple[float, int]]:
    bin_of = F.floor(F.least(F.greatest("score", F.lit(LOWEST)), F.lit(HIGHEST)) / BIN + 1e-6)
    counted = selection.filter("score is not null").groupBy(bin_of.alias("bin")).agg(F.count("*")).orderBy("bin")
    return [(round(at * BIN, 4), count) for at, count in counted.collect()]


def _kept(entities: DataFrame) -> Rows:
    kept = entities.select(F.explode("sources.annotator").alias("annotator"), F.lit(1).alias("kept"))
    lost = entities.select(F.explode("lost.annotator").alias("annotator"), F.lit(0).alias("kept"))
    both = kept.unionByName(lost).groupBy("annotator")
    return _rows(both.agg(F.sum("kept").alias("kept"), F.sum(1 - F.col("kept")).alias("lost")).orderBy("annotator"))


def _labels(labels: DataFrame) -> Rows:
    counted = labels.groupBy("canonical", "coarse").agg(
        F.countDistinct("language").alias("languages"), F.sum("mentions").alias("mentions")
    )
    return _rows(counted.orderBy(F.desc("mentions"), "canonical").limit(TOP_LABELS))


def _classes(labels: DataFrame) -> Rows:
    counted = labels.groupBy("coarse").agg(
        F.countDistinct("canonical").alias("labels"), F.sum("mentions").alias("mentions")
    )
    return _rows(counted.orderBy(F.desc("mentions"), "coarse"))


def _names(labels: DataFrame, chosen: Sequence[str]) -> dict[str, dict[str, dict[str, Any]]]:
    """The names of some labels in each language; of several spellings of a label, the most frequent one's."""
    most = F.max_by(F.struct("name", "problem"), F.struct("mentions", "label"))
    rows = (
        labels.filter(F.col("canonical").isin(list(chosen))).groupBy("language", "canonical").agg(most.alias("named"))
    )
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows.collect():
        found.setdefault(row["language"], {})[row["canonical"]] = row["named"].asDict()
    return found


def _verdicts(verdicts: DataFrame, entities: DataFrame) -> Rows:
    sizes = entities.groupBy("passage_id").agg(F.count("*").alias("entities"))
    errors = [F.sum(F.size(name)).alias(name) for name in ("missing", "extra", "wrong")]
    judged = verdicts.join(sizes, on="passage_id", how="left").groupBy("judge")
    return _rows(
        judged.agg(
            F.count("*").alias("verdicts"),
            F.count("problem").alias("problems"),
            F.avg("faithfulness").alias("faithfulness"),
            F.avg("completeness").alias("completeness"),
            F.sum(F.when(F.col("problem").isNull(), F.coalesce("entities", F.lit(0)))).alias("entities"),
            *errors,
        ).orderBy("judge")
    )


def _sample(frames: Frames, per_language: int) -> dict[str, list[Passage]]:
    """So many annotated passages of each language, the same ones each time: the first by the hash of their id."""
    turns = Window.partitionBy("language").orderBy(F.xxhash64("passage_id"), "passage_id")
    chosen = frames["selection"].filter("is_selected").withColumn("turn", F.row_number().over(turns))
    chosen = chosen.filter(F.col("turn") <= per_language).select("passage_id", "language", "score", "turn")
    by_passage = (
        frames["entities"]
        .groupBy("passage_id")
        .agg(F.sort_array(F.collect_list(F.struct("start", "end", "label", "labels"))).alias("entities"))
    )
    rows = (
        chosen.join(frames["passages"].select("passage_id", "text", "words"), on="passage_id", how="inner")
        .join(by_passage, on="passage_id", how="left")
        .orderBy("language", "turn")
        .collect()
    )
    found: dict[str, list[Passage]] = {}
    for row in rows:
        marks = [
            Mark(one["start"], one["end"], one["label"], coarse(one["labels"][0])) for one in row["entities"] or []
        ]
        passage = Passage(row["passage_id"], row["text"], row["words"], row["score"], marks)
        found.setdefault(row["language"], []).append(passage)
    return found


def _jobs(others: DataFrame) -> Rows:
    """The newest run of each job, in the order in which they ran."""
    newest = others.groupBy("job").agg(F.max_by(F.struct("started", "seconds", "rows"), "started").alias("run"))
    found = [{"job": row["job"], **row["run"].asDict()} for row in newest.collect()]
    # collect() gives the driver's local time without its zone.
    return sorted(({**row, "started": row["started"].astimezone(UTC)} for row in found), key=lambda row: row["started"])


def _tables(lake: Lake, sizes: Mapping[str, int]) -> Rows:
    """Every table, and the version of it that was read."""
    read = {**lake.inputs, runs.TABLE.name: str(lake.version(runs.TABLE))}  # only a part of it is an input
    return [
        {"name": table.name, "rows": sizes[table.name], "version": read[table.name], "comment": table.comment}
        for table in tables.every()
        if table.name in sizes
    ]


def segments(text: str, marks: Sequence[Mark]) -> list[Segment]:
    """Cut a text wherever a mark begins or ends; the segments, joined, are the text.

    Marks may nest and cross. Raises ValueError for one that is empty or not inside the text.
    """
    for mark in marks:
        if not 0 <= mark.start < mark.end <= len(text):
            raise ValueError(f"mark {mark.label!r} at {mark.start}:{mark.end}; wanted a place in 0:{len(text)}")
    order = sorted(marks, key=lambda mark: (mark.start, -mark.end, mark.label))
    cuts = sorted({0, len(text), *(mark.start for mark in marks), *(mark.end for mark in marks)})
    return [
        Segment(at, text[at:to], tuple(mark for mark in order if mark.start <= at and to <= mark.end))
        for at, to in pairwise(cuts)
    ]


def highlighted(text: str, marks: Sequence[Mark]) -> Markup:
    """A text as HTML whose text content is the text; labels are attributes, for the style sheet to show."""
    return Markup("").join(_element(segment) for segment in segments(text, marks))


def _element(segment: Segment) -> Markup:
    element = _exact(segment.text)
    for mark in reversed(segment.marks):
        opens = " opens" if mark.start == segment.start else ""
        # The label stands once, after the end of the mark.
        closes = mark.end == segment.start + len(segment.text)
        label = Markup(' data-label="{}"').format(mark.label) if closes else Markup("")
        element = Markup('<mark class="c-{}{}"{}>{}</mark>').format(mark.coarse, opens, label, element)
    return element


def _exact(text: str) -> Markup:
    """Escaped text that HTML's parser does not change: it would read a carriage return as a line feed."""
    return Markup(str(escape(text)).replace("\r", "&#13;"))


def render(found: Found) -> str:
    """The page: complete in itself, without scripts and without a link to anything outside."""
    environment = Environment(
        loader=PackageLoader("finerweb"),
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
        meanings=MEANINGS,
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
            width=BIN,
            threshold=found.threshold,
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


MEANINGS = {
    "no_text": "the record has no text",
    "unknown_language": "its language is not in languages.yml",
    "language_not_chosen": "its language is not in ingest.languages",
    "other_script": "written in another script than its language",
    "too_long": "longer than ingest.max_characters",
    "duplicate_id": "an earlier record has the same id",
    "other_language": "the detector is sure of another language",
    "near_duplicate": "says almost what an earlier passage says",
    "not_scored": "has no score",
    "not_useful": "scored at the threshold or below",
    "another_of_document": "another passage of the document was chosen",
    "quota_full": "the language had enough passages",
    "not_finite": "the regression gave no finite number",
    "absent": "not in the passage",
    "inside_word": "only found inside a longer word",
    "claimed": "every place where it is was taken by another mention",
    "passed": "only found before the previous mention",
    "empty": "nothing was written",
    "no_label": "named without a type",
    "unreadable": "the answer could not be read",
    "malformed": "the answer is not in the form that was asked for",
    "truncated": "the answer ended at the token limit",
    "refused": "the model gave no answer",
    "shorter": "gave way to a longer span that it overlaps little",
    "other_type": "gave way to a span of another type",
    "not_asked": "no one was asked",
}
