"""What is still to be asked will take, as far as the lake can tell: by its own answers, or by a guess until there are.

Shared by `finerweb plan` and `finerweb preview`. Nothing is asked and nothing is written.
"""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from finerweb import estimating, questions
from finerweb.asking import conversation
from finerweb.asking.conversation import Requests
from finerweb.cost import Budget
from finerweb.engines import Spec
from finerweb.estimating import Answered, Estimate, Waiting
from finerweb.lake import Lake
from finerweb.rows import first
from finerweb.shipping import is_local
from finerweb.tables import completions, passages

CHARACTERS_A_TOKEN = 4  # of the instructions, which are English
TEMPLATE = 30  # tokens that a chat template and the payload's headings add
UNKNOWN = 0.25  # tokens a character of a language without passages, as English has

AT_MOST = 100  # answers of a language, the first by a hash: more of them tell little more, and come to the driver


def forecast(lake: Lake, requests: Requests, *, attempts: int) -> dict[str, Estimate]:
    """For each model what the requests that are due will take.

    Tokens are guessed on the real passages, by the scorer's tokenizer, and corrected by what the model's own answers to
    the question have had, where there are some. Raises WrongTable where there are no passages.
    """
    sized, answers = _sized(lake, requests), _answers(lake, requests.question)
    waiting: dict[str, list[Waiting]] = {model: [] for model in requests.models}
    due = completions.due(sized, answers, attempts=attempts, again=[], run="")
    # bounded: a row for each model and language
    for row in due.groupBy("model", "language").agg(F.count("*").alias("requests"), F.sum("guessed")).collect():
        waiting[row[0]].append(Waiting(*row[1:]))
    answered: dict[str, list[Answered]] = {model: [] for model in requests.models}
    for row in _sample(taken(answers, sized)).collect():  # bounded: `AT_MOST` answers for each model and language
        answered[row[0]].append(Answered(*row[1:]))
    tokens_out = questions.load(requests.question).TOKENS_OUT
    return {
        model: estimating.estimate(waiting[model], answered[model], price=spec.price, tokens_out=tokens_out)
        for model, spec in requests.models.items()
    }


def taken(answers: DataFrame, requests: DataFrame) -> DataFrame:
    """Each request that was answered, with its last `answer` and `problem`, and what all its attempts took together."""
    last = [F.max_by(name, "attempt").alias(name) for name in ("answer", "problem")]
    sums = [F.sum(name).alias(name) for name in ("tokens_in", "tokens_out", "seconds")]
    attempts = answers.groupBy("request_id").agg(*last, *sums, F.max("attempt").alias("attempts"))
    return requests.join(attempts, on="request_id", how="inner")


def answers_to(lake: Lake, requests: Requests) -> DataFrame:
    """The requests that were answered, as `taken` has them."""
    return taken(_answers(lake, requests.question), requests.frame)


def left(lake: Lake, requests: Requests) -> Budget:
    """What their budget leaves after all answers to the questions that share it."""
    if not requests.budget.is_limited or not lake.exists(completions.TABLE):
        return requests.budget
    return requests.budget.less(conversation.spent(lake, requests.question))


def engines(spark: SparkSession, spec: Spec, *, tasks: int) -> int:
    """How many engines work at once, as far as the settings tell: each task's own, or one that all tasks share.

    Of one that the tasks of a machine share there may be more, on more machines.
    """
    has_gpus = spec.settings.get("gpus") and not is_local(spark)
    is_shared = hasattr(spec.module, "place") and not has_gpus
    return 1 if is_shared else int(spec.settings.get("tasks", tasks))


def _answers(lake: Lake, question: str) -> DataFrame:
    if not lake.exists(completions.TABLE):
        return lake.spark.createDataFrame([], schema=completions.TABLE.schema)
    return lake.read(completions.TABLE).filter(F.col("question") == question)


def _sized(lake: Lake, requests: Requests) -> DataFrame:
    """The requests, with the tokens that each is `guessed` to have."""
    by_language = lake.read(passages.TABLE).groupBy("language")
    density = by_language.agg((F.sum("subwords") / F.sum(F.length("text"))).alias("density"))
    fixed = TEMPLATE + len(questions.load(requests.question).PROMPT) // CHARACTERS_A_TOKEN
    guessed = fixed + F.length("payload") * F.coalesce("density", F.lit(UNKNOWN))
    return requests.frame.join(density, on="language", how="left").withColumn("guessed", guessed)


def _sample(answered: DataFrame) -> DataFrame:
    """At most so many answers of a model in a language, the same ones each time, as `Answered` after the model."""
    return first(answered, AT_MOST, within=["model", "language"], key="request_id").select(
        "model", "language", "guessed", "tokens_in", "tokens_out", "seconds", F.col("problem").isNotNull()
    )
