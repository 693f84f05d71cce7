"""Train a student: the loop, its checkpoints, and the state that does best on the validation split."""

import hashlib
import json
import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from finerweb.encoders import tokenizing
from finerweb.encoders.device import device, has_bf16, longest
from finerweb.encoders.pretrained import tokenizer_file
from finerweb.errors import Diverged, TooFewExamples
from finerweb.student import batches, head, likeness, network, sampling, validation
from finerweb.student.checkpoints import Checkpoints
from finerweb.student.examples import Example, Inventories, Names
from finerweb.student.finding import Finder
from finerweb.student.label_vectors import LabelVectors
from finerweb.student.network import Network
from finerweb.student.pieces import Cutter
from finerweb.student.recipe import StudentRecipe
from finerweb.student.validation import Choice

COMMON = 1000  # labels, the most frequent, whose mean vector is what all labels share

Step = Callable[[int, int], None]


@dataclass(frozen=True)
class Data:
    """Examples to learn from, those that choose, and other names of labels."""

    train: Sequence[Example]
    validation: Sequence[Example]
    names: Names = field(default_factory=Names)

    @property
    def labels(self) -> dict[str, int]:
        """The labels of the training examples with how often, the most frequent first."""
        return dict(Counter(entity.label for example in self.train for entity in example.entities).most_common())

    @property
    def languages(self) -> dict[str, int]:
        """The languages of the training examples with how many, the largest first."""
        return dict(Counter(example.language for example in self.train).most_common())


@dataclass(frozen=True)
class Fitted:
    """A trained student, its curves (a dict a logged step), the step whose state it has and what it does there.

    `thresholds` are those of scripts that have one of their own.
    """

    finder: Finder
    curves: list[dict[str, float]]
    step: int
    choice: Choice
    losses: Counter[str]
    seconds_per_step: float  # of the steps that this process took; nan where all were taken before
    thresholds: dict[str, float] = field(default_factory=dict)


class Fitting:
    """The state of a training."""

    def __init__(self, data: Data, encoder: Path, label_encoder: Path, recipe: StudentRecipe) -> None:
        require_entities(data)
        torch.manual_seed(recipe.seed)
        self.data, self.recipe = data, recipe
        vectors = LabelVectors(label_encoder, recipe.label_prompt)
        text_encoder = network.pretrained(encoder)
        if recipe.freeze_embeddings:
            text_encoder.embeddings.word_embeddings.requires_grad_(False)
        self.network = Network(
            text_encoder,
            head.Head(text_encoder.config.hidden_size, vectors.size, width=recipe.width, cosine=recipe.cosine),
        ).to(device())
        size = min(recipe.window, longest(text_encoder.config)) - 2
        self.finder = Finder(
            self.network,
            vectors,
            Cutter(tokenizer_file(encoder), words=recipe.words, letters=recipe.letters),
            network.signs(tokenizing.load(encoder)),
            size,
            min(recipe.overlap, size // 2),
        )
        self.inventories = Inventories([*data.train, *data.validation])
        common = [label for label, _ in self.inventories.counts().most_common(COMMON)]
        self.network.head.center.copy_(vectors.of_names(common).mean(dim=0))
        self.optimizer = self._optimizer()
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, self._rate)
        self.plan = sampling.schedule(data.train, recipe)

    def _optimizer(self) -> torch.optim.Optimizer:
        of_encoder = [value for value in self.network.encoder.parameters() if value.requires_grad]
        groups = [
            {"params": of_encoder, "lr": self.recipe.learning_rate},
            {"params": list(self.network.head.parameters()), "lr": self.recipe.head_learning_rate},
        ]
        return torch.optim.AdamW(groups, weight_decay=0.01, fused=True)  # on a CPU less than a third of the time

    def _rate(self, step: int) -> float:
        """Up in the warm-up, then down to a fiftieth, in straight lines."""
        steps, warm = self.recipe.steps, max(1, round(self.recipe.steps * self.recipe.warmup))
        return min((step + 1) / warm, max(0.02, (steps - step) / max(1, steps - warm)))

    def step(self, number: int) -> float:
        """Learn from one batch; returns its loss. Raises Diverged."""
        torch.manual_seed(self.recipe.seed * 1_000_003 + number)  # of dropout: the same whatever was run before
        self.network.train()
        examples = [self.data.train[row] for row in self.plan[number]]
        total = self._loss(examples, sampling.draw_of(self.recipe, number))
        if not torch.isfinite(total):
            raise Diverged(
                f"student, step {number}",
                found=f"a loss of {total.item()}",
                wanted="a number",
                way_out=f"lower student.learning_rate ({self.recipe.learning_rate:g})",
            )
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.schedule.step()
        return float(total.item())

    def _loss(self, examples: Sequence[Example], draw: np.random.Generator) -> Tensor:
        recipe, finder = self.recipe, self.finder
        windows = [
            window
            for example in examples
            for window in batches.of_example(example, finder.cutter, size=finder.size, overlap=finder.overlap)
        ]
        positives = sorted({entity.label for example in examples for entity in example.entities})
        counts = self.inventories.counts(example.inventory for example in examples)
        labels = sampling.candidates(positives, counts, room=recipe.candidates, draw=draw)
        names = sampling.names(labels, [example.language for example in examples], self.data.names, recipe, draw=draw)
        near = self._near(labels, positives)
        ids, mask = batches.inputs([window.pieces.ids for window in windows], finder.signs)
        targets = torch.from_numpy(batches.targets(windows, labels))
        judged = torch.from_numpy(batches.counts(windows, labels, self.inventories, near))
        with torch.autocast(device().type, dtype=torch.bfloat16, enabled=has_bf16()):
            logits = self.network(ids.to(device()), mask.to(device()), finder.vectors.of_names(names))
        return head.loss(logits, targets.to(device()), judged.to(device()))

    def _near(self, labels: Sequence[str], positives: Sequence[str]) -> Any:
        if self.recipe.near is None:
            return {}
        vectors = self.network.head.centred(self.finder.vectors.of_names(labels))
        return likeness.near(labels, vectors, positives, least=self.recipe.near)


