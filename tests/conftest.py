"""One Spark session for all tests, and the folder of real data where it is there."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from finerweb import settings
from finerweb.lake import Lake
from finerweb.running import session
from finerweb.settings import Settings

ROOT = Path(__file__).parent.parent
SHARED = Path(os.environ.get("FINERWEB_SHARED", ROOT.parent / "shared"))


@pytest.fixture(scope="session")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings of the tests, in a work folder of their own."""
    return settings.load("conf/test.yml", [f"work={tmp_path_factory.mktemp('work')}"])


@pytest.fixture(scope="session")
def spark(chosen: Settings) -> Iterator[SparkSession]:
    """A real session with Delta."""
    own, _ = session.session(chosen)
    yield own
    own.stop()


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> Lake:
    """An empty lake."""
    return Lake(spark, str(tmp_path / "lake"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real documents and human annotation; tests that need them are skipped where they are missing."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"no real data at {SHARED}/data (set FINERWEB_SHARED)")
    return SHARED


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of one narrow layer that reads eight words."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("tiny")
    words = ["[PAD]", "[UNK]", "rich", "poor", "👍🏽", "e\u0301te\u0301", "x", "y"]
    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]").save_pretrained(folder)
    config = BertConfig(vocab_size=8, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16)
    torch.manual_seed(0)  # or else each session trains another model
    BertModel(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def signed_encoder(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny encoder, with signs for the beginning and the end of a text."""
    from transformers import AutoModel, AutoTokenizer

    folder = tmp_path_factory.mktemp("signed")
    tokenizer = AutoTokenizer.from_pretrained(tiny_encoder)
    tokenizer.add_special_tokens({"cls_token": "[CLS]", "sep_token": "[SEP]"})
    model = AutoModel.from_pretrained(tiny_encoder)
    model.resize_token_embeddings(len(tokenizer))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
