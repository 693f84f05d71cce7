"""Fine-tuning: a tiny model trained for real, with one head or several, rare classes weighted or not."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from finerweb.encoders.pretrained import Encoder
from finerweb.errors import Diverged, TooFewRatings
from finerweb.scorer import fine_tuning, model_card
from finerweb.scorer.fine_tuning import Trained
from finerweb.scorer.model_card import Card
from finerweb.scorer.recipe import Recipe
from finerweb.scorer.scorer import Scorer
from finerweb.scorer.targets import USEFUL_FROM

MAX_SUBWORDS = 6
RECIPE = Recipe(
    encoder=Encoder("minilm"),  # not fetched here
    targets=["binary"],
    learning_rate=0.01,
    batch_size=4,
    epochs=8,
    patience=8,
    seeds=[0],
    frozen_layers=None,
    dropout=0.0,
    balance=False,
    calibrate=1,
)
ONCE = RECIPE.model_copy(update={"epochs": 1})


def rows(train: list[int], validation: list[int]) -> pd.DataFrame:
    ratings = [(rating, "train") for rating in train] + [(rating, "validation") for rating in validation]
    texts = ["rich 👍🏽 x" if rating >= USEFUL_FROM else "poor y" for rating, _ in ratings]
    return pd.DataFrame(
        {"text": texts, "rating": [rating for rating, _ in ratings], "split": [split for _, split in ratings]}
    )


def fine_tune(
    rated: pd.DataFrame,
    encoder: Path,
    folder: Path,
    recipe: Recipe = ONCE,
    on_step: Callable[[int, int], None] = lambda done, total: None,
) -> Trained:
    """Fine-tune, and write the card that a scorer reads."""
    trained = fine_tuning.fine_tune(
        rated, encoder, folder, recipe=recipe, max_subwords=MAX_SUBWORDS, seed=0, on_step=on_step
    )
    model_card.write(folder, Card(tuple(recipe.targets), MAX_SUBWORDS, {"*": recipe.heads[0].threshold}, ""))
    return trained


def score(folder: Path, texts: list[str]) -> np.ndarray:
    return Scorer(folder, tokens_per_batch=64).score(texts)[0]


def test_learns_what_is_useful(tiny_encoder: Path, tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    rated = rows([1, 2, 3, 4] * 8, [1, 4] * 4)
    rated.loc[0, "text"] = "poor " * 20
    trained = fine_tune(rated, tiny_encoder, tmp_path, RECIPE, on_step=lambda done, total: steps.append((done, total)))
    assert (trained.validation_f1, trained.truncated) == (1.0, 1 / 32)
    assert steps[-1] == (64, 64)
    assert any("eval_macro_f1" in point for point in trained.curves)
    scores = score(tmp_path, ["poor y", "rich 👍🏽 x", "rich x"])
    assert (scores[:, 0] > 0.5).tolist() == [False, True, True]


def test_each_target_has_a_head_on_its_own_scale(tiny_encoder: Path, tmp_path: Path) -> None:
    slow = ONCE.model_copy(update={"learning_rate": 0.003, "targets": ["four_class", "binary"]})
    fine_tune(rows([1, 1, 4, 4] * 90, [1, 4] * 4), tiny_encoder, tmp_path, slow)
    poor, rich = score(tmp_path, ["poor y", "rich 👍🏽 x"])
    assert poor == pytest.approx([1, 0], abs=0.5)
    assert rich == pytest.approx([4, 1], abs=0.5)


def test_a_rare_class_counts_as_much_where_balance_is_asked_for(tiny_encoder: Path, tmp_path: Path) -> None:
    # The same text is useful once in eight: its mean target is 1/8, and 1/2 where both kinds weigh the same.
    rated = rows(([1] * 7 + [4]) * 80, [1, 4]).assign(text="x y")
    for name, recipe in {"plain": ONCE, "balanced": ONCE.model_copy(update={"balance": True})}.items():
        fine_tune(rated, tiny_encoder, tmp_path / name, recipe)
    plain, balanced = (float(score(tmp_path / name, ["x y"])[0, 0]) for name in ("plain", "balanced"))
    assert plain < 0.3 < balanced


def test_a_weight_is_one_on_average() -> None:
    classes = np.array([0, 0, 0, 1])
    assert fine_tuning._weights(classes, balance=True).tolist() == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2])
    assert fine_tuning._weights(classes, balance=False).tolist() == [1, 1, 1, 1]


def test_frozen_layers_stay_as_they_are(tiny_encoder: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    fine_tune(rows([1, 4] * 4, [1, 4]), tiny_encoder, tmp_path, ONCE.model_copy(update={"frozen_layers": 1}))
    before, after = load_file(tiny_encoder / "model.safetensors"), load_file(tmp_path / "model.safetensors")
    frozen = [name for name in before if name.startswith(("embeddings.", "encoder.layer.0."))]
    assert len(frozen) > 10
    assert all(np.array_equal(before[name], after[f"bert.{name}"]) for name in frozen)


def test_the_same_seed_gives_the_same_model(tiny_encoder: Path, tmp_path: Path) -> None:
    rated = rows([1, 2, 3, 4] * 2, [1, 4])
    for name in ("first", "second"):
        fine_tune(rated, tiny_encoder, tmp_path / name)
    first, second = (score(tmp_path / name, ["rich x", "poor 👍🏽"]).tolist() for name in ("first", "second"))
    assert first == second


ONE_CLASS = [
    ([1, 2, 2], [1, 4], "table ratings, split train: found 3 ratings: [1, 2]; "),
    ([1, 4], [3, 4], "table ratings, split validation: found 2 ratings: [3, 4]; "),
    ([1, 4], [], "table ratings, split validation: found 0 ratings: none; "),
]


@pytest.mark.parametrize(("train", "validation", "text"), ONE_CLASS)
def test_one_class_cannot_be_learned_from(tmp_path: Path, train: list[int], validation: list[int], text: str) -> None:
    with pytest.raises(TooFewRatings, match="^table ratings") as caught:
        fine_tune(rows(train, validation), tmp_path, tmp_path)
    wanted = "wanted some below 3 and some not. Rate more passages (--set rate.per_language=N)"
    assert str(caught.value) == text + wanted


def test_a_model_that_diverged_is_none(tiny_encoder: Path, tmp_path: Path) -> None:
    wild = ONCE.model_copy(update={"learning_rate": 1e38, "epochs": 2})
    with pytest.raises(Diverged, match=r"^seed 0: .* no finite numbers; lower train.learning_rate .1e.38.$"):
        fine_tune(rows([1, 4] * 4, [1, 4]), tiny_encoder, tmp_path, wild)


SMALL = {"vocab_size": 8, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
ARCHITECTURES = {
    "xlm-roberta": SMALL | {"pad_token_id": 0, "max_position_embeddings": 64},
    "deberta-v2": SMALL | {"relative_attention": True, "pos_att_type": ["p2c", "c2p"], "position_buckets": 8},
    "modernbert": SMALL
    | {"pad_token_id": 0, "bos_token_id": 0, "eos_token_id": 0, "cls_token_id": 0, "sep_token_id": 0},
    "distilbert": {"vocab_size": 8, "dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 16, "pad_token_id": 0},
}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_any_encoder_can_be_trained_in_part_and_scores(architecture: str, tiny_encoder: Path, tmp_path: Path) -> None:
    from transformers import AutoConfig, AutoModel, AutoTokenizer

    folder = tmp_path / "encoder"
    AutoModel.from_config(AutoConfig.for_model(architecture, **ARCHITECTURES[architecture])).save_pretrained(folder)
    names = ["input_ids", "attention_mask"]
    AutoTokenizer.from_pretrained(tiny_encoder, model_input_names=names).save_pretrained(folder)
    part = ONCE.model_copy(update={"frozen_layers": 1, "dropout": 0.1})
    trained = fine_tune(rows([1, 4] * 4, [1, 4]), folder, tmp_path / "model", part)
    assert 0 <= trained.validation_f1 <= 1
    assert np.isfinite(score(tmp_path / "model", ["poor y", "rich x"])).all()
    assert not (tmp_path / "model" / "checkpoints").exists(), "the weights are there once"
