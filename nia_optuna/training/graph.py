"""The steps of a training as a CUDA graph: what a host tells a GPU at every step, told once."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor, nn

from nia_optuna.training.cuda_graphs import CudaGraphs
from nia_optuna.training.device import Device
from nia_optuna.training.optimization import set_learning_rate
from nia_optuna.training.snapshot import Snapshot
from nia_optuna.training.step import Seen, Step

# As many as PyTorch's own make_graphed_callables takes.
WARM_UP = 3

# Whose networks do the same at every step, whatever the numbers are.
KNOWN = ("torch.nn.", "nia_optuna.")

Replay = Callable[[], None]


class Capture(Protocol):
    """Records what a step asks of a device."""

    def aside(self, learn: Callable[[], Seen]) -> Seen:
        """Take a real step where a later recording finds everything as it needs it."""
        ...

    def record(self, learn: Callable[[], Seen]) -> tuple[Replay, Seen]:
        """Return what repeats all that `learn` does, and where each repetition leaves what it saw.

        Whether weights move meanwhile is not said. Raises whatever `learn` raises, or the device.
        """
        ...


@dataclass
class GraphedStep:
    """A Step whose whole batches are replayed from a graph, recorded after a few usual steps.

    Smaller batches take the usual step. Where recording fails, all do, and a RuntimeWarning says
    so; weights, state and draws are then what they were before the attempt.
    """

    step: Step
    capture: Capture
    size: int
    rows: Tensor = field(init=False)
    seen: Seen | None = field(init=False, default=None)
    replay: Replay | None = field(init=False, default=None)
    _failed: bool = field(init=False, default=False)
    _taken: int = field(init=False, default=0)
    _rate: float | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.rows = self.step.examples.rows[: self.size].clone()

    def __call__(self, rows: Tensor, rate: float) -> Seen:
        """Learn from the examples `rows` (n,) with the learning rate `rate`."""
        if rate != self._rate:
            set_learning_rate(self.step.optimizer, rate)
            self._rate = rate
        if self._failed or len(rows) != self.size:
            return self.step.learn(rows)
        self.rows.copy_(rows)
        if self._taken < WARM_UP:
            self._taken += 1
            return self.capture.aside(self._learn)
        if self.replay is None:
            self._record()
        if self.replay is None or self.seen is None:
            return self._learn()
        self.replay()
        return self.seen

    def _learn(self) -> Seen:
        return self.step.learn(self.rows)

    def _record(self) -> None:
        before = Snapshot.of(self.step)
        self.step.optimizer.zero_grad()  # so that the gradients lie in the graph's own memory
        try:
            replay, seen = self.capture.record(self._learn)
            if before.grown():
                # The graph would begin it anew at every step.
                raise RuntimeError("the optimizer's state is not complete after the first steps")  # noqa: TRY301  # one way to fail
            self.replay, self.seen = replay, seen
        except Exception as error:  # noqa: BLE001  # whatever it is, the usual step is the answer
            self._failed = True
            warnings.warn(
                f"no CUDA graph could be captured ({_cause(error)}); the training goes on without",
                RuntimeWarning,
                stacklevel=2,
            )
        finally:
            before.put_back()


def capture_for(model: nn.Module, device: Device) -> Capture | None:
    """Return what captures the steps of `model` on a CUDA device with `graphs`, elsewhere None.

    None also for a network with a layer of the user's own, whose forward pass may decide in Python:
    a graph repeats one decision for ever. A RuntimeWarning names that layer.
    """
    if not device.graphs or torch.device(device.name).type != "cuda":
        return None
    kinds = {type(module) for module in model.modules()}
    unknown = sorted(kind.__name__ for kind in kinds if not kind.__module__.startswith(KNOWN))
    if unknown:
        warnings.warn(
            f"{unknown[0]} may do something else at every step: it trains without a CUDA graph",
            RuntimeWarning,
            stacklevel=2,
        )
        return None
    return CudaGraphs(device.name)


def _cause(error: BaseException) -> str:
    """Return the first error in one line: a capture that it spoiled ends in another."""
    while error.__context__ is not None:
        error = error.__context__
    first = next(iter(str(error).strip().splitlines()), "")
    return f"{type(error).__name__}: {first}"
