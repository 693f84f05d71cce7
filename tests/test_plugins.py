"""Modules found by their file's name."""

import pytest

from finerweb import engines, plugins, questions, tables
from finerweb.engines import Spec
from finerweb.errors import UnknownName


def test_a_question_is_a_file() -> None:
    assert plugins.names("finerweb.questions") == ["judge", "label_english", "label_name", "ner", "usefulness"]


@pytest.mark.parametrize("name", plugins.names("finerweb.questions"))
def test_every_question_has_its_parts(name: str) -> None:
    module = plugins.load("finerweb.questions", name)
    assert isinstance(module.PROMPT, str)
    assert module.SCHEMA["additionalProperties"] is False
    assert callable(module.prompt)
    assert callable(module.parse)
    assert len(questions.fingerprint(name)) == 12


@pytest.mark.parametrize("name", plugins.names("finerweb.engines"))
def test_every_engine_can_be_loaded_by_its_spec(name: str) -> None:
    assert callable(plugins.load("finerweb.engines", name).load)
    assert Spec(name).fingerprint.startswith(f"{name}-")


def test_names_starting_with_an_underscore_are_no_plugins() -> None:
    assert "_label_names" not in plugins.names("finerweb.engines")


def test_every_table_is_called_as_its_file() -> None:
    assert [table.name for table in tables.every()] == plugins.names("finerweb.tables")


def test_every_metric_reads_tables_that_exist() -> None:
    read = {
        table for name in plugins.names("finerweb.metrics") for table in plugins.load("finerweb.metrics", name).READS
    }
    assert read <= set(plugins.names("finerweb.tables"))


def test_a_misspelt_name_is_an_error_that_lists_the_choices() -> None:
    with pytest.raises(UnknownName) as caught:
        plugins.load("finerweb.questions", "usefullness")
    wanted = "no finerweb.questions.usefullness; there are: judge, label_english, label_name, ner, usefulness. Did you mean 'usefulness'?"
    assert str(caught.value) == wanted


@pytest.mark.parametrize("name", ["👍🏽", "", "../ner", "__init__"])
def test_a_name_like_no_other_has_no_suggestion(name: str) -> None:
    with pytest.raises(UnknownName) as caught:
        plugins.load("finerweb.questions", name)
    assert str(caught.value).startswith(
        f"no finerweb.questions.{name}; there are: judge, label_english, label_name, ner, usefulness."
    )


def test_suggestion() -> None:
    assert plugins.suggestion("lexcon", ["fake", "lexicon"]) == " Did you mean 'lexicon'?"
    assert plugins.suggestion("vllm", ["fake", "lexicon"]) == ""


def test_an_engine_is_told_by_everything_that_shapes_its_answers() -> None:
    spec, same, other = (
        Spec.from_options("fake", options)
        for options in ({"a": 1, "b": "é👍🏽"}, {"b": "é👍🏽", "a": 1}, {"a": 2, "b": "é👍🏽"})
    )
    assert spec == same
    assert spec.options == '{"a": 1, "b": "é👍🏽"}'
    assert spec.settings == {"a": 1, "b": "é👍🏽"}
    assert len({spec.fingerprint, same.fingerprint, other.fingerprint, Spec("lexicon", spec.options).fingerprint}) == 3
    assert engines.load(spec) is engines.load(same)
