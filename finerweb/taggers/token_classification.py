"""Any token classification model of the Hub or a folder: its tags of tokens put together to entities.

Options
  names      raw label -> what it is called in natural English; null leaves it out, others stay as they are
  by         word: the first piece of a word says what the whole word is, as most models are trained; piece: each piece
             speaks for itself, for models of scripts without spaces
  revision   of the Hub's model
  threshold  from which score on a tag counts; the model's own decision, 0, if not set
  batch      windows that are read at once
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from finerweb.errors import BadModel
from finerweb.taggers import Tag, Tagger

OPTIONS = frozenset({"names", "by", "revision", "threshold", "batch"})
UNITS = ("word", "piece")
LONGEST = 512  # pieces of a window; fewer where the model reads fewer
SHARED = 0.25  # of a window, with the next: a piece is judged in the window where it is farther from the edge
PREFIX = re.compile(r"([BIESLU])[-_](.+)")


class Unit(NamedTuple):
    """A word or piece of the text: where it is, and the probability of every tag."""

    start: int
    end: int
    probabilities: NDArray[np.float32]


class Sign(NamedTuple):
    """A tag of the model: does it begin an entity, and the natural name of which label; empty for outside."""

    begins: bool
    label: str


class TokenClassifier:
    """A Tagger of fixed labels. The score of a tag is the least of its words' probabilities of its label."""

    def __init__(
        self,
        tokenizer: Any,
        model: Any,
        signs: Sequence[Sign],
        *,
        longest: int,
        name: str,
        threshold: float,
        by: str,
        batch: int,
    ) -> None:
        self.name, self.threshold = name, threshold
        self.labels = tuple(sorted({sign.label for sign in signs if sign.label}))
        self._tokenizer, self._model, self._signs = tokenizer, model, signs
        self._by, self._batch = by, batch
        self._size = min(LONGEST, longest, tokenizer.model_max_length)
        self._content = self._size - tokenizer.num_special_tokens_to_add()
        self._shared = int(self._content * SHARED)

    def tag(self, texts: Sequence[str], labels: Sequence[str], *, least: float) -> list[list[Tag]]:
        """The entities of each text, in order."""
        tags: list[list[Tag]] = [[] for _ in texts]
        by_length = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        for start in range(0, len(texts), self._batch):
            rows = [row for row in by_length[start : start + self._batch] if texts[row].strip()]
            if not rows:
                continue
            for row, units in zip(rows, self._units([texts[row] for row in rows]), strict=True):
                entities = self._entities(texts[row], units)
                tags[row] = [tag for tag in entities if tag.score >= least and tag.label in labels]
        return tags

    def edges(self, text: str) -> set[int]:
        """Where an entity can begin or end."""
        encoded = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        words = encoded.word_ids() if self._by == "word" else range(len(encoded["input_ids"]))
        return {edge for span in _places(text, encoded["offset_mapping"], words) for edge in span}

    def _units(self, texts: Sequence[str]) -> Iterator[list[Unit]]:
        encoded = self._tokenizer(
            list(texts),
            truncation=True,
            max_length=self._size,
            stride=self._shared,
            padding=True,
            return_offsets_mapping=True,
            return_overflowing_tokens=True,
            return_tensors="np",
        )
        probabilities = self._probabilities(encoded)
        by_text: list[list[int]] = [[] for _ in texts]
        for window, text in enumerate(encoded["overflow_to_sample_mapping"]):
            by_text[text].append(window)
        for text, windows in zip(texts, by_text, strict=True):
            yield list(self._joined(text, encoded, windows, probabilities))

    def _joined(
        self, text: str, encoded: Any, windows: Sequence[int], probabilities: NDArray[np.float32]
    ) -> Iterator[Unit]:
        """The words or pieces of a text, each out of the window that knows most of what is around it."""
        pieces: dict[int, tuple[int, int, int]] = {}  # number in the text -> distance from an edge, window, place
        for order, window in enumerate(windows):
            places = [place for place, word in enumerate(encoded.word_ids(window)) if word is not None]
            for number, place in enumerate(places):
                distance = min(number, len(places) - 1 - number)
                key = order * (self._content - self._shared) + number
                pieces[key] = max(pieces.get(key, (-1, 0, 0)), (distance, window, place))
        chosen = [pieces[key][1:] for key in sorted(pieces)]
        offsets = [encoded["offset_mapping"][window][place] for window, place in chosen]
        words = [
            encoded.word_ids(window)[place] if self._by == "word" else row for row, (window, place) in enumerate(chosen)
        ]
        firsts = [next(group)[0] for _, group in groupby(enumerate(words), key=lambda pair: pair[1])]
        for (start, end), first in zip(_places(text, offsets, words), firsts, strict=True):
            if start < end:
                yield Unit(start, end, probabilities[chosen[first]])

    def _probabilities(self, encoded: Any) -> NDArray[np.float32]:
        """`[windows, pieces, tags]`."""
        import torch

        parts = []
        names = [name for name in self._tokenizer.model_input_names if name in encoded]
        for start in range(0, len(encoded["input_ids"]), self._batch):
            inputs = {
                name: torch.from_numpy(np.asarray(encoded[name][start : start + self._batch], dtype=np.int64))
                for name in names
            }
            with torch.inference_mode():
                logits = self._model(**{name: value.to(self._model.device) for name, value in inputs.items()}).logits
            parts.append(torch.softmax(logits.float(), dim=-1).cpu().numpy())
        return np.concatenate(parts)

    def _entities(self, text: str, units: Sequence[Unit]) -> Iterator[Tag]:
        """Units of one label in a row are an entity, until a tag begins another."""
        opened: list[Unit] = []
        label = ""
        for unit in [*units, None]:
            sign = self._signs[int(unit.probabilities.argmax())] if unit else Sign(False, "")
            if opened and (sign.begins or sign.label != label):
                yield Tag(opened[0].start, opened[-1].end, label, self._score(opened, label))
                opened = []
            if unit and sign.label:
                label = sign.label
                opened.append(unit)

    def _score(self, units: Sequence[Unit], label: str) -> float:
        """An entity is right only where all of its words are."""
        columns = [number for number, sign in enumerate(self._signs) if sign.label == label]
        return float(min(min(1.0, unit.probabilities[columns].sum()) for unit in units))


