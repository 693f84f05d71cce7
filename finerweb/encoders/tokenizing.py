"""Tokenizers of `transformers` folders. Each is loaded once: XLM-R's takes five seconds, and it is needed often."""

import hashlib
import shutil
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

# What a tokenizer may be saved in; most have the first two.
FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "sentencepiece.bpe.model",
    "spm.model",
    "spiece.model",
    "tokenizer.model",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
)


@dataclass(frozen=True)
class _Content:
    """A folder, told by what its tokenizer's files hold."""

    digest: str
    folder: Path = field(compare=False)


def load(folder: Path) -> Any:
    """The tokenizer in a folder, or the one of the same content that this process has already."""
    digest = hashlib.sha256()
    for name in FILES:
        if (folder / name).is_file():
            digest.update(f"\n{name}\n".encode() + (folder / name).read_bytes())
    return _loaded(_Content(digest.hexdigest(), folder))


@lru_cache(maxsize=4)
def _loaded(content: _Content) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(content.folder)


def copy(source: Path, target: Path) -> None:
    """Put the tokenizer of one folder into another, file by file."""
    for name in FILES:
        if (source / name).is_file():
            shutil.copyfile(source / name, target / name)
