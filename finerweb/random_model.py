"""A tiny language model with random weights, for trying the engines where there is no model: its answers are noise.

    python -m finerweb.random_model FOLDER
    python -m vllm.entrypoints.openai.api_server --model FOLDER

Two things are not drawn at random, so that a schema is answered in a few dozen tokens instead of thousands. One
dimension of every hidden state is the same constant, which makes a column of the output matrix a bias on tokens; and
the biases favour what ends a string or a list.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

VERSION = "1"  # raise it when a weight or a token would change
WIDTH = 64
CONTEXT = 8192  # a byte is a token: 256 words of Khmer are 4,000
DEVIATIONS = {"embed_tokens": 4.0, "q_proj": 1.0, "k_proj": 1.0, "lm_head": 1.0}  # of weights; the others': 0.25
CONSTANT = 80.0  # the dimension that is the same everywhere

SPACE = "\u0120"  # how byte-level tokenizers write it
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
# Pieces of the annotators' schemas, a token each. Text is read byte by byte; these can only be written.
PIECES = [
    *['{"entities": [{"mention": "', '", "type": "', '"}, {"mention": "', '"}]}'],
    *['{"justification": "', '", "score": ', '{"name": "', '"}', '{"explanation": "', '", "faithfulness": '],
    *[', "completeness": ', ', "missing": ["', '"], "extra": ["', '"], "wrong": ["', '"]}'],
]
END = 1.5
OTHER = -3.0
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def build(folder: Path) -> Path:
    """Write the model as a `transformers` folder, unless it is there; several processes may do so at once."""
    if (folder / "config.json").exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", suffix=".partial", dir=folder.parent))
    try:
        _write(partial)
        partial.rename(folder)
    except OSError:
        if not (folder / "config.json").exists():  # another process was quicker
            raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def _write(folder: Path) -> None:
    tokenizer = _tokenizer()
    tokenizer.save_pretrained(folder)
    _model(tokenizer).save_pretrained(folder)


def _tokenizer() -> Any:
    """Bytes, and a token for each of PIECES."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    pieces = [piece.replace(" ", SPACE) for piece in PIECES]
    vocabulary = {token: number for number, token in enumerate([*SPECIAL, *letters, *pieces])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    end, start, stop = SPECIAL
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=end,
        eos_token=stop,
        pad_token=end,
        additional_special_tokens=[start],
        model_max_length=CONTEXT,
    )
    fast.chat_template = TEMPLATE
    return fast


def _bias(token: str) -> float:
    """How much likelier a token is made; a logit's standard deviation is about 5."""
    if len(token) > 1:
        return OTHER if token in SPECIAL else END
    return 0.0 if token.isascii() and token.isalnum() else OTHER


def _model(tokenizer: Any) -> Any:
    """Two layers that mix what they read enough for the answer to depend on the passage."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    vocabulary = tokenizer.get_vocab()
    config = LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=WIDTH,
        intermediate_size=2 * WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=CONTEXT,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=False,
        dtype="float32",
    )
    model = LlamaForCausalLM(config).float().eval()
    chance = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, weights in model.named_parameters():
            if weights.dim() == 2:
                weights.normal_(0.0, DEVIATIONS.get(name.split(".")[-2], 0.25), generator=chance)
            if name.endswith(("o_proj.weight", "down_proj.weight")):
                weights[0] = 0.0  # nothing is ever added to the constant dimension
        model.model.embed_tokens.weight[:, 0] = CONSTANT
        for token, number in vocabulary.items():
            model.lm_head.weight[number, 0] = _bias(token)
    return model


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m finerweb.random_model FOLDER")
    print(os.fspath(build(Path(sys.argv[1]))))
