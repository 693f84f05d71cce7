"""A tokenizer is loaded once, wherever it is, and again where its files are others."""

import json
from pathlib import Path

from finerweb.encoders import tokenizing


def test_the_same_files_in_another_folder_are_the_same_tokenizer(signed_encoder: Path, tmp_path: Path) -> None:
    first = tokenizing.load(signed_encoder)
    (tmp_path / "config.json").write_bytes((signed_encoder / "config.json").read_bytes())
    tokenizing.copy(signed_encoder, tmp_path)
    assert tokenizing.load(tmp_path) is first
    path = tmp_path / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "model_max_length": 7}))
    other = tokenizing.load(tmp_path)
    assert other is not first
    assert (other.model_max_length, other("rich x")["input_ids"]) == (7, first("rich x")["input_ids"])
