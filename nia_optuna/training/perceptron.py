"""A perceptron's step without a recorded graph: every layer knows its own gradient.

On a CPU autograd's bookkeeping takes longer than the arithmetic of a small network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nia_optuna.architectures import MLP
from nia_optuna.recipe import Architecture
from nia_optuna.training.device import Device
from nia_optuna.training.losses import Slope
from nia_optuna.training.passes import KNOWN, Pass, pass_of


@dataclass(frozen=True)
class Perceptron:
    """The passes of a multilayer perceptron, or of a stack of them, behind what flattens.

    The same operations in the same order as autograd's, so the same numbers to the last bit, but
    for the gradient of cross-entropy, whose own last bit may differ.
    """

    flatten: nn.Module
    passes: Sequence[Pass]
    slope: Slope

    @classmethod
    def of(
        cls, architecture: Architecture, model: nn.Module, slope: Slope, device: Device
    ) -> Perceptron | None:
        """Return the passes of an MLP's `model`, which may be a stack, on a CPU; else None.

        None also for an activation that learns.
        """
        if device.name != "cpu" or type(architecture) is not MLP:
            return None  # a class derived from it may build anything
        assert isinstance(model, nn.Sequential), "as MLP says"
        flatten, *layers = model
        if not all(type(layer) in KNOWN for layer in layers):
            return None
        dtype = torch.bfloat16 if device.bf16 else torch.float32
        passes = [pass_of(layer, dtype, first=layer is layers[0]) for layer in layers]
        return cls(flatten, passes, slope)

    @torch.no_grad()
    def learn(self, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mean loss () or (K,) and the scores; set the gradient of every parameter."""
        x = self.flatten(inputs)
        for each in self.passes:
            x = each.forward(x)
        scores = x.float()
        loss, grad = self.slope(scores, targets)
        grad = grad.to(x.dtype)
        for each in reversed(self.passes):
            grad = each.backward(grad)
        return loss, scores
