"""The regression's quality as figures, for MLflow."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray


def confusion(counts: NDArray[np.int64], classes: Sequence[str]) -> Figure:
    """A confusion matrix: rows the rating, columns the prediction."""
    figure = Figure(figsize=(1.6 + 0.9 * len(classes), 1.2 + 0.9 * len(classes)), layout="constrained")
    axes = figure.subplots()
    axes.imshow(counts, cmap="Blues")
    axes.set_xticks(range(len(classes)), list(classes))
    axes.set_yticks(range(len(classes)), list(classes))
    axes.set_xlabel("predicted")
    axes.set_ylabel("rated")
    for (row, column), count in np.ndenumerate(counts):
        dark = count > counts.max() / 2
        axes.text(column, row, f"{count:,}", ha="center", va="center", color="white" if dark else "black")
    return figure


def calibration(bins: pd.DataFrame, *, low: float, high: float) -> Figure:
    """Mean prediction and mean true value of bins (predicted, true, rows), beside the diagonal where they are one."""
    figure = Figure(figsize=(3.8, 3.6), layout="constrained")
    axes: Any = figure.subplots()
    axes.plot([low, high], [low, high], color="grey", linewidth=1)
    axes.plot(bins["predicted"], bins["true"], marker="o")
    axes.set_xlabel("mean prediction")
    axes.set_ylabel("mean true value")
    return figure
