"""The training loop of PyTorch's tutorials: PIL pictures, transforms, a DataLoader, a for loop."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn, optim
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from benchmarks.study.examples import CLASSES, Examples
from benchmarks.study.space import BLOCKS, MOMENTUM, Question, Settings

VALIDATION_BATCH = 1_000


class Pictures(Dataset[tuple[Tensor, int]]):
    """Pictures as torchvision's own data sets hold them: a PIL picture, then the transform."""

    def __init__(
        self, pictures: NDArray[np.uint8], classes: NDArray[np.int64], examples: Examples
    ) -> None:
        last = np.ascontiguousarray(pictures.transpose(0, 2, 3, 1))
        self.pictures = last.squeeze(-1) if last.shape[-1] == 1 else last
        self.classes = [int(each) for each in classes]
        self.transform = transforms.Compose(
            [transforms.ToTensor(), transforms.Normalize(examples.mean, examples.std)]
        )

    def __len__(self) -> int:
        return len(self.classes)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(Image.fromarray(self.pictures[index])), self.classes[index]


def accuracies(question: Question, settings: Settings, examples: Examples) -> Iterator[float]:
    """Train; yield the validation accuracy after every epoch.

    The loaders have no worker processes: those take the cores that the training needs.
    """
    size = int(settings["batch_size"])
    learned = Pictures(examples.train, examples.train_classes, examples)
    checked = Pictures(examples.validation, examples.validation_classes, examples)
    train = DataLoader(learned, batch_size=size, shuffle=True)
    validation = DataLoader(checked, batch_size=VALIDATION_BATCH)
    build = perceptron if question.network == "mlp" else convolutional
    model = build(settings, examples.train.shape[1:])
    optimizer = optimizer_of(settings, model)
    for _ in range(question.epochs):
        model.train()
        for inputs, targets in train:
            optimizer.zero_grad()
            functional.cross_entropy(model(inputs), targets).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        yield accuracy(model, validation)


def accuracy(model: nn.Module, loader: DataLoader[tuple[Tensor, int]]) -> float:
    """Return the share of a loader's pictures whose class the network finds."""
    right = total = 0
    model.eval()
    with torch.no_grad():
        for inputs, targets in loader:
            right += int((model(inputs).argmax(1) == targets).sum())
            total += len(targets)
    return right / total


def optimizer_of(settings: Settings, model: nn.Module) -> optim.Optimizer:
    """Return PyTorch's optimizer of these settings."""
    if settings["optimizer"] == "adam":
        return optim.Adam(model.parameters(), lr=float(settings["adam.lr"]))
    rate = float(settings["sgd.lr"])
    return optim.SGD(model.parameters(), lr=rate, momentum=MOMENTUM, nesterov=True)


def perceptron(settings: Settings, shape: tuple[int, ...]) -> nn.Sequential:
    """Return a multilayer perceptron."""
    widths = [int(settings["width"])] * int(settings["layers"])
    inputs = int(np.prod(shape))
    return nn.Sequential(nn.Flatten(), *dense(inputs, widths, settings), head(inputs, widths))


def convolutional(settings: Settings, shape: tuple[int, ...]) -> nn.Sequential:
    """Return a network of four blocks, each of which halves the picture."""
    channels, side, _ = shape
    layers: list[nn.Module] = []
    for block in range(BLOCKS):
        width = int(settings["width"]) * 2**block
        layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        if settings["batch_norm"]:
            layers.append(nn.BatchNorm2d(width))
        layers.append(nn.Dropout(float(settings["dropout"])))
        channels, side = width, side // 2
    inputs = channels * side * side
    widths = [int(settings["hidden"])] if settings["hidden"] else []
    return nn.Sequential(
        *layers, nn.Flatten(), *dense(inputs, widths, settings), head(inputs, widths)
    )


def dense(inputs: int, widths: list[int], settings: Settings) -> Iterator[nn.Module]:
    """Yield linear, ReLU, batch norm and dropout for every width."""
    for width in widths:
        yield nn.Linear(inputs, width)
        yield nn.ReLU()
        if settings["batch_norm"]:
            yield nn.BatchNorm1d(width)
        yield nn.Dropout(float(settings["dropout"]))
        inputs = width


def head(inputs: int, widths: list[int]) -> nn.Linear:
    """Return the layer that scores the classes."""
    return nn.Linear((inputs, *widths)[-1], CLASSES)
