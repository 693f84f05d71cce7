"""The regression at work: batches by padded size, the order kept, what is too long, too large or no number."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from finerweb.errors import TooLarge
from finerweb.scorer import model_card
from finerweb.scorer.model_card import Card
from finerweb.scorer.scorer import Scorer
from finerweb.tables import scores

TEXTS = ["poor", "rich 👍🏽 x", "y x rich poor", "e\u0301te\u0301", "rich 👍🏽 x", "x"]


def save(encoder: Path, folder: Path, spoil: Callable[[Any], None] = lambda model: None) -> Path:
    """A model of two heads with random weights, and its card."""
    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_pretrained(encoder, num_labels=2, problem_type="regression")
    with torch.no_grad():
        model.classifier.weight.normal_()
        spoil(model)
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(encoder).save_pretrained(folder)
    model_card.write(folder, Card(("binary", "four_class"), 4, {"*": 0.5}, ""))
    return folder


@pytest.fixture(scope="module")
def folder(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tiny_encoder, tmp_path_factory.mktemp("scorer"))


def test_a_text_scores_the_same_whatever_stands_beside_it(folder: Path) -> None:
    values, lengths = Scorer(folder, tokens_per_batch=7).score(TEXTS)
    assert lengths.tolist() == [1, 3, 4, 1, 3, 1]
    for text, value in zip(TEXTS, values, strict=True):
        alone, _ = Scorer(folder, tokens_per_batch=None).score([text])
        assert value == pytest.approx(alone[0], abs=0.03)
    assert len({tuple(value) for value in values.tolist()}) == 5, "five different texts"


def test_nothing_to_score_is_no_score(folder: Path) -> None:
    values, lengths = Scorer(folder, tokens_per_batch=None).score([])
    assert (values.shape, lengths.tolist()) == ((0, 2), [])


def test_what_is_longer_than_the_encoder_reads_has_no_score_unless_it_may_be_cut(folder: Path) -> None:
    model = Scorer(folder, tokens_per_batch=None)
    texts = ["rich " * 5, "rich " * 4]
    values, lengths = model.score(texts)
    assert lengths.tolist() == [5, 4]
    assert np.isfinite(values).all(axis=1).tolist() == [False, True]
    cut, _ = model.score(texts, cut=True)
    assert cut[0] == pytest.approx(cut[1], abs=0.03)


def out_of_memory(model: Scorer, most: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Lets the model have memory for so many texts at once; returns the sizes of the batches that were tried."""
    tried: list[int] = []
    real = model._model

    def forward(**batch: Any) -> Any:
        tried.append(len(batch["input_ids"]))
        if tried[-1] > most:
            raise torch.OutOfMemoryError("no room")
        return real(**batch)

    monkeypatch.setattr(model, "_model", forward)
    return tried


def test_a_batch_that_does_not_fit_is_halved_until_it_does(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Scorer(folder, tokens_per_batch=None)
    values_before, _ = model.score(TEXTS)
    tried = out_of_memory(model, 2, monkeypatch)
    values, _ = model.score(TEXTS)
    assert tried == [6, 3, 1, 2, 3, 1, 2]
    assert values == pytest.approx(values_before, abs=0.03)


def test_one_passage_that_does_not_fit_is_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Scorer(folder, tokens_per_batch=None)
    out_of_memory(model, 0, monkeypatch)
    with pytest.raises(
        TooLarge, match=r"^no memory for one passage of 4 subwords on \w+; wanted room for at least one"
    ):
        model.score(TEXTS)


def test_another_failure_is_not_taken_for_one_of_memory(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Scorer(folder, tokens_per_batch=None)

    def fail(**batch: Any) -> Any:
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr(model, "_model", fail)
    with pytest.raises(RuntimeError, match="^shapes do not match"):
        model.score(TEXTS)


def test_a_passage_without_a_score_is_a_row_that_says_why(tiny_encoder: Path, tmp_path: Path) -> None:
    def spoil(model: Any) -> None:
        model.bert.embeddings.word_embeddings.weight[6] = float("nan")  # that of x

    batch = pd.DataFrame({"passage_id": ["a", "b", "c"], "language": "eng", "text": ["rich", "x", "rich " * 5]})
    place = str(save(tiny_encoder, tmp_path, spoil))
    (frame,) = scores._predict([batch], scorer="m/1", folder=place, tokens_per_batch=1)
    assert frame["problem"].tolist() == [None, "not_finite", "over_long"]
    assert frame["score"].isna().tolist() == [False, True, True]
    assert set(frame["scores"][0]) == {"binary", "four_class"}
    assert frame["score"][0] == frame["scores"][0]["binary"]
    assert frame["subwords"].tolist() == [1, 1, 5]
