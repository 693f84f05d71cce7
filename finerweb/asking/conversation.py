"""Put questions to models, so that an answer is paid for once."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb import engines, questions
from finerweb.asking import committing, holding, notes, proof, queue, worker
from finerweb.asking.committing import Committer
from finerweb.asking.exchange import Terms
from finerweb.asking.holding import Holder
from finerweb.asking.queue import Part
from finerweb.asking.spool import Spool
from finerweb.asking.worker import Report
from finerweb.collection import Collection
from finerweb.cost import UNLIMITED, Budget, Price, Tally
from finerweb.engines import Spec
from finerweb.errors import BudgetSpent, EngineFailed
from finerweb.lake import Lake
from finerweb.languages import Language
from finerweb.progress import Show
from finerweb.questions import Question
from finerweb.shipping import configured, is_local, tasks_beside
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
    """Ask what was never answered, and again what was answered badly.

    An answer is in the spool from the moment it comes, and in the table after `how.slice` others or a minute; a run
    that died leaves it in the spool for the next one. Raises EngineFailed, BudgetSpent, or SpoolFailed where another
    run asks the same question.
    """
    lake.create(completions.TABLE)
    with ExitStack() as turn:
        hold = _Turn(lake, spool_of(lake, how.spool, requests.question), requests.question, turn)
        if any(map(committing.is_left, hold.spool.names())):
            hold.take()
        for model, spec in requests.models.items():
            _Conversation(lake, hold, requests.to(model), model, spec, how, spec.settings.get("tasks", tasks)).go_on()


def answers(lake: Lake, requests: Requests) -> DataFrame:
    """The last answers to requests, of all that the table holds."""
    of_question = lake.read(completions.TABLE, where=f"question = '{requests.question}'", or_empty=True)
    return completions.last(of_question, requests.frame)


def spent(lake: Lake, question: str) -> Tally:
    """What all answers to the questions that share this one's budget have cost, in this lake."""
    sharing = questions.of_budget(questions.load(question).BUDGET)
    return completions.cost(lake.peek(completions.TABLE).filter(F.col("question").isin(sharing)))


def spool_of(lake: Lake, spools: str, question: str) -> Spool:
    """Where answers to a question wait on their way to this lake; another lake under the same setting has its own."""
    return Spool(f"{spools}/{question}-{hashlib.sha256(lake.location.encode()).hexdigest()[:8]}")


@contextmanager
def paused(lake: Lake, spools: str, *, adopting: bool = True) -> Iterator[None]:
    """Nobody asks while this lasts, and no answer is left in a spool, unless it is not to be adopted.

    Raises SpoolFailed where somebody asks now.
    """
    with ExitStack() as turns:
        for question in questions.every():
            _Turn(lake, spool_of(lake, spools, question), question, turns).take(adopting=adopting)
        yield


@dataclass
class _Turn:
    """A question that is held from the first moment at which something is to be asked."""

    lake: Lake
    spool: Spool
    question: str
    stack: ExitStack
    holder: Holder | None = None

    def take(self, *, adopting: bool = True, own: Sequence[Part] = ()) -> Holder:
        """Hold the question, and take what runs that died have left into the table; `own` parts stay."""
        if self.holder is None:
            # bounded: one row: who asks
            self.holder = self.stack.enter_context(holding.held(self.lake, self.spool, self.question))
            if adopting:
                committing.adopt(self.lake, self.holder, own={part.name.partition("/")[0] for part in own})
        return self.holder


