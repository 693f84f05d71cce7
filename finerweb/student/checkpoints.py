"""What a training needs to go on: weights, optimizer, curves and the best state so far, in one file on this machine."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from finerweb.student import head
from finerweb.student.recipe import StudentRecipe
from finerweb.student.validation import Choice

NOTHING_YET = Choice(0.5, -1.0)
LOGGED = 10  # steps that a point of the curve is the mean of


class Training(Protocol):
    """What changes with each step."""

    @property
    def network(self) -> torch.nn.Module:
        """Weights."""
        ...

    @property
    def optimizer(self) -> torch.optim.Optimizer:
        """What it keeps of the gradients of before."""
        ...

    @property
    def schedule(self) -> torch.optim.lr_scheduler.LRScheduler:
        """How fast it learns."""
        ...


@dataclass
class Progress:
    """How far a training is."""

    next_step: int = 0
    curves: list[dict[str, float]] = field(default_factory=list)
    best: Choice = NOTHING_YET
    best_step: int = 0
    best_state: dict[str, Tensor] = field(default_factory=dict)
    without_gain: int = 0  # evaluations since the best one
    recent: list[float] = field(default_factory=list)

    def log(self, value: float) -> None:
        """A step with this loss is done."""
        self.next_step += 1
        self.recent.append(value)
        if len(self.recent) == LOGGED:
            self.curves.append({"step": float(self.next_step), "loss": sum(self.recent) / LOGGED})
            self.recent = []

    def judge(self, choice: Choice, state: dict[str, Any]) -> None:
        """Keep the state where it is better than any before."""
        self.curves.append({"step": float(self.next_step), "validation_f1": choice.f1, "threshold": choice.threshold})
        self.without_gain += 1
        if choice.f1 > self.best.f1:
            self.best, self.best_step, self.without_gain = choice, self.next_step, 0
            self.best_state = {name: value.detach().cpu().clone() for name, value in state.items()}

    def is_over(self, recipe: StudentRecipe) -> bool:
        """Has it not become better for too long?"""
        return self.without_gain >= recipe.patience


class Checkpoints:
    """The checkpoint of one training, `identity`, in a folder."""

    def __init__(self, folder: Path, identity: str) -> None:
        self._file = folder / f"{identity}.pt"

    def load(self, training: Training) -> Progress:
        """Put a training where it was; from its beginning where nothing is kept."""
        if not self._file.is_file():
            return Progress()
        state = torch.load(self._file, map_location="cpu", weights_only=True)
        training.network.load_state_dict(state["network"], strict=False)
        training.optimizer.load_state_dict(state["optimizer"])
        training.schedule.load_state_dict(state["schedule"])
        progress = state["progress"]
        return Progress(**{**progress, "best": Choice(*progress["best"])})

    def save(self, training: Training, progress: Progress) -> None:
        """Keep it; a file that a killed process leaves half written has another name."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        partial = self._file.with_suffix(".partial")
        state = {
            "network": head.parameters(training.network),
            "optimizer": training.optimizer.state_dict(),
            "schedule": training.schedule.state_dict(),
            "progress": {**vars(progress), "best": list(progress.best)},
        }
        torch.save(state, partial)
        partial.replace(self._file)

    def remove(self) -> None:
        """A training that is done needs none."""
        self._file.unlink(missing_ok=True)
