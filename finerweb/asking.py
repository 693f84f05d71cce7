"""Put questions to models, so that an answer is paid for once."""

from collections.abc import Mapping, Sequence
from functools import partial

from pyspark.sql import DataFrame

from finerweb import annotators
from finerweb.engines import Spec
from finerweb.lake import Lake
from finerweb.tables import completions


def requests(subjects: DataFrame, *, question: str, models: Mapping[str, Spec]) -> DataFrame:
    """What is asked of each model about each subject."""
    engines = {name: spec.fingerprint for name, spec in models.items()}
    return completions.ask(subjects, question=question, prompt=annotators.fingerprint(question), engines=engines)


def answer_missing(lake: Lake, requested: DataFrame, *, models: Mapping[str, Spec], rows: int, tasks: int) -> None:
    """Ask what was never answered, `rows` requests at a time: each slice is committed before the next is sent."""
    for name, spec in models.items():
        missing = lake.missing(completions.TABLE, requested.filter(requested["annotator"] == name))
        answer = partial(completions.answer, spec=spec, tasks=tasks)
        lake.append_in_slices(
            completions.TABLE, missing, answer, key="request_id", rows=rows, unit=f"answers of {name}"
        )


def chosen(models: Mapping[str, Spec], names: Sequence[str]) -> dict[str, Spec]:
    """Some of the models, in the order of their names' list."""
    return {name: models[name] for name in names}


def answers(lake: Lake, requested: DataFrame, *, question: str) -> DataFrame:
    """The answers to requests, of all that the table holds."""
    return completions.answered(lake.read(completions.TABLE, where=f"question = '{question}'"), requested)
