"""A student's network: an encoder, and the head that compares its pieces with labels."""

from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoModel
from transformers.utils import logging as transformers_logging

from finerweb.encoders.device import device
from finerweb.errors import BadModel
from finerweb.student.batches import Signs
from finerweb.student.head import Head

HEAD = "head.safetensors"


class Network(nn.Module):
    """Texts and label vectors to logits."""

    def __init__(self, encoder: Any, head: Head) -> None:
        super().__init__()
        self.encoder, self.head = encoder, head

    def forward(self, ids: Tensor, mask: Tensor, vectors: Tensor) -> Tensor:
        """Logits `[windows, pieces, labels, roles]` of the pieces between the two signs of a window."""
        logits: Tensor = self.head(self.hidden(ids, mask), vectors)
        return logits

    def hidden(self, ids: Tensor, mask: Tensor) -> Tensor:
        """The last hidden states `[windows, pieces, dimensions]` of the pieces between the two signs."""
        states: Tensor = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        return states[:, 1:-1]


def pretrained(folder: Path) -> Any:
    """The encoder in a folder; raises BadModel for one without weights."""
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        return AutoModel.from_pretrained(folder).float()
    except OSError as error:
        raise BadModel(
            f"encoder {folder}",
            found=str(error).splitlines()[0],
            wanted="a transformers folder with config.json and weights",
            way_out="name another (--set student.encoder=...)",
        ) from error


def signs(tokenizer: Any) -> Signs:
    """What the encoder of a tokenizer wants around a text; raises BadModel where it has no such signs."""
    first, last, padding = (
        tokenizer.cls_token_id if tokenizer.cls_token_id is not None else tokenizer.bos_token_id,
        tokenizer.sep_token_id if tokenizer.sep_token_id is not None else tokenizer.eos_token_id,
        tokenizer.pad_token_id,
    )
    if None in (first, last, padding):
        raise BadModel(
            f"tokenizer {tokenizer.name_or_path}",
            found="no sign for the beginning, the end or the padding of a text",
            wanted="all three",
            way_out="name an encoder that has them, such as XLM-R, mDeBERTa or mmBERT",
        )
    return Signs(first, last, padding)


def save(network: Network, folder: Path) -> None:
    """Write encoder and head into a folder."""
    network.encoder.save_pretrained(folder)
    save_file({name: value.contiguous() for name, value in network.head.state_dict().items()}, folder / HEAD)


def load(folder: Path, *, label_size: int, width: int, cosine: bool) -> Network:
    """What `save` wrote, on this machine's device, ready to find entities."""
    encoder = pretrained(folder)
    head = Head(encoder.config.hidden_size, label_size, width=width, cosine=cosine)
    head.load_state_dict(load_file(folder / HEAD))
    return Network(encoder, head).to(device()).eval()
