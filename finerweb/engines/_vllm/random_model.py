"""A tiny language model with random weights, for trying the engines where there is no model: its answers are noise.

    python -m finerweb.engines._vllm.random_model FOLDER
    python -m vllm.entrypoints.openai.api_server --model FOLDER

What is not drawn at random makes it answer any schema in a few dozen tokens instead of thousands: a letter is followed
by one of a later class or by the end of its string, so that strings are short and look like words; a head of attention
looks at the last few tokens, so that lists do not repeat themselves forever; common pieces of JSON are one token.
"""

import os
import shutil
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

VERSION = "2"  # raise it when a weight or a token would change
WIDTH = 64
HEADS = 2
CONTEXT = 8192  # a byte is a token: 256 words of Khmer are 4,000
# Standard deviations of weights; the others' is 0.4. So the last token, the passage and chance have a like say.
DEVIATIONS = {"embed_tokens": 4.0, "q_proj": 1.0, "k_proj": 1.0, "lm_head": 1.0}
NEAR = 0.1  # how much the first head prefers what is near

SPACE = "\u0120"  # how byte-level tokenizers write it
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
# Pieces of the annotators' schemas, a token each. Text is read byte by byte; these can only be written.
PIECES = [
    *['{"entities":[{"mention":"', '", "type":"', '"}, {"mention":"', '"}]}', '{"name":"'],
    *['{"justification":"', '", "score":', '{"explanation":"', '", "faithfulness":', ', "completeness":'],
    *[', "missing":["', '"], "extra":["', '"], "wrong":["', '"]}'],
]

# A letter is followed by one of a later class. Digits are of every script, and so stand in many passages.
CLASSES = ["bdfghkpvz", "aei", "clmnrst", "ouy", "0123456789"]
# Added to the output weights of the constant dimension; each 1 is worth about as much as chance.
DIGIT, PIECE, QUOTE, OTHER, NEVER = -0.3, -0.2, -4.5, -10.0, -20.0

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

    transformers: Any = import_module("transformers")  # whose classes are half typed

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    spaced = [piece.replace(" ", SPACE) for piece in PIECES]  # as xgrammar wants it; the next one will not
    pieces = dict.fromkeys([*spaced, *(piece.replace(SPACE, "") for piece in spaced)])
    vocabulary = {token: number for number, token in enumerate([*SPECIAL, *letters, *pieces])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    end, start, stop = SPECIAL
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=end,
        eos_token=stop,
        pad_token=end,
        additional_special_tokens=[start],
        model_max_length=CONTEXT,
    )
    fast.chat_template = TEMPLATE
    return fast


def _model(tokenizer: Any) -> Any:
    """Two layers. One head attends to the last few tokens, the other to whatever it happens to, in the passage too."""
    import torch

    transformers: Any = import_module("transformers")
    vocabulary = tokenizer.get_vocab()
    config = transformers.LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=WIDTH,
        intermediate_size=2 * WIDTH,
        num_hidden_layers=2,
        num_attention_heads=HEADS,
        num_key_value_heads=1,
        max_position_embeddings=CONTEXT,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=False,
        dtype="float32",
    )
    model = transformers.LlamaForCausalLM(config).float().eval()
    chance = torch.Generator().manual_seed(6)
    with torch.no_grad():
        for name, weights in model.named_parameters():
            if weights.dim() == 2:
                weights.normal_(0.0, DEVIATIONS.get(name.split(".")[-2], 0.4), generator=chance)
        # The first dimensions are no layer's business: a constant, and the class of the last token.
        fixed = 2 + len(CLASSES)
        for layer in model.model.layers:
            attention, mlp = layer.self_attn, layer.mlp
            for reader in (attention.q_proj, attention.k_proj, attention.v_proj, mlp.gate_proj, mlp.up_proj):
                reader.weight[:, :fixed] = 0.0
            for writer in (attention.o_proj, mlp.down_proj):
                writer.weight[:fixed] = 0.0
            fast = slice(0, WIDTH // HEADS // 4)  # what RoPE turns fastest: alike where positions are near
            attention.q_proj.weight[: WIDTH // HEADS] = 0.0
            attention.q_proj.weight[fast, 0] = NEAR
            attention.k_proj.weight[fast, 0] = 1.0
        embedding, output = model.model.embed_tokens.weight, model.lm_head.weight
        embedding[:, :fixed] = 0.0
        embedding[:, 0] = 80.0
        for token, number in vocabulary.items():
            output[number, :fixed] = torch.tensor(_wishes(token))
            if (own := _class(token)) is not None:
                embedding[number, 1 + own] = 40.0
    return model


def _class(token: str) -> int | None:
    """0 for what opens a string, 1 and more for the classes of letters, None for all else."""
    if len(token) > 1:
        return 0 if token.endswith('"') else None
    return next((number for number, letters in enumerate(CLASSES, 1) if token in letters), None)


def _wishes(token: str) -> list[float]:
    """How much a token is wanted: always, after what opens a string, after a letter of each class."""
    own = _class(token)
    is_end = token.startswith('"') or (len(token) > 1 and token not in SPECIAL)
    if is_end:
        always = PIECE if len(token) > 1 else QUOTE
    else:
        always = OTHER if not own else DIGIT if own == len(CLASSES) else 0.0
    after = [NEVER if own and own <= last else 0.0 for last in range(1, 1 + len(CLASSES))]
    return [always, NEVER if is_end else 0.0, *after]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m finerweb.engines._vllm.random_model FOLDER")
    print(os.fspath(build(Path(sys.argv[1]))))
