"""A student as MLflow serves it. MLflow keeps this file, and the package finerweb as it was, beside each model.

Where another finerweb is loaded already, that one reads the model; the model's card says whether it can.
"""

from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel


class EntityTagger(PythonModel):
    """A frame with a column `text` to a frame with a column `entities`: start, end, label, score and mention of each.

    Parameters: `labels`, which to look for (those of the model's configuration if there are none), and `threshold`
    (the model's own if it is below 0).
    """

    def load_context(self, context: Any) -> None:
        """Load the student; MLflow calls this once in each process that serves."""
        from finerweb.taggers.student import load

        self._tagger = load(context.artifacts["student"])
        self._labels: list[str] = context.model_config["labels"]

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """The entities of each text, in their order, of which no two share a character."""
        from finerweb.text.tags import entities

        labels = list((params or {}).get("labels", [])) or self._labels
        wanted = float((params or {}).get("threshold", -1.0))
        threshold = self._tagger.threshold if wanted < 0 else wanted
        texts = model_input["text"].tolist()
        tags = self._tagger.tag(texts, labels, least=threshold)
        rows = [entities(text, of_text, threshold) for text, of_text in zip(texts, tags, strict=True)]
        return pd.DataFrame({"entities": rows})


set_model(EntityTagger())
