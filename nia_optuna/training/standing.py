"""Where an unfinished training stands, kept in a file so that it can go on after a crash."""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor

from nia_optuna.training.checkpoints import write
from nia_optuna.training.course import Course, Weights
from nia_optuna.training.epoch import Epoch

# Seconds of training that a crash may cost; a training that is over before is never kept.
WORTH_KEEPING = 10.0
# Of a trainer's time keeping takes this share at most: on a slow disk a crash may cost more.
SHARE = 0.05
APART = "/"  # behind each of the first parts of a tensor's name in the file


@dataclass(frozen=True)
class Standing:
    """All that a training needs to go on behind its last epoch, as if it had never ended.

    `weights` are the network's, buffers included, `best` those of its best epoch; `state` is what
    the optimizer knows of every parameter, by the parameter's name. Draws need not be kept: every
    epoch has its own seed.
    """

    epochs: Sequence[Epoch]
    weights: Weights
    best: Weights
    state: Mapping[str, Mapping[str, Tensor]]

    @classmethod
    def of(
        cls, course: Course, weights: Weights, state: Mapping[str, Mapping[str, Tensor]]
    ) -> Standing:
        """Return where the training of this course stands."""
        return cls(tuple(course.epochs), weights, course.weights, state)


@dataclass
class Shelf:
    """Keeps one training's standing at `path`; `of` says which training it is.

    `took` is how many seconds that took last.

    What is there of another training or for another network, or cannot be read, is as good as
    nothing. Where nothing can be kept, a RuntimeWarning says so, and the training goes on.
    """

    path: Path
    of: str
    took: float = 0.0
    _kept: float = field(default_factory=time.monotonic)

    def due(self, beside: Sequence[Shelf] = ()) -> bool:
        """Return whether enough would be lost by now, and keeping it takes little of the time.

        `beside` are the shelves of all whose training waits meanwhile, this one included.
        """
        spent = sum(shelf.took for shelf in beside or (self,))
        return time.monotonic() - self._kept >= max(WORTH_KEEPING, spent / SHARE)

    def keep(self, standing: Standing) -> None:
        """Write a standing whole or not at all."""
        began = time.monotonic()
        tensors = {
            APART.join(name): tensor.detach().cpu().contiguous().clone()
            for name, tensor in _flat(standing)
        }
        epochs = json.dumps([asdict(epoch) for epoch in standing.epochs])
        try:
            write(self.path, to_bytes(tensors, {"of": self.of, "epochs": epochs}))
        except OSError as error:
            # It is for the worst case only, and no fault of the training.
            warnings.warn(
                f"an unfinished training cannot be kept: {error}", RuntimeWarning, stacklevel=2
            )
        self._kept = time.monotonic()
        self.took = self._kept - began

    def load(self, like: Weights) -> Standing | None:
        """Return what was kept of this training, None where there is nothing.

        None also for weights of other names or shapes than `like`.
        """
        try:
            with safe_open(self.path, framework="pt") as file:
                about = file.metadata() or {}
                if about.get("of") != self.of:
                    return None
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            epochs = tuple(Epoch(**each) for each in json.loads(about["epochs"]))
        except (OSError, SafetensorError, KeyError, TypeError, ValueError):
            return None
        standing = _standing(epochs, tensors)
        shapes = {name: tensor.shape for name, tensor in like.items()}
        for kept in (standing.weights, standing.best):
            if shapes != {name: tensor.shape for name, tensor in kept.items()}:
                return None
        return standing


def _flat(standing: Standing) -> list[tuple[tuple[str, ...], Tensor]]:
    return [
        *((("weights", name), tensor) for name, tensor in standing.weights.items()),
        *((("best", name), tensor) for name, tensor in standing.best.items()),
        *(
            (("state", what, name), tensor)
            for name, known in standing.state.items()
            for what, tensor in known.items()
        ),
    ]


def _standing(epochs: Sequence[Epoch], tensors: Mapping[str, Tensor]) -> Standing:
    weights: Weights = {}
    best: Weights = {}
    state: dict[str, dict[str, Tensor]] = {}
    for path, tensor in tensors.items():
        part, name = path.split(APART, 1)
        if part == "state":
            what, name = name.split(APART, 1)
            state.setdefault(name, {})[what] = tensor
        else:
            (weights if part == "weights" else best)[name] = tensor
    return Standing(epochs, weights, best, state)
