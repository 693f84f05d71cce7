"""Which settings decide whether a job runs again."""

import json
from typing import Any

import pytest

from finerweb import settings
from finerweb.running.watching import Watched, fingerprint

ODD = "gpt-4.1-mini"


def loaded(**models: dict[str, Any]) -> settings.Settings:
    return settings.load("conf/test.yml", [f"models={json.dumps({ODD: {'engine': 'fake'}, **models})}"])


def test_a_job_that_takes_a_model_depends_on_that_one_alone() -> None:
    read = set[str]()
    watched = Watched(loaded(), read)
    assert ("broad" in watched.models, "nobody" in watched.models) == (True, False)
    assert watched.models[ODD].engine == "fake"
    assert watched.train.rater == "broad"
    assert read == {"models[broad]", "models[nobody]", f"models[{ODD}]", "train.rater"}


def test_a_job_that_lists_models_depends_on_all() -> None:
    read = set[str]()
    models = Watched(loaded(), read).models
    assert ODD in list(models)
    assert len(models) > 2
    assert read == {"models"}


@pytest.mark.parametrize("path", ["models[broad]", f"models[{ODD}]", "models"])
@pytest.mark.parametrize(
    ("changed", "are_other"),
    [
        ({"third": {"engine": "fake"}}, {"models"}),
        ({"broad": {"engine": "lexicon", "profile": "broad", "tasks": 9, "price": {"hour": 3}}}, set()),
        ({"broad": {"engine": "lexicon", "profile": "strict"}}, {"models", "models[broad]"}),
        ({ODD: {"engine": "fake", "answers": {"ner": "[]"}}}, {"models", f"models[{ODD}]"}),
    ],
)
def test_only_what_shapes_the_answers_of_a_model_counts(
    path: str, changed: dict[str, Any], are_other: set[str]
) -> None:
    assert (fingerprint(loaded(), path) != fingerprint(loaded(**changed), path)) == (path in are_other)


def test_a_model_that_appears_is_another() -> None:
    assert fingerprint(loaded(), "models[third]") != fingerprint(loaded(third={"engine": "fake"}), "models[third]")
