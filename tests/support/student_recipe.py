"""How the tests train a student: on a tiny encoder, in seconds."""

from typing import Any

from finerweb.encoders.pretrained import Encoder
from finerweb.student.recipe import StudentRecipe

SETTINGS: dict[str, Any] = {
    "encoder": Encoder("folder"),
    "label_encoder": None,
    "label_prompt": "{}",
    "words": "icu",
    "letters": [],
    "window": 24,
    "overlap": 8,
    "width": 16,
    "cosine": True,
    "freeze_embeddings": False,
    "steps": 120,
    "batch_size": 4,
    "learning_rate": 0.003,
    "head_learning_rate": 0.01,
    "warmup": 0.1,
    "candidates": 10,
    "near": None,
    "names": {"english": 1.0},
    "language_exponent": 0.5,
    "empty": 1.0,
    "evaluate_every": 40,
    "patience": 9,
    "validation": 100,
    "calibrate": None,
    "checkpoint_every": 30,
    "seed": 0,
}
RECIPE = StudentRecipe(**SETTINGS)
