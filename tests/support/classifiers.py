"""A model for token classification whose output is known: it looks each word up, and sees nothing else."""

from collections.abc import Mapping
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast

SURE = 4.0  # how far the logit of a word's tag is above the others


def saved(folder: Path, words: Mapping[str, str], *, positions: int = 12, pieces: bool = False) -> Path:
    """Write a model that tags these words so, all others O, and reads so many positions at once.

    With `pieces` a word is cut into characters, each of which is looked up.
    """
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *words]
    numbers = {word: number for number, word in enumerate(vocabulary)}
    if pieces:
        subwords = numbers | {f"##{word}": len(vocabulary) + place for place, word in enumerate(words)}
        tokenizer = Tokenizer(models.WordPiece(subwords, unk_token="[UNK]"))
        vocabulary = list(subwords)
    else:
        tokenizer = Tokenizer(models.WordLevel(numbers, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", numbers["[CLS]"]), ("[SEP]", numbers["[SEP]"])]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=positions,
    )
    tags = ["O", *sorted(set(words.values()) - {"O"})]
    size = len(vocabulary)
    config = BertConfig(
        vocab_size=size,
        hidden_size=size + size % 2,
        num_hidden_layers=0,
        num_attention_heads=2,
        intermediate_size=4,
        max_position_embeddings=positions,
        id2label=dict(enumerate(tags)),
        label2id={tag: number for number, tag in enumerate(tags)},
    )
    model = BertForTokenClassification(config)
    with torch.no_grad():
        embeddings = model.bert.embeddings
        for weights in (embeddings.position_embeddings, embeddings.token_type_embeddings):
            weights.weight.zero_()
        embeddings.word_embeddings.weight.copy_(torch.eye(size, config.hidden_size))
        # What the norm makes of a one among zeros, so that the logit of a word's tag is SURE above the others.
        seen = embeddings.LayerNorm(torch.eye(size, config.hidden_size))
        low, height = seen[0, 1], seen[0, 0] - seen[0, 1]
        model.classifier.bias.zero_()
        model.classifier.weight.zero_()
        for number, word in enumerate(vocabulary):
            tag = words.get(word.removeprefix("##"), "O")
            model.classifier.weight[tags.index(tag), number] = SURE / height
            model.classifier.bias[tags.index(tag)] -= low * SURE / height
    model.save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


def random(folder: Path, words: list[str]) -> Path:
    """Write a model of one layer with random weights, the same each time."""
    saved(folder, dict.fromkeys(words, "B-A"))
    config = BertConfig.from_pretrained(folder)
    config.num_hidden_layers, config.hidden_size, config.intermediate_size = 1, 16, 16
    config.id2label = dict(enumerate(["O", "B-A", "I-A", "B-B", "I-B"]))
    torch.manual_seed(3)
    model = BertForTokenClassification(config)
    with torch.no_grad():
        model.classifier.weight.mul_(40)
    model.save_pretrained(folder)
    return folder
