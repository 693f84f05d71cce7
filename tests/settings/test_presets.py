"""The presets of conf: each is read as it stands, and its model rates and annotates."""

from pathlib import Path

import pytest

from finerweb import settings

ROOT = Path(__file__).parents[2]
PRESETS = {
    "openai": "api",
    "openai-batch": "api",
    "vllm": "own",
    "gliner": "gliner",
    "spacy": "spacy",
}  # -> the name of its model


@pytest.mark.parametrize(("preset", "model"), PRESETS.items())
def test_a_preset_is_read_and_its_model_rates_and_annotates(preset: str, model: str) -> None:
    chosen = settings.load(f"conf/{preset}.yml")
    assert (list(chosen.annotators), chosen.rate.raters, chosen.train.rater) == ([model], [model], model)
    assert chosen.models[model].fingerprint
    assert chosen.models[model].price is not None
    assert len((ROOT / "conf" / f"{preset}.yml").read_text(encoding="utf-8").splitlines()) <= 15
