"""How large a model is, without loading it: its files, in a folder or as the Hub lists them."""

from collections.abc import Iterable
from pathlib import Path

PATIENCE = 10.0  # seconds that the Hub has to answer
KINDS = (".safetensors", ".bin", ".pt", ".gguf")  # the first of which there is any; the others say the same again


def of_folder(folder: Path) -> int | None:
    """Bytes of the weights in a transformers folder; None where there are none."""
    return _largest_kind((file.name, file.stat().st_size) for file in folder.iterdir() if file.is_file())


def of_hub(name: str, revision: str | None) -> int | None:
    """Bytes of a model's weights as the Hub lists them; None where it does not say, or cannot be reached."""
    from huggingface_hub import HfApi

    try:
        info = HfApi().model_info(name, revision=revision, files_metadata=True, timeout=PATIENCE)
    except Exception:  # of the network, of the Hub, of its settings: the size is not known, that is all
        return None
    return _largest_kind((file.rfilename, file.size or 0) for file in info.siblings or [])


def _largest_kind(files: Iterable[tuple[str, int]]) -> int | None:
    sizes = list(files)
    for kind in KINDS:
        if of_kind := [size for name, size in sizes if name.endswith(kind) and "/" not in name]:
            return sum(of_kind)
    return None
