"""For models that were registered before finerweb had folders: MLflow pickled `finerweb.tracking.PassageScorer`.

Nothing else imports it, and no model is pickled any more: see finerweb/training/served.py.
"""

from typing import Any

import pandas as pd
from mlflow.pyfunc.model import PythonModel

from finerweb.scorer import scorer


class PassageScorer(PythonModel):
    """The regression: a frame with a column `text` to a frame with a column for each target."""

    def load_context(self, context: Any) -> None:
        """Load the encoder."""
        self._scorer = scorer.load(context.artifacts["encoder"], None)

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Scores of the texts, of which only as much is read as the encoder takes."""
        values, _ = self._scorer.score(model_input["text"].tolist(), cut=True)
        return pd.DataFrame(values, columns=list(self._scorer.card.targets))
