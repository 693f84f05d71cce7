"""Put questions to models, so that an answer is paid for once."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb import engines, plugins, questions
from finerweb.asking import worker
from finerweb.asking.spool import Spool, amount
from finerweb.asking.worker import Asking
from finerweb.cost import Budget, Price, Tally
from finerweb.engines import Spec
from finerweb.errors import BudgetSpent, EngineFailed
from finerweb.lake import Lake
from finerweb.progress import Show
from finerweb.rows import slices
from finerweb.tables import completions

# Question -> the job that asks it, and the section of the settings that has its budget.
JOBS = {
    "usefulness": "collect_ratings",
    "ner": "annotate",
    "label_english": "name_labels",
    "label_name": "name_labels",
    "judge": "collect_verdicts",
}
SECTIONS = {
    "usefulness": "rate",
    "ner": "annotate",
    "label_english": "name_labels",
    "label_name": "name_labels",
    "judge": "judge",
}
# The job's function that says what is asked, where it is not `requests`.
REQUESTS = {"label_english": "english_requests"}


class Ask(Protocol):
    """How answers are collected, whatever the question: the section `ask` of the settings."""

    slice: int
    attempts: int
    again: list[str]
    spool: str


@dataclass(frozen=True)
class Requests:
    """A question to models about many subjects: `frame` has a row for each request."""

    question: str
    models: Mapping[str, Spec]
    frame: DataFrame

    def of(self, model: str) -> DataFrame:
        """The requests to one model."""
        return self.frame.filter(self.frame["annotator"] == model)


def requests(subjects: DataFrame, *, question: str, models: Mapping[str, Spec]) -> Requests:
    """What is asked of each model about each subject; nothing is sent."""
    fingerprints = {name: spec.fingerprint for name, spec in models.items()}
    prompt = questions.fingerprint(question)
    return Requests(question, models, completions.ask(subjects, question=question, prompt=prompt, engines=fingerprints))


def answer_missing(lake: Lake, asked: Requests, *, how: Ask, budget: Budget, tasks: int) -> None:
    """Ask what was never answered, and once more what was answered badly; `how.slice` requests are committed at once.

    An answer is in the spool from the moment it comes, and a run that died leaves it there for the next one. Raises
    EngineFailed, BudgetSpent, or SpoolFailed where another run asks the same question.
    """
    spool = spool_of(lake, how.spool, asked.question)
    spool.require_free()
    with spool.held("run"):
        spool.wait_for_drains()
        _adopt(lake, spool)
        for name, spec in asked.models.items():
            at_once = spec.settings.get("tasks", tasks)
            told = Spec.of(spec.engine, {**spec.settings, "tasks": at_once})  # of a limit a minute each keeps a share
            _Conversation(lake, spool, asked.question, name, told, how, budget, at_once).hold(asked.of(name))


def spool_of(lake: Lake, spools: str, question: str) -> Spool:
    """Where answers to a question wait on their way to this lake; another lake under the same setting has its own."""
    return Spool(f"{spools}/{question}-{hashlib.sha256(lake.location.encode()).hexdigest()[:8]}")


@dataclass
class _Conversation:
    """One model, asked one question about many subjects."""

    lake: Lake
    spool: Spool
    question: str
    name: str
    spec: Spec
    how: Ask
    budget: Budget
    tasks: int
    done: Tally = field(default_factory=Tally)
    total: int = 0

    def hold(self, mine: DataFrame) -> None:
        """Ask until nothing is due any more."""
        while True:
            due = completions.due(
                mine,
                self.lake.peek(completions.TABLE),
                attempts=self.how.attempts,
                again=self.how.again,
                run=self.lake.log.run_id,
            )
            waiting = due.count()
            if not waiting:
                return
            if not self.total:
                self._prepare()
            self.total = self.done.answers + waiting
            said = self._ask(due, waiting)
            if said.answers < waiting and not said.answers:
                raise BudgetSpent(self._spent(waiting))
            if said.answers >= waiting and (not said.again or self.how.again):
                return

    def _prepare(self) -> None:
        """Fail before anything is spent, where that can be known."""
        if self.budget.usd is not None and self.spec.price is None:
            raise EngineFailed(
                f"{SECTIONS[self.question]}.budget.usd is set, but the price of model {self.name} is not known; state "
                f"it in USD per million tokens, models.{self.name}.price={{input: 0.15, output: 0.6}}, or per hour, "
                "{hour: 2.5}"
            )
        engines.check(self.spec)

    def _ask(self, due: DataFrame, waiting: int) -> Tally:
        """Ask once all that is due; fewer answers than requests mean that the budget is used up."""
        before = self.done
        for part in slices(due, key="request_id", rows=self.how.slice, total=waiting):
            budget = self.budget.less(self._spent_before()) if self.budget.is_limited else self.budget
            asking = Asking(
                self.spec,
                self.spool.url,
                self.lake.log.run_id,
                budget.share(self.tasks),
                plugins.load("finerweb.questions", self.question).TOKENS_OUT,
            )
            with self.lake.progress.polled(self._show):
                try:
                    self.lake.append(completions.TABLE, worker.answer(part, asking=asking, tasks=self.tasks))
                except Exception:
                    _adopt(self.lake, self.spool)  # what came until then is paid for
                    raise
            objects = self.spool.objects()
            self.done = self.done.plus(amount(objects))
            self.spool.remove(objects)
        return Tally(*(now - then for now, then in zip(self.done, before, strict=True)))

    def _show(self, bar: Show) -> None:
        now = self.done.plus(amount(self.spool.objects()))
        problems = f" · {now.problems:,} with a problem" if now.problems else ""
        money = f" · ${now.usd:,.2f}" if self.spec.price not in (None, Price()) else ""
        bar(now.answers, self.total, f"answers of {self.name}", f"{now.tokens:,} tokens{money}{problems}", now.tokens)

    def _spent_before(self) -> Tally:
        """What all answers to the questions of this section have cost, in this lake."""
        return spent(self.lake.peek(completions.TABLE).filter(F.col("question").isin(self._of_section())))

    def _of_section(self) -> list[str]:
        return [name for name, section in SECTIONS.items() if section == SECTIONS[self.question]]

    def _spent(self, waiting: int) -> str:
        section, cost = SECTIONS[self.question], self._spent_before()
        asked = " and ".join(f"`{name}`" for name in self._of_section())
        limits = {"usd": self.budget.usd, "tokens": self.budget.tokens}
        stated = ", ".join(f"{section}.budget.{name}={value}" for name, value in limits.items() if value is not None)
        left = self.budget.less(cost)
        if left.usd or left.tokens:
            stated += f" leaves each of {self.tasks} tasks less than a request takes (models.{self.name}.tasks)"
        return (
            f"the budget is spent: {stated}; all answers to {asked} so far cost ${cost.usd:,.4f} and "
            f"{cost.tokens:,} tokens, and {waiting:,} requests to {self.name} wait. Raise it and run again to go on, "
            f"or run the jobs after {JOBS[self.question]} one by one with what there is"
        )


def spent(answers: DataFrame) -> Tally:
    """What answers cost."""
    row = answers.agg(
        F.count("*").alias("answers"),
        F.count("problem").alias("problems"),
        F.sum("tokens_in").alias("tokens_in"),
        F.sum("tokens_out").alias("tokens_out"),
        F.sum("usd").alias("usd"),
    ).collect()[0]
    return Tally(
        row["answers"],
        row["problems"],
        0,
        row["tokens_in"] or 0,
        row["tokens_out"] or 0,
        round((row["usd"] or 0.0) * 1e6),
    )


@contextmanager
def paused(lake: Lake, spools: str) -> Iterator[None]:
    """Nobody asks while this lasts, and no answer is left in a spool. Raises SpoolFailed where somebody asks now."""
    with ExitStack() as held:
        for question in JOBS:
            spool = spool_of(lake, spools, question)
            spool.require_free()
            held.enter_context(spool.held("run"))
            spool.wait_for_drains()
            _adopt(lake, spool)
        yield


def _adopt(lake: Lake, spool: Spool) -> None:
    """Put what a run that died has left in the spool into the table."""
    objects = spool.objects()
    rows = worker.restored(spool.rows(objects))
    if len(rows):
        left = lake.spark.createDataFrame(rows, completions.TABLE.schema)
        lake.append(completions.TABLE, lake.missing(completions.TABLE, left))
    spool.remove(objects)


def chosen(models: Mapping[str, Spec], names: Sequence[str]) -> dict[str, Spec]:
    """Some of the models, in the order of their names' list."""
    return {name: models[name] for name in names}


def answers(lake: Lake, asked: Requests) -> DataFrame:
    """The last answers to requests, of all that the table holds."""
    of_question = lake.read(completions.TABLE, where=f"question = '{asked.question}'", or_empty=True)
    return completions.answered(of_question, asked.frame)
