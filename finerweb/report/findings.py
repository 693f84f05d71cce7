"""What the report says, gathered from the tables as plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import reduce
from typing import Any

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from finerweb import plugins, questions, tables
from finerweb.errors import NoModel
from finerweb.labels.classes import coarse
from finerweb.lake import Lake
from finerweb.languages import Language
from finerweb.report.highlighting import Mark
from finerweb.settings import Settings
from finerweb.tables import runs
from finerweb.training import tracking

Rows = list[dict[str, Any]]
Frames = Mapping[str, DataFrame]

# The report's own runs are left out: it would be a reason to write it again.
OTHER_RUNS = "job <> 'report'"
BINS = 40  # of the scores
TOP_LABELS, NAMED_LABELS = 40, 12
OPTIONAL = frozenset({"audits", "files", "near_duplicates", "similarities"})  # the report only counts their rows


@dataclass(frozen=True)
class Passage:
    """An annotated passage as the report shows it."""

    passage_id: str
    text: str
    words: int
    score: float | None
    marks: Sequence[Mark]


@dataclass(frozen=True)
class Found:
    """All that the report says, as plain data.

    rows of    have
    makers     question, annotator, engine, prompt, answers, problems, tokens_in, tokens_out, usd, is_current
    losses     stage (the table that has the problem), who, problem (null for none), rows, of
    ratings    rater, outcome, rows
    mentions   annotator, outcome (found/<tier>, lost/<problem>), rows
    agreement  agreement, rows
    kept       annotator, kept, lost
    labels     canonical, coarse, languages, mentions
    classes    coarse, labels, mentions
    verdicts   judge, verdicts, problems, faithfulness, completeness, entities, missing, extra, wrong: of plain lists
    jobs       job, started, seconds, rows
    tables     name, rows, version, comment
    """

    name: str
    newest: datetime | None
    lake: str
    dataset: str
    model_name: str
    thresholds: Sequence[float]  # of the scores: one, or the lowest and the highest of the languages
    languages: Mapping[str, Language]
    sizes: Mapping[str, int]  # table -> rows, and `annotated` and `label_names`
    model: tracking.Registered | None = None
    scorers: Mapping[str, int] = field(default_factory=dict)  # model/version -> passages that it scored
    measures: Mapping[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)  # metric, language, detail
    scores: Sequence[tuple[float, float, int]] = ()  # lower and upper edge of a bin, passages in it
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
        thresholds=_thresholds(frames["selection"]),
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
    names = plugins.names("finerweb.questions")
    engines = {spec.fingerprint for spec in settings.model_specs.values()}
    return {(question, engine, questions.fingerprint(question)) for question in names for engine in engines}


def _makers(completions: DataFrame, now: set[tuple[str, str, str]]) -> Rows:
    """Who was asked what, ever; `is_current` where it is asked in the same way today."""
    sums = [F.sum(name).alias(name) for name in ("tokens_in", "tokens_out", "usd")]
    rows = _rows(
        completions.groupBy("question", "annotator", "engine", "prompt")
        .agg(F.count("*").alias("answers"), F.count("problem").alias("problems"), *sums)
        .orderBy("question", "annotator", "engine", "prompt")
    )
    return [{**row, "is_current": (row["question"], row["engine"], row["prompt"]) in now} for row in rows]


def _model(lake: Lake, settings: Settings) -> tracking.Registered | None:
    at = settings.tracking
    tracking.connect(at.uri, at.experiment)
    try:
        found = tracking.describe(at.model, at.alias)
    except NoModel:
        lake.inputs[f"model:{at.model}@{at.alias}"] = "none"
        return None
    lake.inputs[f"model:{at.model}@{at.alias}"] = found.version
    return found


def _losses(frames: Frames) -> Rows:
    """What each stage left behind, by who and why; a stage that lost nothing has one row without a problem."""
    none = F.lit(None).cast("string")
    kept = frames["documents"].select("source", none.alias("problem"))
    records = kept.unionByName(frames["rejects"].select("source", "problem"))
    kept_spans = frames["entities"].select(F.explode("sources.annotator").alias("annotator"), none.alias("problem"))
    spans = kept_spans.unionByName(frames["entities"].select(F.inline("lost")).select("annotator", "problem"))
    stages = {
        "rejects": (records, F.col("source")),
        "ratings": (frames["ratings"], F.col("rater")),
        "scores": (frames["scores"], F.col("scorer")),
        "selection": (frames["selection"], F.lit("")),
        "completions": (frames["completions"], F.concat_ws(" / ", "question", "annotator")),
        "mentions": (frames["mentions"], F.col("annotator")),
        "entities": (spans, F.col("annotator")),
        "labels": (frames["labels"], F.lit("")),
        "verdicts": (frames["verdicts"], F.concat_ws(" / ", "judge", "copy")),
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


def _thresholds(selection: DataFrame) -> list[float]:
    low, high = selection.agg(F.min("threshold"), F.max("threshold")).collect()[0]
    return [] if low is None else sorted({round(low, 4), round(high, 4)})


def _histogram(selection: DataFrame) -> list[tuple[float, float, int]]:
    """Bins of equal width: lower and upper edge, and the passages in them."""
    low, high = selection.agg(F.min("score"), F.max("score")).collect()[0]
    if low is None:
        return []
    width = max(high - low, 1e-3) / BINS
    bin_of = F.least(F.floor((F.col("score") - low) / width), F.lit(BINS - 1))
    counted = selection.filter("score is not null").groupBy(bin_of.alias("bin")).agg(F.count("*")).orderBy("bin")
    return [(low + at * width, low + (at + 1) * width, count) for at, count in counted.collect()]


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
    judged = verdicts.filter("copy = 'plain'").join(sizes, on="passage_id", how="left").groupBy("judge")
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