def fit(
    data: Data,
    *,
    encoder: Path,
    label_encoder: Path,
    recipe: StudentRecipe,
    checkpoints: Path,
    on_step: Step,
) -> Fitted:
    """Train by the recipe; of all states the one with the best F1 on the validation examples stays.

    A training that was ended goes on at its last checkpoint, to the same loss: a step depends on its number alone.
    Raises TooFewExamples, and Diverged where a loss is no number.
    """
    fitting = Fitting(data, encoder, label_encoder, recipe)
    saved = Checkpoints(checkpoints, _identity(data, recipe))
    progress = saved.load(fitting)
    seconds: list[float] = []
    while progress.next_step < recipe.steps and not progress.is_over(recipe):
        began = time.monotonic()
        progress.log(fitting.step(progress.next_step))
        seconds.append(time.monotonic() - began)
        on_step(progress.next_step, recipe.steps)
        is_last = progress.next_step == recipe.steps
        if is_last or progress.next_step % recipe.evaluate_every == 0:
            choice = validation.choose(fitting.finder, data.validation, fitting.inventories)
            progress.judge(choice, head.parameters(fitting.network))
        if is_last or progress.next_step % recipe.checkpoint_every == 0:
            saved.save(fitting, progress)
    fitting.network.load_state_dict(progress.best_state, strict=False)
    fitting.network.eval()
    thresholds = validation.by_script(
        fitting.finder, data.validation, fitting.inventories, least=recipe.calibrate, choice=progress.best
    )
    saved.remove()
    return Fitted(
        fitting.finder,
        progress.curves,
        progress.best_step,
        progress.best,
        losses(data, fitting.finder),
        sum(seconds) / len(seconds) if seconds else math.nan,
        thresholds,
    )


def losses(data: Data, finder: Finder) -> Counter[str]:
    """Entities of the training examples that cannot be learned as they are, by problem.

    `inside_piece`: an edge that is inside a piece, so that what is learned is a little wider. `over_long`: longer than
    windows share, so that it may be whole in none.
    """
    problems: Counter[str] = Counter()
    for example in data.train:
        pieces = finder.cutter.cut(example.text)
        for entity in example.entities:
            touched = pieces.range(entity.span)
            if touched is None or not pieces.is_exact(entity.span, touched):
                problems["inside_piece"] += 1
            elif len(pieces.ids) > finder.size and touched.end - touched.start > finder.overlap:
                problems["over_long"] += 1
    return problems


def _identity(data: Data, recipe: StudentRecipe) -> str:
    """What a checkpoint is of: the same examples, names and recipe."""
    digest = hashlib.sha256(json.dumps(recipe.model_dump(mode="json"), sort_keys=True).encode())
    for example in [*data.train, *data.validation]:
        digest.update(repr(example).encode())
    digest.update(json.dumps([data.names.target, data.names.written], sort_keys=True, default=list).encode())
    return digest.hexdigest()[:16]


def require_entities(data: Data) -> None:
    """Raise TooFewExamples where a split has none to learn or to choose by."""
    for split, examples in (("train", data.train), ("validation", data.validation)):
        entities = sum(len(example.entities) for example in examples)
        if not entities:
            raise TooFewExamples(
                f"table examples, split {split}",
                found=f"{entities} entities in {len(examples)} texts",
                wanted="some",
                way_out="annotate more passages (--set select.per_language=N), or name another variant "
                "(--set student.variant=...)",
            )
