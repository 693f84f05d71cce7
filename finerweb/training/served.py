"""The regression as MLflow serves it. MLflow copies this file into the registry beside each model, and runs the copy.

It imports nothing of finerweb: a model that is registered today loads whatever becomes of our modules, and where
finerweb is not installed. It is for a few texts; score_passages has its own way for many.
"""

from typing import Any

import numpy as np
import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel

BATCH = 16  # texts


class PassageScorer(PythonModel):
    """A frame with a column `text` to a frame with a column for each target, on the target's own scale.

    The model's configuration has `scales`, target -> its lowest and its highest value, in the order of the heads, and
    `max_subwords`, how much of a text is read.
    """

    def load_context(self, context: Any) -> None:
        """Load encoder and tokenizer; MLflow calls this once in each process that serves."""
        import torch
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        folder = context.artifacts["encoder"]
        self._scales: dict[str, list[float]] = context.model_config["scales"]
        self._tokenizer = AutoTokenizer.from_pretrained(folder)
        self._cut = {"truncation": True, "max_length": context.model_config["max_subwords"]}
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        model: Any = AutoModelForSequenceClassification.from_pretrained(folder)
        self._model = model.float().eval().to(self._device)

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Scores of the texts, in their order."""
        texts = model_input["text"].tolist()
        low, high = np.array(list(self._scales.values()), dtype=np.float32).T
        outputs = [np.zeros((0, len(self._scales)), dtype=np.float32)]
        outputs += [self._outputs(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
        return pd.DataFrame(low + np.concatenate(outputs) * (high - low), columns=list(self._scales))

    def _outputs(self, texts: list[str]) -> Any:
        import torch

        with torch.inference_mode():
            batch = self._tokenizer(texts, padding=True, return_tensors="pt", **self._cut).to(self._device)
            return self._model(**batch).logits.cpu().numpy()


set_model(PassageScorer())
