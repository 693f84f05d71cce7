"""What a student adds to its encoder: how well each piece of a text begins, ends or lies in an entity of each label.

Pieces and labels are projected into one space, once for each of the three roles; the score of a piece for a label is
the cosine of the two, scaled, plus a bias. A label's vector comes from a frozen encoder alone, so that neither the
order nor the number of other labels changes a score.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

ROLES = 3  # begins, ends, lies inside
BIAS = -3.0  # most pieces are no part of an entity: a probability of 5 % before anything is learned
SCALE = 2.5  # log of the cosine's factor: 12, which reaches both ends of the sigmoid
LABEL_NORM = 0.5  # of a label's vector, for each square root of a dimension


def _projection(inputs: int, width: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, width), nn.GELU(), nn.Linear(width, ROLES * width))


class Head(nn.Module):
    """Scores of pieces for labels. `center` is the mean of label vectors: what all labels share tells none apart."""

    center: Tensor

    def __init__(self, hidden: int, label_hidden: int, *, width: int, cosine: bool) -> None:
        super().__init__()
        self._width, self._cosine = width, cosine
        self.pieces = _projection(hidden, width)
        self.labels = _projection(label_hidden, width)
        self.bias = nn.Parameter(torch.full((ROLES,), BIAS))
        self.scale = nn.Parameter(torch.tensor(SCALE if cosine else 0.0))
        self.register_buffer("center", torch.zeros(label_hidden))

    def centred(self, vectors: Tensor) -> Tensor:
        """Label vectors `[labels, dimensions]`, less what they share, all of one length."""
        unit: Tensor = functional.normalize(vectors - self.center, dim=-1)
        return unit

    def forward(self, hidden: Tensor, vectors: Tensor) -> Tensor:
        """Logits `[texts, pieces, labels, roles]` of hidden states `[texts, pieces, dimensions]` and label vectors."""
        return self.scores(hidden, self.project(vectors))

    def project(self, vectors: Tensor) -> Tensor:
        """Label vectors in the common space, `[labels, roles, width]`."""
        labels: Tensor = self.labels(self.centred(vectors) * LABEL_NORM * vectors.shape[-1] ** 0.5)
        roles: Tensor = labels.unflatten(-1, (ROLES, self._width))
        return roles

    def scores(self, hidden: Tensor, labels: Tensor) -> Tensor:
        """The logits, of labels that are projected already."""
        pieces = self.pieces(hidden).unflatten(-1, (ROLES, self._width)).float()
        labels = labels.float()
        if self._cosine:
            pieces, labels = functional.normalize(pieces, dim=-1), functional.normalize(labels, dim=-1)
        else:
            pieces = pieces / self._width**0.5
        products = torch.einsum("tprd,lrd->tplr", pieces, labels)
        return products * self.scale.exp() + self.bias


def loss(logits: Tensor, targets: Tensor, counts: Tensor) -> Tensor:
    """Binary cross-entropy of the pieces and labels that count, for each entity in the batch rather than each piece.

    `counts` `[texts, pieces, labels]` is false where nobody knows. A batch without entities counts as one of a few: 8.
    """
    each = functional.binary_cross_entropy_with_logits(logits.float(), targets, reduction="none")
    total: Tensor = (each * counts.unsqueeze(-1)).sum() / (targets.sum() / ROLES + 8)
    return total


def parameters(module: nn.Module) -> dict[str, Any]:
    """The state that training changes, by name: frozen embeddings are not in it."""
    frozen = {name for name, value in module.named_parameters() if not value.requires_grad}
    return {name: value for name, value in module.state_dict().items() if name not in frozen}
