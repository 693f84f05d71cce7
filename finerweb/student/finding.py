"""From scores of pieces to scored entities of a text."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from finerweb.encoders.device import batches, device, has_bf16, is_out_of_memory
from finerweb.errors import TooLarge
from finerweb.student.batches import Signs, inputs
from finerweb.student.head import ROLES
from finerweb.student.label_vectors import LabelVectors
from finerweb.student.network import Network
from finerweb.student.pieces import Cutter, Pieces, own, windows
from finerweb.text.scripts import script
from finerweb.text.spans import Span
from finerweb.text.tags import Tag

# Padded pieces of a batch: a CPU is as fast with a few windows as with many, and pads less; a GPU wants many at once.
PIECES = {"cpu": 1024, "cuda": 32_768}
LABELS = 256  # that are scored at once: 32,768 pieces of them are 100 MB


class _Part(NamedTuple):
    """A window of a text: whose, its pieces, and at which of them an entity may begin to be taken from here.

    `shift` is added to its logits.
    """

    text: int
    pieces: Pieces
    own: Span
    shift: float


@dataclass(frozen=True)
class Finder:
    """A network with all that it needs to find entities in texts; `size` and `overlap` of windows are in pieces.

    `shifts` are added to the logits of texts in a script, so that one threshold serves for all scripts.
    """

    network: Network
    vectors: LabelVectors
    cutter: Cutter
    signs: Signs
    size: int
    overlap: int
    pieces_per_batch: int | None = None
    shifts: Mapping[str, float] = field(default_factory=dict)

    def tag(self, texts: Sequence[str], labels: Sequence[str], *, least: float) -> list[list[Tag]]:
        """For each text, in order, the spans that score at least `least` for a label, overlapping ones too.

        A span's score is the least of three: that its first piece begins an entity of the label, that its last one
        ends one, that all lie inside. Raises TooLarge where there is no room for a single window.
        """
        tags: list[list[Tag]] = [[] for _ in texts]
        parts = [part for number, text in enumerate(texts) for part in self._parts(number, text)]
        if not labels or not parts:
            return tags
        with torch.inference_mode():
            projected = self.network.head.project(self.vectors.of_names(labels))
            lengths = np.array([len(part.pieces.ids) + 2 for part in parts])
            for rows in batches(lengths, self.pieces_per_batch or PIECES[device().type]):
                for part, new in self._tag([parts[row] for row in rows], labels, projected, least):
                    tags[part.text].extend(new)
        return [sorted(of_text) for of_text in tags]

    def _parts(self, number: int, text: str) -> Iterator[_Part]:
        pieces = self.cutter.cut(text)
        spans = windows(len(pieces.ids), size=self.size, overlap=self.overlap)
        shift = self.shifts.get(script(text), 0.0) if self.shifts else 0.0
        for place, span in enumerate(spans):
            mine = own(place, spans)
            yield _Part(number, pieces.part(span), Span(mine.start - span.start, mine.end - span.start), shift)

    def _tag(
        self, parts: list[_Part], labels: Sequence[str], projected: Tensor, least: float
    ) -> Iterator[tuple[_Part, list[Tag]]]:
        try:
            hidden = self._hidden(parts)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            if len(parts) == 1:
                raise TooLarge(
                    f"no memory for one window of {len(parts[0].pieces.ids)} pieces on {device()}",
                    wanted="room for at least one",
                    way_out="give a task more memory (fewer tasks on a GPU), or train a smaller encoder",
                ) from error
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            half = len(parts) // 2
            for some in (parts[:half], parts[half:]):
                yield from self._tag(some, labels, projected, least)
            return
        shift = torch.tensor([part.shift for part in parts], device=hidden.device)[:, None, None, None]
        for start in range(0, len(labels), LABELS):
            names = labels[start : start + LABELS]
            scores = (self.network.head.scores(hidden, projected[start : start + LABELS]) + shift).sigmoid()
            # Most labels begin nowhere: only the others are looked at.
            active = torch.nonzero((scores[..., 0] >= least).flatten(0, 1).any(0)).flatten()
            values = scores[:, :, active].cpu().numpy()
            chosen = [names[column] for column in active.tolist()]
            for row, part in enumerate(parts):
                yield part, list(_tags(values[row, : len(part.pieces.ids)], part, chosen, least))

    def _hidden(self, parts: Sequence[_Part]) -> Tensor:
        ids, mask = inputs([part.pieces.ids for part in parts], self.signs)
        with torch.autocast(device().type, dtype=torch.bfloat16, enabled=has_bf16()):
            return self.network.hidden(ids.to(device()), mask.to(device()))


def _tags(scores: NDArray[np.float32], part: _Part, labels: Sequence[str], least: float) -> Iterator[Tag]:
    starts, ends = part.pieces.starts, part.pieces.ends
    for first, last, column, score in spans(scores, ends > starts, least):
        if part.own.start <= first < part.own.end:
            yield Tag(int(starts[first]), int(ends[last]), labels[column], score)


def spans(
    scores: NDArray[np.float32], is_edge: NDArray[np.bool_], least: float
) -> Iterator[tuple[int, int, int, float]]:
    """First piece, last piece, label and score of all spans whose three scores are at least `least`.

    `scores` are probabilities `[pieces, labels, roles]`; a piece that is no edge, a lone space, only lies inside.
    """
    assert scores.shape[-1] == ROLES
    begins = scores[:, :, 0] * is_edge[:, None]
    for first, column in np.argwhere(begins >= least).tolist():
        inside = np.where(is_edge[first:], scores[first:, column, 2], 1.0)
        outside = np.flatnonzero(inside < least)
        run = int(outside[0]) if len(outside) else len(inside)
        ending = scores[first : first + run, column, 1] * is_edge[first : first + run]
        lowest = np.minimum.accumulate(inside[:run])
        for place in np.flatnonzero(ending >= least).tolist():
            score = min(begins[first, column], ending[place], lowest[place])
            yield first, first + place, column, float(score)
