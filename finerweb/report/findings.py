"""What the report says, gathered from the tables as plain data."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb import plugins, questions, tables
from finerweb.errors import NoModel
from finerweb.lake import Lake
from finerweb.languages import Language
from finerweb.outside.model import Model
from finerweb.report import counts, losses, samples
from finerweb.report.counts import Rows
from finerweb.report.samples import Passage
from finerweb.report.trust import Measures
from finerweb.tables import runs
from finerweb.training import tracking
from finerweb.training.tracking import Registered

# The report's own runs are left out: it would be a reason to write it again.
OTHER_RUNS = "job <> 'report'"
NAMED_LABELS = 12  # whose names in the languages are shown
# Of the others the report only counts the rows.
OPTIONAL = frozenset({"audits", "evaluations", "files", "near_duplicates", "similarities", "source_files", "tags"})


@dataclass(frozen=True)
class Findings:
    """All that the report says, as plain data.

    rows of    have
    makers     question, model, engine, prompt, answers, problems, tokens_in, tokens_out, usd, is_current
    losses     table (that has the problem), who, problem (null for none), rows, of
    ratings    rater, outcome, rows
    mentions   annotator, outcome (found/<tier>, lost/<problem>), rows
    agreement  agreement, rows
    kept       annotator, kept, lost
    labels     canonical, coarse, languages, mentions
    classes    coarse, labels, mentions
    verdicts   judge, verdicts, problems, faithfulness, completeness, entities, missing, extra, wrong: of plain lists
    jobs       job, started, seconds, rows
    tables     name, rows, version, comment
    evaluations    the columns of the table, of all labels together, the newest run of each tagger and benchmark
    """

    name: str
    newest: datetime | None
    lake: str
    dataset: str
    model_name: str
    languages: Mapping[str, Language]
    sizes: Mapping[str, int]  # table -> rows, and `annotated` and `label_names`
    model: Registered | None = None
    thresholds: Sequence[float] = ()  # of the scores: one, or the lowest and the highest of the languages
    scorers: Mapping[str, int] = field(default_factory=dict)  # model/version -> passages that it scored
    measures: Measures = field(default_factory=dict)
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
    evaluations: Rows = field(default_factory=list)

    @property
    def codes(self) -> list[str]:
        """The languages in the order of their names."""
        return sorted(self.languages, key=lambda code: self.languages[code].name)

    def details(self, metric: str, code: str) -> Mapping[str, float]:
        """What a metric says of a language: detail -> value; empty where it says nothing."""
        return self.measures.get(metric, {}).get(code, {})


def gather(
    lake: Lake,
    *,
    name: str,
    dataset: str,
    languages: Mapping[str, Language],
    engines: Collection[str],
    model: Model,
    passages_per_language: int,
) -> Findings:
    """Everything the report shows, small enough for one machine; `engines` has the fingerprints of today's."""
    frames = _frames(lake)
    sizes = counts.sizes(frames)
    measures = counts.measures(frames["measures"])
    labels = counts.labels(frames["labels"])
    jobs = counts.jobs(frames["runs"])
    return Findings(
        name=name,
        newest=max((row["started"] for row in jobs), default=None),
        lake=lake.location,
        dataset=dataset,
        languages={code: languages.get(code) or Language(code, code, "", code) for code in measures.get("volume", {})},
        sizes=sizes,
        model_name=f"{model.name}@{model.alias}",
        model=_registered(lake, model),
        thresholds=counts.thresholds(frames["selection"]),
        scorers=dict(frames["scores"].groupBy("scorer").agg(F.count("*")).orderBy("scorer").collect()),
        measures=measures,
        scores=counts.histogram(frames["selection"]),
        names=counts.names(frames["labels"], [row["canonical"] for row in labels[:NAMED_LABELS]]),
        sample=samples.draw(frames, passages_per_language),
        makers=counts.makers(frames["completions"], _asked_today(engines)),
        losses=losses.count(frames),
        ratings=counts.ratings(frames["ratings"]),
        mentions=counts.mentions(frames["mentions"]),
        agreement=counts.rows(frames["entities"].groupBy("agreement").agg(F.count("*").alias("rows"))),
        kept=counts.kept(frames["entities"]),
        labels=labels,
        classes=counts.classes(frames["labels"]),
        verdicts=counts.verdicts(frames["verdicts"], frames["entities"]),
        jobs=jobs,
        tables=_tables(lake, sizes),
        evaluations=counts.evaluations(frames["evaluations"]) if "evaluations" in frames else [],
    )


def _registered(lake: Lake, model: Model) -> Registered | None:
    lake.log.read(model)
    try:
        return tracking.describe(model.name, model.alias)
    except NoModel:
        return None


def _frames(lake: Lake) -> dict[str, DataFrame]:
    """Every table that exists; raises WrongTable where one is missing that the report cannot do without."""
    return {
        table.name: lake.read(table, where=OTHER_RUNS if table.name == runs.TABLE.name else None)
        for table in tables.every()
        if table.name not in OPTIONAL or lake.exists(table)
    }


def _asked_today(engines: Iterable[str]) -> set[tuple[str, str, str]]:
    """Question, engine and fingerprint of the prompt of everything that these engines can be asked."""
    prompts = {question: questions.fingerprint(question) for question in plugins.names("finerweb.questions")}
    return {(question, engine, prompt) for question, prompt in prompts.items() for engine in engines}


def _tables(lake: Lake, sizes: Mapping[str, int]) -> Rows:
    """Every table, and the version of it that was read."""
    versions = {**lake.log.versions, runs.TABLE.name: str(lake.version(runs.TABLE))}  # only a part of it is an input
    return [
        {"name": table.name, "rows": sizes[table.name], "version": versions[table.name], "comment": table.comment}
        for table in tables.every()
        if table.name in sizes
    ]