def _places(text: str, offsets: Any, words: Any) -> Iterator[tuple[int, int]]:
    """Where each run of pieces of one word is, without white space around it."""
    for _, group in groupby(zip(words, offsets, strict=True), key=lambda pair: pair[0]):
        spans = [(int(start), int(end)) for _, (start, end) in group]
        start, end = min(start for start, _ in spans), max(end for _, end in spans)
        inside = text[start:end]
        yield start + len(inside) - len(inside.lstrip()), end - len(inside) + len(inside.rstrip())


def load(
    model: str,
    *,
    names: Mapping[str, str | None] | None = None,
    by: str = "word",
    revision: str | None = None,
    threshold: float = 0.0,
    batch: int = 16,
) -> Tagger:
    """The model of a folder or of the Hub; raises BadModel that says what it is instead."""
    if by not in UNITS:
        raise BadModel(f"token_classification {model}: by", found=repr(by), wanted=" or ".join(UNITS))
    from finerweb.encoders import device  # torch, where a model is used

    tokenizer, network = _fetched(model, revision)
    raw = [str(network.config.id2label[number]) for number in range(network.config.num_labels)]
    signs = [_sign(tag, names or {}) for tag in raw]
    unknown = sorted(set(names or {}) - {_label(tag) for tag in raw})
    if unknown or not any(sign.label for sign in signs):
        raise BadModel(
            f"token_classification {model}",
            found=f"names for {', '.join(unknown)}" if unknown else "no label",
            wanted=f"names of its labels: {', '.join(sorted({_label(tag) for tag in raw} - {''}))}",
        )
    name = f"{Path(model).name if Path(model).is_dir() else model}{f'@{revision}' if revision else ''}"
    return TokenClassifier(
        tokenizer,
        network.eval().to(device.device()),
        signs,
        longest=device.longest(network.config),
        name=name,
        threshold=threshold,
        by=by,
        batch=batch,
    )


def _fetched(model: str, revision: str | None) -> tuple[Any, Any]:
    from transformers import AutoConfig, AutoModelForTokenClassification, AutoTokenizer

    wanted, way_out = "a model for token classification with a fast tokenizer", "name another model or folder"
    try:
        config = AutoConfig.from_pretrained(model, revision=revision)
        kinds = config.architectures or ["no architecture"]
        if not kinds[0].endswith("ForTokenClassification"):  # its head would have random weights
            raise BadModel(f"token_classification {model}", found=kinds[0], wanted=wanted, way_out=way_out)
        tokenizer = AutoTokenizer.from_pretrained(model, revision=revision)
        network = AutoModelForTokenClassification.from_pretrained(model, revision=revision)
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise BadModel(f"token_classification {model}", found=reason, wanted=wanted, way_out=way_out) from None
    if not tokenizer.is_fast:
        raise BadModel(f"token_classification {model}", found="a slow tokenizer", wanted=wanted, way_out=way_out)
    return tokenizer, network


def _label(tag: str) -> str:
    match = PREFIX.fullmatch(tag)
    return match[2] if match else "" if tag == "O" else tag


def _sign(tag: str, names: Mapping[str, str | None]) -> Sign:
    match = PREFIX.fullmatch(tag)
    label = _label(tag)
    return Sign(bool(match and match[1] in "BSU"), (names.get(label, label) or "") if label else "")
