"""What anyone would try first to tell useful passages, before a regression on an encoder."""

import unicodedata
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from finerweb.scorer.targets import TARGETS, is_useful

BINARY, FOUR_CLASS = TARGETS["binary"], TARGETS["four_class"]

Scores = NDArray[np.floating[Any]]
Method = Callable[[pd.DataFrame, pd.DataFrame], tuple[Scores, Scores]]  # train, others -> binary, four-class scores


def majority(train: pd.DataFrame, others: pd.DataFrame) -> tuple[Scores, Scores]:
    """The more frequent class, whatever the passage."""
    common = float(np.bincount(train["rating"]).argmax())
    share = float(is_useful(train["rating"].to_numpy()).mean())
    return np.full(len(others), float(share > BINARY.threshold)), np.full(len(others), common)


def length(texts: pd.Series) -> Scores:
    """Characters and words."""
    return np.array([(len(text), len(text.split())) for text in texts], dtype=float)


def shape(texts: pd.Series) -> Scores:
    """The shares of capitals, of words that start with one, and of digits, beside the length."""

    def features(text: str) -> tuple[float, ...]:
        kinds = [unicodedata.category(character) for character in text]
        words = text.split()
        capital = sum(word[0].isupper() for word in words) / len(words)
        return kinds.count("Lu") / len(text), capital, kinds.count("Nd") / len(text), len(text), len(words)

    return np.array([features(text) for text in texts])


def linear(features: Callable[[pd.Series], Scores]) -> Method:
    """A linear regression on features of the text, for each target."""

    def method(train: pd.DataFrame, others: pd.DataFrame) -> tuple[Scores, Scores]:
        binary, four_class = (
            make_pipeline(StandardScaler(), Ridge())
            .fit(features(train["text"]), target.encode(train["rating"].to_numpy()))
            .predict(features(others["text"]))
            for target in (BINARY, FOUR_CLASS)
        )
        return binary, four_class

    return method


def n_grams(train: pd.DataFrame, others: pd.DataFrame) -> tuple[Scores, Scores]:
    """A linear regression on the frequencies of runs of one to four characters."""
    words = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), min_df=3, max_features=200_000, sublinear_tf=True)
    learned, new = words.fit_transform(train["text"]), words.transform(others["text"])
    binary, four_class = (
        Ridge().fit(learned, target.encode(train["rating"].to_numpy())).predict(new) for target in (BINARY, FOUR_CLASS)
    )
    return binary, four_class


METHODS: dict[str, Method] = {
    "more frequent class": majority,
    "length": linear(length),
    "capitals, digits, length": linear(shape),
    "character n-grams": n_grams,
}
