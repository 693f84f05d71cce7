"""Token classification: real models, tiny; of one the output is known, the other has random weights."""

import math
from pathlib import Path

import classifiers
import pytest
import torch
from transformers import BertConfig, BertModel

from finerweb import plugins
from finerweb.errors import BadModel
from finerweb.taggers import Tag, Tagger, token_classification

WORDS = {"Ola": "B-PER", "Nord": "I-PER", "Oslo": "B-LOC", "City": "I-LOC", "in": "O", "Bonn": "B-LOC"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return classifiers.saved(tmp_path_factory.mktemp("words") / "words", WORDS)


@pytest.fixture(scope="module")
def tagger(folder: Path) -> Tagger:
    return token_classification.load(str(folder), names={"PER": "person", "LOC": "location"})


def spans(tags: list[Tag]) -> list[tuple[int, int, str]]:
    return [(tag.start, tag.end, tag.label) for tag in tags]


def test_it_is_found_by_its_file_and_names_what_it_is(tagger: Tagger) -> None:
    module = plugins.load("finerweb.taggers", "token_classification")
    assert {"names", "by", "revision", "threshold", "batch"} == module.OPTIONS
    assert (tagger.name, tagger.labels, tagger.threshold) == ("words", ("location", "person"), 0.0)


def test_words_in_a_row_are_an_entity_until_another_begins(tagger: Tagger) -> None:
    texts = ["👍🏽 Ola  Nord in Oslo City Bonn", "", "in", "Nord in Nord Oslo"]
    first, *others = tagger.tag(texts, ["person", "location"], least=0.0)
    assert spans(first) == [(3, 12, "person"), (16, 25, "location"), (26, 30, "location")]
    assert [spans(tags) for tags in others] == [
        [],
        [],
        [(0, 4, "person"), (8, 12, "person"), (13, 17, "location")],
    ]


def test_the_score_is_the_least_of_the_words_probability_of_the_label(tagger: Tagger) -> None:
    """Five tags; that of the word is e^4 times as likely as each other, and its label has one tag more."""
    total = math.exp(classifiers.SURE) + 4
    (tags,) = tagger.tag(["Ola Nord"], ["person"], least=0.0)
    assert tags[0].score == pytest.approx((math.exp(classifiers.SURE) + 1) / total, rel=1e-4)
    assert tagger.tag(["Ola Nord"], ["person"], least=0.99) == [[]]


def test_only_what_is_asked_for_is_given(tagger: Tagger) -> None:
    assert spans(tagger.tag(["Ola in Oslo"], ["location", "river"], least=0.0)[0]) == [(7, 11, "location")]


def test_a_long_text_is_read_whole_in_windows(tagger: Tagger) -> None:
    """Ten words a window; an entity that lies over the edge of one is whole."""
    for before in range(25):
        text = "in " * before + "Oslo City " + "in " * 20 + "Ola Nord"
        start, size = 3 * before, len(text)
        assert spans(tagger.tag([text], ["person", "location"], least=0.0)[0]) == [
            (start, start + 9, "location"),
            (size - 8, size, "person"),
        ]


def test_texts_alone_and_together_have_the_same_tags(tmp_path: Path) -> None:
    words = ["a", "b", "c", "d", "e", "f"]
    tagger = token_classification.load(str(classifiers.random(tmp_path, words)), batch=3)
    texts = [" ".join(words[(number + place * place) % 6] for place in range(number * 3)) for number in range(9)]
    together = tagger.tag(texts, ["A", "B"], least=0.0)
    alone = [tagger.tag([text], ["A", "B"], least=0.0)[0] for text in texts]
    assert [spans(tags) for tags in together] == [spans(tags) for tags in alone]
    assert {tag.label for tags in together for tag in tags} == {"A", "B"}
    for tags, others in zip(together, alone, strict=True):
        assert [tag.score for tag in tags] == pytest.approx([tag.score for tag in others], abs=1e-5)


def test_the_first_piece_speaks_for_a_word_or_each_for_itself(tmp_path: Path) -> None:
    place = str(classifiers.saved(tmp_path, {"x": "B-A", "y": "I-A", "z": "O"}, pieces=True))
    by_word, by_piece = (token_classification.load(place, by=by) for by in token_classification.UNITS)
    assert spans(by_word.tag(["xz zy xy"], ["A"], least=0.0)[0]) == [(0, 2, "A"), (6, 8, "A")]
    assert spans(by_piece.tag(["xz zy xy"], ["A"], least=0.0)[0]) == [(0, 1, "A"), (4, 5, "A"), (6, 8, "A")]
    assert by_word.edges("xz y") == {0, 2, 3, 4}  # type: ignore[attr-defined]
    assert by_piece.edges("xz y") == {0, 1, 2, 3, 4}  # type: ignore[attr-defined]


def test_a_label_may_be_left_out(folder: Path) -> None:
    tagger = token_classification.load(str(folder), names={"PER": None})
    assert tagger.labels == ("LOC",)
    assert spans(tagger.tag(["Ola in Oslo"], ["LOC", "PER"], least=0.0)[0]) == [(7, 11, "LOC")]


def test_what_is_no_model_for_token_classification_says_what_it_is(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(
        BadModel, match=r"^token_classification .*gone: found .*, wanted a model for token classif.*folder$"
    ):
        token_classification.load(str(tmp_path / "gone"))
    torch.manual_seed(0)
    config = BertConfig(vocab_size=4, hidden_size=4, num_hidden_layers=1, num_attention_heads=1, intermediate_size=4)
    BertModel(config).save_pretrained(tmp_path)
    with pytest.raises(
        BadModel, match="found BertModel, wanted a model for token classification with a fast tokenizer"
    ):
        token_classification.load(str(tmp_path))
    with pytest.raises(BadModel, match="found names for ORG, wanted names of its labels: LOC, PER$"):
        token_classification.load(str(folder), names={"ORG": "organization"})
    with pytest.raises(BadModel, match="found no label, wanted names of its labels: LOC, PER$"):
        token_classification.load(str(folder), names={"LOC": None, "PER": None})
    with pytest.raises(BadModel, match="by: found 'char', wanted word or piece$"):
        token_classification.load(str(folder), by="char")
