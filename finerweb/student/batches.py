"""Texts as tensors: windows of pieces, what each piece is of each label, and what nobody knows."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from finerweb.student.examples import Example, Inventories
from finerweb.student.pieces import Cutter, Pieces, windows
from finerweb.text.spans import Span


class Signs(NamedTuple):
    """The ids that an encoder wants at the beginning and the end of a text, and where there is none."""

    first: int
    last: int
    padding: int


class Marked(NamedTuple):
    """An entity in a window: its pieces, and its label."""

    pieces: Span
    label: str


class Window(NamedTuple):
    """A part of an example: its pieces, the entities that are whole in it, and the pieces of which nothing is known."""

    example: Example
    pieces: Pieces
    entities: list[Marked]
    unknown: list[Span]


def of_example(example: Example, cutter: Cutter, *, size: int, overlap: int) -> Iterator[Window]:
    """The windows of an example. An entity that an edge of a window cuts is unknown there, and whole in another one,
    but for one that is longer than what windows share."""
    pieces = cutter.cut(example.text)
    entities = [(pieces.range(entity.span), entity.label) for entity in example.entities]
    disputed = [pieces.range(span) for span in example.disputed]
    for window in windows(len(pieces.ids), size=size, overlap=overlap):
        whole, cut = [], []
        for span, label in entities:
            if span is None or span.end <= window.start or window.end <= span.start:
                continue
            inside = Span(max(span.start, window.start) - window.start, min(span.end, window.end) - window.start)
            if inside.end - inside.start == span.end - span.start:
                whole.append(Marked(inside, label))
            else:
                cut.append(inside)
        unknown = [
            Span(max(span.start, window.start) - window.start, min(span.end, window.end) - window.start)
            for span in disputed
            if span is not None and span.start < window.end and window.start < span.end
        ]
        yield Window(example, pieces.part(window), whole, cut + unknown)


def inputs(ids: Sequence[NDArray[np.int64]], signs: Signs) -> tuple[Tensor, Tensor]:
    """The encoder's ids and attention mask, `[windows, pieces + 2]`, padded on the right."""
    longest = max(map(len, ids)) + 2
    rows = np.full((len(ids), longest), signs.padding, dtype=np.int64)
    mask = np.zeros((len(ids), longest), dtype=np.int64)
    for row, window in enumerate(ids):
        rows[row, : len(window) + 2] = [signs.first, *window, signs.last]
        mask[row, : len(window) + 2] = 1
    return torch.from_numpy(rows), torch.from_numpy(mask)


def targets(batch: Sequence[Window], labels: Sequence[str]) -> NDArray[np.float32]:
    """1 where a piece begins, ends or lies in an entity of a label: `[windows, pieces, labels, 3]`."""
    column = {label: number for number, label in enumerate(labels)}
    longest = max(len(window.pieces.ids) for window in batch)
    values = np.zeros((len(batch), longest, len(labels), 3), dtype=np.float32)
    for row, window in enumerate(batch):
        for (start, end), label in window.entities:
            values[row, start, column[label], 0] = 1
            values[row, end - 1, column[label], 1] = 1
            values[row, start:end, column[label], 2] = 1
    return values


def counts(
    batch: Sequence[Window],
    labels: Sequence[str],
    inventories: Inventories,
    near: Mapping[str, Collection[str]],
) -> NDArray[np.bool_]:
    """Which pieces and labels the loss counts: `[windows, pieces, labels]`.

    Left out are labels that a text's annotators did not look for, labels `near` to one that the text has, pieces that
    are a lone space or padding, and what is unknown, but for the labels that a piece has.
    """
    column = {label: number for number, label in enumerate(labels)}
    longest = max(len(window.pieces.ids) for window in batch)
    values = np.zeros((len(batch), longest, len(labels)), dtype=bool)
    for row, window in enumerate(batch):
        own = {entity.label for entity in window.example.entities}
        close = {other for label in own for other in near.get(label, ())} - own
        is_judged = [
            label in own or (inventories.has(window.example.inventory, label) and label not in close)
            for label in labels
        ]
        has_letters = window.pieces.ends > window.pieces.starts
        for span in window.unknown:
            has_letters[slice(*span)] = False
        values[row, : len(has_letters)] = has_letters[:, None] & np.array(is_judged)[None, :]
        for span, label in window.entities:
            values[row, slice(*span), column[label]] = True
    return values
