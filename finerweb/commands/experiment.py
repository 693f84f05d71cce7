"""`finerweb experiment`: students trained in several ways, compared on the same benchmarks."""

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from finerweb import plugins
from finerweb.commands._terminal import LOCAL, NONE, Conf, Set, opened, tell
from finerweb.errors import BadSettings
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import documents, evaluations, examples, labels

if TYPE_CHECKING:
    from finerweb.evaluation.evaluating import Candidate
    from finerweb.experiments import Arm

EXPERIMENTS = "finerweb.experiments"

Name = Annotated[str, typer.Argument(metavar="NAME", help="A file of finerweb/experiments.")]
Other = Annotated[str | None, typer.Option("--other-lake", help="For an arm that wants a lake of other passages.")]


def main(name: Name, *, other_lake: Other = None, conf: Conf = LOCAL, set: Set = NONE) -> None:
    """Train students in the ways of an experiment, and append how they do on the benchmarks to `evaluations`."""
    experiment = plugins.load(EXPERIMENTS, name)
    with opened(conf, set) as (lake, settings):
        tell(*run(lake, settings, name, experiment.arms, other_lake=other_lake))


def run(lake: Lake, settings: Settings, name: str, arms_of: Any, *, other_lake: str | None) -> list[str]:
    """Train the arms one after another, measure them, and say how they do."""
    from finerweb.evaluation.evaluating import evaluate  # torch and mlflow take seconds to import
    from finerweb.experiments import Corpus
    from finerweb.training import benchmarking, posing, tracking

    log = lake.begin(f"experiment {name}")
    tracking.connect(settings.tracking.uri, settings.tracking.experiment)
    chosen, variant = settings.evaluate, settings.student.variant
    sentences = lake.read(examples.TABLE)
    # bounded: a row for each language
    codes = sorted(row["language"] for row in sentences.select("language").distinct().collect())
    arms = list(arms_of(Corpus(codes, settings.annotators, variant)))
    _require_lakes(name, arms, other_lake)
    place = settings.work / "experiments" / name / log.run_id
    candidates = []
    for arm in arms:
        source = Lake(lake.spark, str(other_lake), progress=lake.progress) if arm.others else lake
        candidates.append(train(source, settings, name, arm, folder=place / arm.name.replace(" ", "-")))
    posed = posing.pose(
        lake,
        chosen.benchmarks,
        posing.Familiarity(chosen.near, settings.merge.encoder, settings.work),
        variant=variant,
        languages=settings.languages,
        most=chosen.labels,
    )
    rows = list(evaluate(candidates, posed.questions, posed.context, show=lake.progress.update))
    now = datetime.now(UTC)
    made = [evaluations.row(row, run=log.run_id, evaluated=now, experiment=name) for row in rows]
    lake.append(evaluations.TABLE, lake.spark.createDataFrame(made, evaluations.TABLE.schema))
    return [*posed.notes, *benchmarking.summary(rows)]


def train(lake: Lake, settings: Settings, name: str, arm: "Arm", *, folder: Any) -> "Candidate":
    """Train an arm into a folder, as a run of its own that registers nothing."""
    from finerweb.evaluation.evaluating import Candidate
    from finerweb.training import candidates, students, tracking

    chosen = type(settings.student)(**{**dict(settings.student), **arm.changes})
    # bounded: `student.per_language` passages of each language, or all: they must fit the driver
    rows = examples.studied(lake.read(examples.TABLE), lake.read(documents.TABLE), **chosen.data).toPandas()
    # bounded: the names of the labels of these rows
    names = students.names_of(labels.named(lake.read(labels.TABLE), students.labels_of(rows)).toPandas())
    facts = {"experiment": name, "arm": arm.name, **{key: str(value) for key, value in chosen.data.items()}}
    with tracking.run(f"experiment {name}: {arm.name}", facts):
        summary = students.learn(
            rows,
            names,
            chosen.training,
            folder=folder,
            work=settings.work,
            facts=facts,
            kind=chosen.recipe,
            show=lake.progress.update,
        )
    tell(f"{arm.name}: {summary}")
    return Candidate(candidates.STUDENT, partial(candidates.load, candidates.STUDENT, str(folder), {"name": arm.name}))


def _require_lakes(name: str, arms: "list[Arm]", other_lake: str | None) -> None:
    wanting = [arm.name for arm in arms if arm.others]
    if wanting and other_lake is None:
        raise BadSettings(
            f"experiment {name}, arm {wanting[0]}",
            found="no --other-lake",
            wanted="a lake whose passages were drawn, not chosen",
            way_out="make one (--set work=FOLDER --set select.threshold=-1e9) and name it: --other-lake FOLDER/lake",
        )
