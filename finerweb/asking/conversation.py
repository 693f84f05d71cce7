"""Put questions to models, so that an answer is paid for once."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb import engines, questions
from finerweb.asking import sharing, worker
from finerweb.asking.spool import Spool, amount
from finerweb.asking.worker import Terms
from finerweb.collection import Collection
from finerweb.cost import UNLIMITED, Budget, Price, Tally
from finerweb.engines import Spec
from finerweb.errors import BudgetSpent, EngineFailed
from finerweb.lake import Lake
from finerweb.languages import Language
from finerweb.progress import Show
from finerweb.questions import Question
from finerweb.rows import slices
from finerweb.shipping import is_local
from finerweb.tables import completions


@dataclass(frozen=True)
class Requests:
    """A question to models about many subjects: `frame` has a row for each request, `budget` is what they may cost."""

    question: str
    models: Mapping[str, Spec]
    frame: DataFrame
    budget: Budget = UNLIMITED

    def to(self, model: str) -> "Requests":
        """Those to one model alone."""
        return replace(self, models={model: self.models[model]}, frame=self.frame.filter(self.frame["model"] == model))


def requests(
    subjects: DataFrame,
    *,
    question: str,
    models: Mapping[str, Spec],
    languages: Mapping[str, Language],
    budget: Budget = UNLIMITED,
) -> Requests:
    """What is asked of each model about each subject, a row with the columns that the question names.

    Nothing is sent.
    """
    module = questions.load(question)
    packed = completions.subjects(subjects, subject_id=module.SUBJECT_ID, payload=module.PAYLOAD, languages=languages)
    fingerprints = {model: spec.fingerprint for model, spec in models.items()}
    prompt = questions.fingerprint(question)
    frame = completions.requests(packed, question=question, prompt=prompt, engines=fingerprints)
    return Requests(question, models, frame, budget)


def answer_missing(lake: Lake, requests: Requests, *, how: Collection, tasks: int) -> None:
    """Ask what was never answered, and once more what was answered badly; `how.slice` answers are committed at once.

    An answer is in the spool from the moment it comes, and a run that died leaves it there for the next one. Raises
    EngineFailed, BudgetSpent, or SpoolFailed where another run asks the same question.
    """
    spool = spool_of(lake, how.spool, requests.question)
    spool.require_free()
    with spool.held("run"):
        spool.wait_for_drains()
        _adopt(lake, spool)
        for model, spec in requests.models.items():
            at_once = spec.settings.get("tasks", tasks)
            shared = Spec.from_options(
                spec.engine, {**spec.settings, "tasks": at_once}
            )  # of a limit a minute each keeps a share
            _Conversation(lake, spool, requests.to(model), model, shared, how, at_once).hold()


def answers(lake: Lake, requests: Requests) -> DataFrame:
    """The last answers to requests, of all that the table holds."""
    of_question = lake.read(completions.TABLE, where=f"question = '{requests.question}'", or_empty=True)
    return completions.last(of_question, requests.frame)


def spool_of(lake: Lake, spools: str, question: str) -> Spool:
    """Where answers to a question wait on their way to this lake; another lake under the same setting has its own."""
    return Spool(f"{spools}/{question}-{hashlib.sha256(lake.location.encode()).hexdigest()[:8]}")


@contextmanager
def paused(lake: Lake, spools: str, *, adopting: bool = True) -> Iterator[None]:
    """Nobody asks while this lasts, and no answer is left in a spool, unless it is not to be adopted.

    Raises SpoolFailed where somebody asks now.
    """
    with ExitStack() as holds:
        for question in questions.every():
            spool = spool_of(lake, spools, question)
            spool.require_free()
            holds.enter_context(spool.held("run"))
            spool.wait_for_drains()
            if adopting:
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


@dataclass
class _Conversation:
    """One model, asked one question about many subjects, by so many tasks at once."""

    lake: Lake
    spool: Spool
    requests: Requests
    model: str
    spec: Spec
    how: Collection
    tasks: int
    done: Tally = field(default_factory=Tally)
    total: int = 0

    def hold(self) -> None:
        """Ask until nothing is due any more; raises BudgetSpent where something is, and nothing is left to spend."""
        while True:
            due = self._due()
            waiting = due.count()
            if not waiting:
                return
            if not self.total:
                self._require_ready()
            self.total = self.done.answers + waiting
            gained = self._ask(due, waiting)
            if not gained.answers:
                raise self._spent(waiting)
            if gained.answers >= waiting and (not gained.again or self.how.again):
                return

    def _due(self) -> DataFrame:
        return completions.due(
            self.requests.frame,
            self.lake.peek(completions.TABLE),
            attempts=self.how.attempts,
            again=self.how.again,
            run=self.lake.log.run_id,
        )

    def _require_ready(self) -> None:
        """Fail before anything is spent, where that can be known."""
        if self.requests.budget.usd is not None and self.spec.price is None:
            raise EngineFailed(
                f"{self._question.BUDGET}.usd is set, but the price of model {self.model} is not known; state it in "
                f"USD per million tokens, models.{self.model}.price={{input: 0.15, output: 0.6}}, or per hour, "
                "{hour: 2.5}"
            )
        engines.check(self.spec)
        if not is_local(self.lake.spark):
            sharing.require_shared(self.lake.spark, self.spool, tasks=self.tasks)

    def _ask(self, due: DataFrame, waiting: int) -> Tally:
        """Ask once all that is due; fewer answers than requests mean that the budget is used up."""
        before = self.done
        for part in slices(due, key="request_id", rows=self.how.slice, total=waiting):
            with self.lake.progress.polled(self._show):
                try:
                    answers = worker.answer(part, terms=self._terms(), tasks=self.tasks)
                    self.lake.append(completions.TABLE, answers)
                except Exception:
                    _adopt(self.lake, self.spool)  # what came until then is paid for
                    raise
            objects = self.spool.objects()
            self.done = self.done.plus(amount(objects))
            self.spool.remove(objects)
        return self.done.less(before)

    def _terms(self) -> Terms:
        budget = self.requests.budget
        if budget.is_limited:
            budget = budget.less(self._cost()).share(self.tasks)
        return Terms(self.spec, self.spool.url, self.lake.log.run_id, budget, self._question.TOKENS_OUT)

    def _show(self, bar: Show) -> None:
        now = self.done.plus(amount(self.spool.objects()))
        problems = f" · {now.problems:,} with a problem" if now.problems else ""
        money = f" · ${now.usd:,.2f}" if self.spec.price not in (None, Price()) else ""
        bar(now.answers, self.total, f"answers of {self.model}", f"{now.tokens:,} tokens{money}{problems}", now.tokens)

    @property
    def _question(self) -> Question:
        return questions.load(self.requests.question)

    def _cost(self) -> Tally:
        """What all answers to the questions of this budget have cost, in this lake."""
        sharing = questions.of_budget(self._question.BUDGET)
        return completions.cost(self.lake.peek(completions.TABLE).filter(F.col("question").isin(sharing)))

    def _spent(self, waiting: int) -> BudgetSpent:
        budget, setting, cost = self.requests.budget, self._question.BUDGET, self._cost()
        sharing = " and ".join(f"`{question}`" for question in questions.of_budget(setting))
        limits = {"usd": budget.usd, "tokens": budget.tokens}
        stated = ", ".join(f"{setting}.{name}={limit}" for name, limit in limits.items() if limit is not None)
        left = budget.less(cost)
        if left.usd or left.tokens:
            stated += f" leaves each of {self.tasks} tasks less than a request takes (models.{self.model}.tasks)"
        return BudgetSpent(
            f"the budget is spent: {stated}; all answers to {sharing} so far cost ${cost.usd:,.4f} and "
            f"{cost.tokens:,} tokens, and {waiting:,} requests to {self.model} wait. Raise it and run again to go on, "
            f"or run the jobs after {self._question.JOB} one by one with what there is"
        )
