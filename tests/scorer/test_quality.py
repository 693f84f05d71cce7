"""How good predictions are, by numbers that can be checked by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from finerweb.scorer import quality
from finerweb.scorer.targets import TARGETS, Thresholds, is_useful

BINARY, FOUR_CLASS = TARGETS["binary"], TARGETS["four_class"]


def rows(*cells: tuple[str, int, float]) -> pd.DataFrame:
    return pd.DataFrame(cells, columns=["language", "rating", "score"])


# Useful: two of six; said useful: the first, the second, none by exactly 0.5.
THAI = [("tha", 4, 0.9), ("tha", 1, 0.6), ("tha", 3, 0.4), ("tha", 2, 0.1), ("tha", 1, 0.2), ("tha", 2, 0.5)]
ENGLISH = [("eng", 4, 0.8), ("eng", 1, 0.3)]


def test_a_rating_of_three_is_useful() -> None:
    assert is_useful([1, 2, 3, 4]).tolist() == [False, False, True, True]


def test_the_table_has_all_together_their_mean_and_each_language() -> None:
    table = quality.table(rows(*THAI, *ENGLISH), BINARY, Thresholds(0.5)).set_index("language")
    assert table.index.tolist() == ["*", "mean", "eng", "tha"]
    thai = table.loc["tha"]
    # Useful: 1 of 2 said, 1 of 2 true; not useful: 3 of 4 said, 3 of 4 true.
    assert thai[["rows", "precision", "recall", "macro_f1", "useful_f1"]].tolist() == [6, 0.625, 0.625, 0.625, 0.625]
    assert thai["auc"] == pytest.approx(6 / 8)
    assert thai["useful"] == pytest.approx(1 / 3)
    assert table.loc["eng", ["macro_f1", "auc", "spearman"]].tolist() == pytest.approx([1, 1, 1])
    assert table.loc["mean", "macro_f1"] == pytest.approx((1 + 0.625) / 2)
    assert (table.loc["mean", "rows"], table.loc["*", "rows"]) == (8, 8)
    assert table.loc["*", "mse"] == pytest.approx((0.01 + 0.36 + 0.36 + 0.01 + 0.04 + 0.25 + 0.04 + 0.09) / 8)


def test_a_language_of_one_rating_has_no_auc_and_no_rank_correlation() -> None:
    table = quality.table(rows(("tha", 4, 0.9), ("tha", 4, 0.1)), BINARY, Thresholds(0.5)).set_index("language")
    assert math.isnan(table.loc["tha", "auc"])
    assert math.isnan(table.loc["tha", "spearman"])
    assert table.loc["tha", "useful_f1"] == pytest.approx(1 / 3), "not useful was said once, and never true"


def test_no_rows_are_no_languages() -> None:
    table = quality.table(rows(), BINARY, Thresholds(0.5))
    assert table["rows"].tolist() == [0, 0]
    assert table["macro_f1"].isna().all()


def test_four_classes_are_told_by_rounding() -> None:
    rated = rows(("tha", 1, 1.2), ("tha", 2, 2.4), ("tha", 3, 2.6), ("tha", 4, 3.4))
    assert quality.confusion(rated, FOUR_CLASS).tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0]]
    table = quality.table(rated, FOUR_CLASS, Thresholds(2.5)).set_index("language")
    assert table.loc["tha", "useful_f1"] == 1
    assert table.loc["tha", "macro_f1"] == pytest.approx((1 + 1 + 2 / 3 + 0) / 4)


def test_a_threshold_of_its_own_moves_the_classes_of_a_language() -> None:
    rated = rows(("tha", 3, 0.3), ("tha", 1, 0.1), ("eng", 3, 0.7), ("eng", 1, 0.3))
    table = quality.table(rated, BINARY, Thresholds(0.5, {"tha": 0.2})).set_index("language")
    assert table["macro_f1"].tolist() == [1, 1, 1, 1]
    assert table.loc[["eng", "tha"], "threshold"].tolist() == [0.5, 0.2]
    assert math.isnan(table.loc["*", "threshold"])


def test_calibration_takes_the_best_threshold_of_those_that_have_enough_of_both_kinds() -> None:
    thai = [("tha", rating, score) for rating, score in [(1, 0.1), (2, 0.2), (3, 0.3), (4, 0.4)] * 3]
    english = [("eng", rating, score) for rating, score in [(1, 0.5), (2, 0.6), (3, 0.8), (4, 0.9)] * 6]
    thresholds = quality.calibrate(rows(*thai, *english), BINARY, least=6)
    assert thresholds.by_language == pytest.approx({"tha": 0.25, "eng": 0.7})
    few = quality.calibrate(rows(*thai, *english), BINARY, least=7)
    assert few.by_language == pytest.approx({"eng": 0.7})
    assert few.threshold("tha") == few.threshold("khm") == few.everywhere == pytest.approx(0.7)


def test_of_equally_good_thresholds_the_nearest_to_the_targets_own_is_taken() -> None:
    thresholds = quality.calibrate(rows(("tha", 1, 0.1), ("tha", 4, 0.9)), BINARY, least=1)
    assert thresholds == Thresholds(0.5, {"tha": 0.5})


def test_nothing_can_be_calibrated_on_ratings_of_one_kind() -> None:
    assert quality.calibrate(rows(("tha", 3, 0.1), ("tha", 4, 0.9)), BINARY, least=1) == Thresholds(0.5)


def test_predictions_that_are_right_on_average_are_calibrated() -> None:
    scores, true = np.array([0.25] * 40 + [0.75] * 40), np.array(([0, 0, 0, 1] * 10) + ([1, 1, 1, 0] * 10), dtype=float)
    bins = quality.calibration(scores, true)
    assert (len(bins), bins["rows"].sum()) == (10, 80)
    assert bins["predicted"].tolist() == [0.25] * 5 + [0.75] * 5
    assert bins["true"].mean() == pytest.approx(0.5)
