"""gliner: trained in the order that it is given, loaded, asked; and what its words cannot say."""

from pathlib import Path

import pytest

from finerweb import engines
from finerweb.engines import Request, Spec
from finerweb.errors import BadModel
from finerweb.questions import ner
from finerweb.student.examples import Example
from finerweb.taggers import gliner
from finerweb.taggers._gliner import fitting
from finerweb.text.spans import Entity

TEXTS = ["rich x y", "", "👍🏽 x rich", "x " * 300 + "rich"]


@pytest.fixture(scope="module")
def model(signed_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, fitting.Fitted]:
    folder = tmp_path_factory.mktemp("gliner")
    examples = [
        Example("rich x y", "eng", (Entity(0, 4, "person"),)),
        Example("x poor", "eng", (Entity(2, 6, "place"), Entity(3, 6, "place"))),
        Example("y", "eng", ()),
        Example("x rich", "eng", (Entity(2, 6, "person"),)),
    ] * 5
    fitted = fitting.fit(
        examples,
        encoder=signed_encoder,
        folder=folder,
        steps=10,
        batch_size=2,
        learning_rate=1e-3,
        head_learning_rate=1e-3,
        negatives=[["place", "event"]] * len(examples),
    )
    return folder, fitted


def test_what_words_cannot_say_is_returned(model: tuple[Path, fitting.Fitted]) -> None:
    _, fitted = model
    assert fitted.unreachable == [Entity(3, 6, "place")] * 5
    assert fitted.seconds_per_step > 0


def test_every_word_of_any_text_can_be_a_tag(model: tuple[Path, fitting.Fitted]) -> None:
    tagger = gliner.load(str(model[0]), name="tiny")
    assert (tagger.name, tagger.labels, tagger.threshold) == ("tiny", (), 0.5)
    labels = [f"label {number}" for number in range(30)]
    tags = tagger.tag(TEXTS, labels, least=0.0)
    assert tags[1] == []
    for text, of_text in zip(TEXTS, tags, strict=True):
        words = {word for word in text.replace("👍🏽", " 👍🏽 ").split() if word}
        assert {text[tag.start : tag.end] for tag in of_text} >= words
        assert {tag.label for tag in of_text} == (set(labels) if words else set())
        assert len({(tag.start, tag.end, tag.label) for tag in of_text}) == len(of_text), "each once, in one window"
        assert of_text == sorted(of_text)
    assert max(tag.end for tag in tags[3]) == len(TEXTS[3]), "a long text is read whole"


def test_it_annotates_as_an_engine(model: tuple[Path, fitting.Fitted]) -> None:
    options = {"kind": "gliner", "model": str(model[0]), "labels": ["person", "place"], "threshold": 0.0}
    spec = Spec.from_options("student", options)
    engines.check(spec)
    payload = {"text": "rich x", "language": "English", "locale": "en"}
    request = Request("1", "ner", "eng", ner.PROMPT, ner.prompt(payload), ner.SCHEMA, payload)
    (answer,) = engines.load(spec).answers([request])
    assert answer.problem is None
    assert {named.mention for named in ner.parse(answer.text)} <= {"rich", "x", "rich x"}
    assert ner.parse(answer.text)


def test_a_folder_that_is_no_gliner_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadModel) as failed:
        gliner.load(str(tmp_path))
    assert str(failed.value) == (
        f"GLiNER {tmp_path}: found no gliner_config.json, wanted the folder of a GLiNER model. Name one, or another "
        "kind of tagger"
    )
