"""A student learns, finds what it learned, is saved, loaded and asked for anything."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from student_recipe import RECIPE

from finerweb.errors import BadModel, Diverged, TooFewExamples, WrongModel
from finerweb.student import card as card_of_folder
from finerweb.student import fitting, student
from finerweb.student.examples import Example, Names
from finerweb.student.fitting import Data, Fitted
from finerweb.student.recipe import StudentRecipe
from finerweb.taggers import flat
from finerweb.taggers.student import load
from finerweb.text.spans import Entity

TEXTS = ("rich x y", "x poor y rich", "y x", "poor x", "x rich", "rich poor x x")


def example(text: str) -> Example:
    """`rich` is an x and `poor` a y, wherever they stand."""
    kinds = {"rich": "x", "poor": "y"}
    words = [(text.find(word), word) for word in kinds if word in text]
    return Example(text, "eng", tuple(Entity(start, start + len(word), kinds[word]) for start, word in words))


DATA = Data([example(text) for text in TEXTS], [example(text) for text in TEXTS])


def fit(encoder: Path, work: Path, recipe: StudentRecipe = RECIPE, data: Data = DATA) -> Fitted:
    return fitting.fit(
        data, encoder=encoder, label_encoder=encoder, recipe=recipe, checkpoints=work, on_step=lambda done, total: None
    )


@pytest.fixture(scope="module")
def fitted(signed_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Fitted:
    return fit(signed_encoder, tmp_path_factory.mktemp("checkpoints"))


def test_it_learns_what_it_is_shown(fitted: Fitted) -> None:
    assert fitted.choice.f1 == 1.0
    (tags,) = fitted.finder.tag(["y rich x poor"], ["x", "y"], least=0.3)
    assert [tag[:3] for tag in flat(tags, fitted.choice.threshold)] == [(2, 6, "x"), (9, 13, "y")]


def test_neither_order_nor_number_of_labels_changes_a_score(fitted: Fitted) -> None:
    (few,) = fitted.finder.tag(["x rich y"], ["x"], least=0.0)
    (many,) = fitted.finder.tag(["x rich y"], ["y", "rich", "x", "poor", "x y"], least=0.0)
    mine = [tag for tag in many if tag.label == "x"]
    assert [tag[:3] for tag in few] == [tag[:3] for tag in mine]
    assert [tag.score for tag in few] == pytest.approx([tag.score for tag in mine], abs=1e-5)


def test_a_long_text_is_read_whole(fitted: Fitted) -> None:
    text = " ".join(["x y rich y x"] * 40)
    (tags,) = fitted.finder.tag([text], ["x"], least=0.05)
    tagged = flat(tags, fitted.choice.threshold)
    assert [(tag.start, tag.end) for tag in tagged] == [(start, start + 4) for start in range(4, len(text), 13)]


def test_it_is_the_same_after_it_was_saved(fitted: Fitted, signed_encoder: Path, tmp_path: Path) -> None:
    card = student.card_of(fitted, DATA, RECIPE, facts={"variant": "merged-english-multi"})
    folder = tmp_path / "model"
    student.save(fitted.finder, card, folder, encoder=signed_encoder, label_encoder=signed_encoder)
    tagger = load(str(folder), name="m/1")
    assert (tagger.name, tagger.labels, tagger.threshold) == ("m/1", (), fitted.choice.threshold)
    assert card_of_folder.read(folder).labels == {"x": 4, "y": 3}
    texts = ["rich", "", "poor x rich", " \n"]
    before = fitted.finder.tag(texts, ["x", "y"], least=0.0)
    after = tagger.tag(texts, ["x", "y"], least=0.0)
    assert [[tag[:3] for tag in tags] for tags in after] == [[tag[:3] for tag in tags] for tags in before]
    assert [tag.score for tags in after for tag in tags] == pytest.approx(
        [tag.score for tags in before for tag in tags], abs=1e-5
    )
    assert after[1] == after[3] == []


def test_after_a_kill_it_goes_on_to_the_same_loss(signed_encoder: Path, tmp_path: Path) -> None:
    class Killed(Exception):
        pass

    def die(done: int, total: int) -> None:
        if done == 47:
            raise Killed

    whole = fit(signed_encoder, tmp_path / "whole")
    keywords: dict[str, Any] = {"encoder": signed_encoder, "label_encoder": signed_encoder, "recipe": RECIPE}
    with pytest.raises(Killed):
        fitting.fit(DATA, **keywords, checkpoints=tmp_path / "killed", on_step=die)
    steps: list[int] = []
    again = fitting.fit(DATA, **keywords, checkpoints=tmp_path / "killed", on_step=lambda done, _: steps.append(done))
    assert steps[0] == 31, "the checkpoint of step 30"
    assert again.curves == whole.curves
    assert not list((tmp_path / "killed").iterdir()), "a training that is done keeps no checkpoint"


def test_other_names_of_labels_are_learned_too(signed_encoder: Path, tmp_path: Path) -> None:
    names = Names(target={"x": {"eng": ["rich"]}, "y": {"eng": ["poor"]}}, written={"x": ["e\u0301te\u0301"]})
    recipe = RECIPE.model_copy(update={"names": {"english": 0.4, "target": 0.3, "written": 0.3}, "steps": 200})
    result = fit(signed_encoder, tmp_path, recipe, Data(DATA.train, DATA.validation, names))
    (tags,) = result.finder.tag(["x rich poor"], ["poor"], least=0.05)
    assert [tag[:3] for tag in flat(tags, result.choice.threshold)] == [(7, 11, "poor")]


def test_nothing_to_learn_is_said(signed_encoder: Path, tmp_path: Path) -> None:
    empty = [Example("x", "eng", ())]
    with pytest.raises(TooFewExamples) as failed:
        fit(signed_encoder, tmp_path, data=Data(DATA.train, empty))
    assert str(failed.value) == (
        "table examples, split validation: found 0 entities in 1 texts, wanted some. Annotate more passages "
        "(--set select.per_language=N), or name another variant (--set student.variant=...)"
    )


def test_a_loss_that_is_no_number_is_said(signed_encoder: Path, tmp_path: Path) -> None:
    with pytest.raises(Diverged, match=r"^student, step \d+: found a loss of nan, wanted a number. Lower student"):
        fit(signed_encoder, tmp_path, RECIPE.model_copy(update={"learning_rate": 1e30, "head_learning_rate": 1e30}))


def test_a_folder_that_is_no_student_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match=r"found no student\.json, wanted the folder of a student"):
        load(str(tmp_path))
    (tmp_path / card_of_folder.FILE).write_text('{"format": 99}')
    with pytest.raises(WrongModel, match="found format 99, wanted format 2, which this version of finerweb reads"):
        load(str(tmp_path))


def test_an_encoder_without_weights_is_said(signed_encoder: Path, tmp_path: Path) -> None:
    for file in signed_encoder.iterdir():
        if file.suffix == ".json":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    with pytest.raises(BadModel, match=r"wanted a transformers folder with config.json and weights"):
        fit(tmp_path, tmp_path / "checkpoints")


def test_a_folder_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    shape = {"label_prompt": "{}", "words": "icu", "letters": ["Hebr"], "size": 254, "overlap": 64, "width": 256}
    before = {"labels": {"x": 1}, "languages": {"eng": 1}, "threshold": 0.2, "facts": {}, "format": 1, **shape}
    (tmp_path / card_of_folder.FILE).write_text(json.dumps({**before, "cosine": True}))
    card = card_of_folder.read(tmp_path)
    assert card.shape == card_of_folder.Shape(**{**shape, "letters": ("Hebr",)}, cosine=True)
    assert (card.threshold, card.kind, card.format) == (0.2, "head", 2)


def test_a_script_may_have_a_threshold_of_its_own(signed_encoder: Path, tmp_path: Path) -> None:
    recipe = StudentRecipe(**{**RECIPE.model_dump(), "calibrate": 3})
    fitted = fit(signed_encoder, tmp_path / "fit", recipe)
    assert fitted.thresholds == {}, "the one that all have is not said again"
    folder = tmp_path / "model"
    card = replace(student.card_of(fitted, DATA, recipe, facts={}), threshold=0.5, thresholds={"Latn": 0.2})
    student.save(fitted.finder, card, folder, encoder=signed_encoder, label_encoder=signed_encoder)
    moved, plain = load(str(folder)), fitted.finder
    (of_latin,), (before,) = (each.tag(["x rich"], ["x"], least=0.0) for each in (moved, plain))
    assert [tag.score >= 0.5 for tag in of_latin] == [tag.score >= 0.2 for tag in before]
    assert max(tag.score for tag in of_latin) > max(tag.score for tag in before)
    (of_greek,), (before,) = (each.tag(["ω"], ["x"], least=0.0) for each in (moved, plain))
    assert [tag.score for tag in of_greek] == pytest.approx([tag.score for tag in before], abs=1e-5)
