"""The two questions as plain data: what is searched, from where, on which examples, how long.

A parameter with a dot belongs to an option of `optimizer`: `sgd.lr` is asked for where SGD is
chosen, and only there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Value = bool | int | float | str
Settings = Mapping[str, Value]


@dataclass(frozen=True)
class Choice:
    """One of some values."""

    values: tuple[Value, ...]
    default: Value


@dataclass(frozen=True)
class Integer:
    """A whole number, both ends included."""

    low: int
    high: int
    default: int


@dataclass(frozen=True)
class Uniform:
    """A number, every one as likely as any other."""

    low: float
    high: float
    default: float


@dataclass(frozen=True)
class Log:
    """A number, every order of magnitude as likely."""

    low: float
    high: float
    default: float


Parameter = Choice | Integer | Uniform | Log


@dataclass(frozen=True)
class Question:
    """One study: `subset` is the first so many training pictures.

    `validation` counts the pictures behind those that are chosen by; `epochs` is the most that a
    trial trains.
    """

    name: str
    title: str
    network: Literal["mlp", "cnn"]
    dataset: str
    subset: int
    validation: int
    epochs: int
    space: Mapping[str, Parameter]

    def default(self) -> dict[str, Value]:
        """Return the configuration that every search that can is begun with."""
        chosen = self.space["optimizer"].default
        return {
            name: parameter.default
            for name, parameter in self.space.items()
            if owner(name) in ("", chosen)
        }


def owner(name: str) -> str:
    """Return the optimizer that a parameter belongs to, empty where it belongs to none."""
    return name.rpartition(".")[0]


MOMENTUM = 0.9  # of SGD, which is Nesterov's, in all four
RATES = {"sgd.lr": Log(1e-3, 0.3, 0.03), "adam.lr": Log(1e-4, 1e-2, 1e-3)}

MNIST_MLP = Question(
    name="mnist_mlp",
    title="MNIST MLP",
    network="mlp",
    dataset="mnist",
    subset=55_000,
    validation=5_000,
    epochs=10,
    space={
        "layers": Integer(1, 3, 1),
        "width": Choice((32, 64, 128), 128),
        "dropout": Uniform(0.0, 0.6, 0.0),
        "batch_norm": Choice((False, True), False),
        "batch_size": Choice((64, 128, 256, 512), 128),
        "optimizer": Choice(("sgd", "adam"), "adam"),
        **RATES,
    },
)

CIFAR_CNN = Question(
    name="cifar_cnn",
    title="CIFAR-10 CNN",
    network="cnn",
    dataset="cifar10",
    subset=10_000,
    validation=2_500,
    epochs=6,
    space={
        "width": Choice((6, 8, 12), 8),
        "dropout": Uniform(0.0, 0.5, 0.2),
        "hidden": Choice((0, 128, 512), 128),
        "batch_norm": Choice((False, True), False),
        "batch_size": Choice((32, 64, 128, 256), 128),
        "optimizer": Choice(("sgd", "adam"), "adam"),
        **RATES,
    },
)

QUESTIONS = (MNIST_MLP, CIFAR_CNN)
BLOCKS = 4  # of the convolutional network; each doubles the width and halves the picture
