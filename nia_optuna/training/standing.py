"""Where an unfinished training stands, kept in a file so that it can go on after a crash."""

from __future__ import annotations

import json
import time
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
APART = "/"  # between the parts of a tensor's name in the file; PyTorch's names have dots


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

    What is there of another training, or cannot be read, is as good as nothing.
    """

    path: Path
    of: str
    _kept: float = field(default_factory=time.monotonic)

    def due(self) -> bool:
        """Return whether enough would be lost by now."""
        return time.monotonic() - self._kept >= WORTH_KEEPING

    def keep(self, standing: Standing) -> None:
        """Write a standing whole or not at all. Raises OSError."""
        tensors = {
            APART.join(name): tensor.detach().cpu().contiguous().clone()
            for name, tensor in _flat(standing)
        }
        epochs = json.dumps([asdict(epoch) for epoch in standing.epochs])
        write(self.path, to_bytes(tensors, {"of": self.of, "epochs": epochs}))
        self._kept = time.monotonic()

    def load(self) -> Standing | None:
        """Return what was kept of this training, None where there is nothing."""
        try:
            with safe_open(self.path, framework="pt") as file:
                about = file.metadata() or {}
                if about.get("of") != self.of:
                    return None
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (OSError, SafetensorError):
            return None
        weights: Weights = {}
        best: Weights = {}
        state: dict[str, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            match name.split(APART):
                case ["weights", which]:
                    weights[which] = tensor
                case ["best", which]:
                    best[which] = tensor
                case ["state", which, what]:
                    state.setdefault(which, {})[what] = tensor
        epochs = tuple(Epoch(**each) for each in json.loads(about["epochs"]))
        return Standing(epochs, weights, best, state)

    def drop(self) -> None:
        """Forget what was kept: the training has ended, or nobody wants it."""
        self.path.unlink(missing_ok=True)


def _flat(standing: Standing) -> list[tuple[tuple[str, ...], Tensor]]:
    return [
        *((("weights", name), tensor) for name, tensor in standing.weights.items()),
        *((("best", name), tensor) for name, tensor in standing.best.items()),
        *(
            (("state", name, what), tensor)
            for name, known in standing.state.items()
            for what, tensor in known.items()
        ),
    ]