@dataclass
class _Conversation:
    """One model, asked one question about many subjects, by so many tasks at once."""

    lake: Lake
    turn: _Turn
    requests: Requests
    model: str
    spec: Spec
    how: Collection
    tasks: int

    def go_on(self) -> None:
        """Ask until nothing is due any more; raises BudgetSpent where something is, and nothing is left to spend."""
        # What is answered is committed by a task beside those that ask.
        tasks, is_ready = tasks_beside(self.lake.spark, self.tasks), False
        while True:
            state = self.lake.state(completions.TABLE)  # before what is due is told from it
            with queue.written(self._due(), self.turn.spool, parts=tasks) as parts:
                if not parts:
                    return
                if not is_ready:
                    self._require_ready()
                    is_ready = True
                holder = self.turn.take(own=parts)
                if self.lake.state(completions.TABLE) != state:
                    continue  # others have asked meanwhile, or died
                gained, reports = self._ask(holder, parts)
            failures = [report.failure for report in reports if report.failure]
            left = sum(report.left for report in reports)
            if failures:
                raise EngineFailed(f"{failures[0]} ({len(failures)} of {len(reports)} tasks; {left:,} requests wait)")
            if not left:
                return
            holder.require_last()
            if not gained.answers and tasks == 1:
                raise self._spent(left)
            # What is left of the budget may be less than a request, dealt to many.
            tasks = tasks if gained.answers else max(1, tasks // 4)

    def _due(self) -> DataFrame:
        completed = self.lake.peek(completions.TABLE)
        how = self.how
        return completions.due(
            self.requests.frame, completed, attempts=how.attempts, again=how.again, run=self.lake.log.run_id
        )

    def _require_ready(self) -> None:
        """Fail before anything is spent, where that can be known."""
        proof.require_price(self.model, self.spec, self.requests.budget, setting=self._question.BUDGET)
        proof.require_no_speculation(self.lake.spark)
        engines.check(self.spec)
        if not is_local(self.lake.spark):
            proof.require_engine(self.lake.spark, self.spec)
            proof.require_shared(self.lake.spark, self.turn.spool, tasks=self.tasks)

    def _ask(self, holder: Holder, parts: Sequence[Part]) -> tuple[Tally, list[Report]]:
        """Ask once all that is due, in one stage; the answers are in the table then."""
        committer = Committer(self.lake, holder, rows=self.how.slice)
        total = sum(part.requests for part in parts)

        def show(bar: Show) -> None:
            now = committer.look()
            problems = f" · {now.problems:,} with a problem" if now.problems else ""
            money = f" · ${now.usd:,.2f}" if self.spec.price not in (None, Price()) else ""
            absence = f" · {holder.absence}" if holder.absence else ""
            cost = f"{now.tokens:,} tokens{money}{problems}{absence}"
            bar(now.answers, max(now.answers, total), f"answers of {self.model}", cost, now.tokens)

        with self.lake.progress.polled(show), committer.behind():
            reports = worker.ask(self.lake.spark, parts, terms=self._terms(holder, len(parts)))
        committing.clear(self.turn.spool, holder.token)
        notes.clear(self.lake, self.turn.spool, self.spec.fingerprint)
        return committer.amount, reports

    def _terms(self, holder: Holder, tasks: int) -> Terms:
        budget = self.requests.budget
        if budget.is_limited:
            budget = budget.less(spent(self.lake, self.requests.question)).share(tasks)
        return Terms(
            self.spec,
            self.turn.spool.url,
            holder.token,
            self.lake.log.run_id,
            budget,
            self._question.TOKENS_OUT,
            attempts=1 if self.how.again else self.how.attempts,
            tasks=tasks,
            tries=1 if is_local(self.lake.spark) else int(configured(self.lake.spark, "spark.task.maxFailures", "4")),
        )

    @property
    def _question(self) -> Question:
        return questions.load(self.requests.question)

    def _spent(self, waiting: int) -> BudgetSpent:
        budget, setting, cost = self.requests.budget, self._question.BUDGET, spent(self.lake, self.requests.question)
        sharing = " and ".join(f"`{question}`" for question in questions.of_budget(setting))
        limits = {"usd": budget.usd, "tokens": budget.tokens}
        stated = ", ".join(f"{setting}.{name}={limit}" for name, limit in limits.items() if limit is not None)
        left = budget.less(cost)
        if left.usd or left.tokens:
            stated += " leaves less than a request takes"
        return BudgetSpent(
            f"the budget is spent: {stated}; all answers to {sharing} so far cost ${cost.usd:,.4f} and "
            f"{cost.tokens:,} tokens, and {waiting:,} requests to {self.model} wait. Raise it and run again to go on, "
            f"or run the jobs after {self._question.JOB} one by one with what there is"
        )
