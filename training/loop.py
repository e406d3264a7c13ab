"""The training loop: one step after another, the same ones whether or not the run was interrupted, on one
card or on several."""

import math
import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import FrameType
from typing import Any

import torch
from torch import nn

from ragtune.errors import Diverged
from ragtune.instructions.records import Sample
from training import checkpoint
from training.averaging import copied, follow, holding, put
from training.cards import Cards
from training.folders import Folders
from training.model import loss_sum, trainable
from training.progress import Log
from training.recipe import Recipe
from training.rows import Row, padded, plan
from training.validation import value_score

SAY_EVERY = 10  # steps


class Interrupted(Exception):
    """SIGTERM came, as before a spot instance is taken away."""


ALONE = Cards()
UNLABELLED = Row(ids=(0, 0), start=2)  # a card without rows goes through the layers with the others


class Run:
    """One training run, from its last checkpoint (or its start) to its end."""

    def __init__(
        self, model: Any, tokenizer: Any, recipe: Recipe, folders: Folders, run: str, cards: Cards = ALONE
    ) -> None:
        self.cards = cards
        self.model = model
        self.tokenizer = tokenizer
        self.recipe = recipe
        self.folders = folders
        weights = trainable(model)
        optimizer = torch.optim.AdamW(
            parameter_groups(weights, recipe.lora.b_rate), betas=(0.9, 0.98), weight_decay=recipe.weight_decay
        )
        self.state = checkpoint.State(weights=weights, optimizer=optimizer, average={}, best={})
        self.position = checkpoint.restore(folders.checkpoints, run, self.state, cards)
        self.log = Log(
            folders.metrics / "log.jsonl",
            step=self.position.step,
            seconds=self.position.seconds,
            silent=not cards.first,
        )
        self._asked = False  # to stop, this process
        self._stop = False  # all of them agree

    def train(self, rows: Sequence[Row], validation: Sequence[Sample]) -> checkpoint.Position:
        """Train to the end; the model then holds the best weights. Raises Interrupted on SIGTERM."""
        steps = self.steps(rows)
        before = signal.signal(signal.SIGTERM, self._terminate)
        try:
            self.model.train()
            for number in range(self.position.step, len(steps)):
                self._step(number, len(steps), [[rows[place] for place in batch] for batch in steps[number]])
                if self._after(number + 1, len(steps), validation):
                    break
        finally:
            signal.signal(signal.SIGTERM, before)
        self._take_best()
        return self.position

    def steps(self, rows: Sequence[Row]) -> list[list[list[int]]]:
        """Steps of micro-batches of row numbers, for all epochs; every epoch is shuffled anew."""
        batch = self.recipe.batch
        lengths = [len(row.ids) for row in rows]
        steps: list[list[list[int]]] = []
        for epoch in range(self.recipe.epochs):
            seed = self.recipe.seed * 1000 + epoch
            batches = plan(lengths, tokens=batch.tokens, rows=batch.rows, seed=seed)
            steps += list(_grouped(batches, batch.accumulate))
        return steps[: self.recipe.max_steps]

    def _step(self, number: int, of: int, batches: list[list[Row]]) -> None:
        """One update of the weights; the loss is the mean over all labelled tokens of its micro-batches."""
        for group in self.state.optimizer.param_groups:
            group["lr"] = group["times"] * learning_rate(self.recipe, number, of)
        labelled = sum(len(row.ids) - row.start for rows in batches for row in rows)
        own = 0.0
        for rows in self.cards.share(batches):
            ids, labels = padded(rows or [UNLABELLED], self.model.device)
            loss = loss_sum(self.model, ids, labels) / labelled
            own += float(loss.item())
            loss.backward()  # type: ignore[no-untyped-call]
        total, asked = self.cards.summed(self.state.weights.values(), (own, float(self._asked)))
        self._stop = bool(asked)
        self._require_finite(number + 1, total)
        torch.nn.utils.clip_grad_norm_(list(self.state.weights.values()), self.recipe.clip)
        self.state.optimizer.step()
        self.state.optimizer.zero_grad(set_to_none=True)
        if self.recipe.averaging:
            follow(self.state.average, self.state.weights, self.recipe.averaging, number + 1)
        seen = self.position.tokens + sum(len(row.ids) for rows in batches for row in rows)
        self.position = replace(self.position, step=number + 1, tokens=seen)
        if (number + 1) % SAY_EVERY == 0 or number + 1 == of:
            self.log.say("step", step=number + 1, of=of, loss=round(total, 5), tokens=seen)

    def _require_finite(self, step: int, loss: float) -> None:
        """Raise Diverged before a loss that is no number reaches the weights."""
        if not math.isfinite(loss):
            rate = self.recipe.learning_rate
            raise Diverged(
                f"step {step}: the loss is {loss}; lower learning_rate (now {rate:g}) or raise warmup_steps "
                f"(now {self.recipe.warmup_steps}), and look whether {self.folders.model} is whole"
            )

    def _after(self, step: int, of: int, validation: Sequence[Sample]) -> bool:
        """Validation and checkpoint when they are due; True when training is to stop."""
        enough = False
        if validation and (step % self.recipe.validation.every == 0 or step == of):
            enough = self._validate(step, validation)
        if self._stop or (step % self.recipe.checkpoint_every == 0 and step < of and not enough):
            position = replace(self.position, seconds=self.log.seconds)
            checkpoint.save(self.folders.checkpoints, position, self.state, self.cards)
            self.log.say("checkpoint", step=step)
        if self._stop:
            raise Interrupted(f"stopped after step {step} of {of}; the same command continues")
        return enough

    def _validate(self, step: int, samples: Sequence[Sample]) -> bool:
        settings = self.recipe.validation
        with holding(self.state.weights, self.state.average):
            score = value_score(
                self.model, self.tokenizer, samples, settings.max_new_tokens, together=self.cards.world > 1
            )
        score = self.cards.told(lambda: score)
        self.log.say("validation", step=step, score=round(score, 4))
        better, as_good = score > self.position.best_score, score >= self.position.best_score
        self.position = replace(
            self.position,
            best_score=max(score, self.position.best_score),
            best_step=step if as_good else self.position.best_step,
            since_best=0 if better else self.position.since_best + 1,
        )
        if as_good:  # of equals the later one: a few rows can't tell apart what more steps have learnt
            self.state.best.update(copied(self.state.average or self.state.weights))
        return score >= settings.target or self.position.since_best >= settings.patience

    def _take_best(self) -> None:
        put(self.state.weights, self.state.best or self.state.average)

    def _terminate(self, _signal: int, _frame: FrameType | None) -> None:
        self._asked = True


def learning_rate(recipe: Recipe, step: int, of: int) -> float:
    """Linear warm-up, constant, then a linear fall over the last `decay_share` of the steps."""
    warm = min(1.0, (step + 1) / max(1, recipe.warmup_steps))
    left = (of - step) / max(1.0, of * recipe.decay_share)
    last = recipe.final_rate
    return recipe.learning_rate * warm * (last + (1 - last) * min(1.0, left))


def parameter_groups(weights: Mapping[str, nn.Parameter], b_rate: float) -> list[dict[str, Any]]:
    """The optimizer's groups: the matrices B learn `b_rate` times as fast as the others."""
    groups = []
    for times, of_b in ((1.0, False), (b_rate, True)):
        held = [weight for name, weight in weights.items() if ("lora_B" in name) is of_b]
        groups += [{"params": held, "times": times}] if held else []
    return groups


def _grouped(batches: list[list[int]], size: int) -> Iterator[list[list[int]]]:
    for begin in range(0, len(batches), size):
        yield batches[begin : begin + size]
