"""The regression: batches by padded size, quality by hand-made numbers, a tiny model trained for real."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from finerweb import scorer

LENGTHS = [[], [5], [5, 5, 5], [9, 1, 3, 3, 7, 512, 2], list(range(1, 200)), [0, 0, 4], [600, 600, 1]]


@pytest.mark.parametrize("tokens", [1, 16, 512, 4096])
@pytest.mark.parametrize("lengths", LENGTHS, ids=len)
def test_every_row_is_in_one_batch_of_at_most_so_many_padded_tokens(lengths: list[int], tokens: int) -> None:
    batches = [batch.tolist() for batch in scorer.batches(np.array(lengths, dtype=np.int64), tokens)]
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    for batch in batches:
        longest = max(lengths[row] for row in batch)
        assert len(batch) == 1 or len(batch) * longest <= tokens


def test_rows_of_like_length_are_together_the_longest_first() -> None:
    batches = [batch.tolist() for batch in scorer.batches(np.array([2, 9, 3, 9, 2]), 18)]
    assert batches == [[1, 3], [2, 0, 4]]


def test_quality_of_hand_made_numbers() -> None:
    predictions = np.array([0.9, 0.6, 0.4, 0.1, 0.2, 0.5])
    quality = scorer.evaluate(predictions, np.array([True, False, True, False, False, False]))
    # useful: 1 of 2 said, 1 of 2 true; not useful: 3 of 4 said, 3 of 4 true. 0.5 itself is not useful.
    assert quality.confusion.tolist() == [[3, 1], [1, 1]]
    assert (quality.rows, quality.precision, quality.recall, quality.macro_f1) == (6, 0.625, 0.625, 0.625)
    assert quality.auc == pytest.approx(6 / 8)


def test_quality_of_one_class_has_no_auc() -> None:
    quality = scorer.evaluate(np.array([0.9, 0.1]), np.array([1.0, 1.0]))
    assert quality.confusion.tolist() == [[0, 0], [1, 1]]
    assert (quality.precision, quality.recall, quality.macro_f1) == (0.5, 0.25, pytest.approx(1 / 3))
    assert math.isnan(quality.auc)


def test_a_rating_of_three_is_useful() -> None:
    assert scorer.is_useful(pd.Series([1, 2, 3, 4])).tolist() == [False, False, True, True]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of one narrow layer that reads eight words."""
    folder = tmp_path_factory.mktemp("tiny")
    words = ["[PAD]", "[UNK]", "rich", "poor", "👍🏽", "e\u0301te\u0301", "x", "y"]
    tokenizer = Tokenizer(models.WordLevel({word: at for at, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]").save_pretrained(folder)
    config = BertConfig(vocab_size=8, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16)
    BertModel(config).save_pretrained(folder)
    return folder


HOW: dict[str, Any] = {
    "learning_rate": 0.01,
    "batch_size": 4,
    "epochs": 8,
    "patience": 8,
    "seed": 0,
    "max_subwords": 6,
    "frozen_layers": None,
    "dropout": 0.0,
}


def rows(train: list[int], validation: list[int]) -> pd.DataFrame:
    found = [(rating, "train") for rating in train] + [(rating, "validation") for rating in validation]
    texts = ["rich 👍🏽 x" if rating >= scorer.USEFUL_FROM else "poor y" for rating, _ in found]
    return pd.DataFrame({"text": texts, "rating": [r for r, _ in found], "split": [s for _, s in found]})


def test_learns_what_is_useful_and_scores_in_order(tiny: Path, tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    given = rows([1, 2, 3, 4] * 8, [1, 4] * 4)
    given.loc[0, "text"] = "poor " * 20
    trained = scorer.train(given, tiny, tmp_path, **HOW, on_step=lambda done, total: steps.append((done, total)))
    assert (trained.folder, trained.truncated) == (tmp_path, 1 / 32)
    assert steps[-1] == (64, 64)
    assert any("eval_macro_f1" in point for point in trained.curves)
    model = scorer.Scorer(tmp_path, max_subwords=6, tokens_per_batch=7)
    scores, lengths = model.score(["poor y", "rich 👍🏽 x", "poor " * 20, "rich 👍🏽 x"])
    assert (scores > 0.5).tolist() == [False, True, False, True]
    assert lengths.tolist() == [2, 3, 6, 3]
    alone, _ = model.score(["rich 👍🏽 x"])
    assert scores[1] == scores[3]
    assert alone[0] == pytest.approx(scores[1], abs=0.02)


def test_nothing_to_score_is_no_score(tiny: Path, tmp_path: Path) -> None:
    scorer.train(rows([1, 4] * 4, [1, 4]), tiny, tmp_path, **{**HOW, "epochs": 1}, on_step=lambda done, total: None)
    scores, lengths = scorer.Scorer(tmp_path, max_subwords=6, tokens_per_batch=64).score([])
    assert (scores.tolist(), lengths.tolist()) == ([], [])


def test_frozen_layers_stay_as_they_are(tiny: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    how = {**HOW, "frozen_layers": 1, "epochs": 1}
    scorer.train(rows([1, 4] * 4, [1, 4]), tiny, tmp_path, **how, on_step=lambda done, total: None)
    before, after = load_file(tiny / "model.safetensors"), load_file(tmp_path / "model.safetensors")
    frozen = [name for name in before if name.startswith(("embeddings.", "encoder.layer.0."))]
    assert len(frozen) > 10
    assert all(np.array_equal(before[name], after[f"bert.{name}"]) for name in frozen)


def test_the_same_seed_gives_the_same_model(tiny: Path, tmp_path: Path) -> None:
    given = rows([1, 2, 3, 4] * 2, [1, 4])
    scores = []
    for name in ("one", "other"):
        scorer.train(given, tiny, tmp_path / name, **{**HOW, "epochs": 1}, on_step=lambda done, total: None)
        found, _ = scorer.Scorer(tmp_path / name, max_subwords=6, tokens_per_batch=64).score(["rich x", "poor 👍🏽"])
        scores.append(found.tolist())
    assert scores[0] == scores[1]


ONE_CLASS = [
    ([1, 2, 2], [1, 4], "table ratings, split train: found 3 ratings: [1, 2]; "),
    ([1, 4], [3, 4], "table ratings, split validation: found 2 ratings: [3, 4]; "),
    ([1, 4], [], "table ratings, split validation: found 0 ratings: none; "),
]


@pytest.mark.parametrize(("train", "validation", "found"), ONE_CLASS)
def test_one_class_cannot_be_learned_from(tmp_path: Path, train: list[int], validation: list[int], found: str) -> None:
    with pytest.raises(ValueError, match="^table ratings") as caught:
        scorer.train(rows(train, validation), tmp_path, tmp_path, **HOW, on_step=lambda done, total: None)
    wanted = "wanted some below 3 and some not. Rate more passages (--set rate.per_language=N)"
    assert str(caught.value) == found + wanted
