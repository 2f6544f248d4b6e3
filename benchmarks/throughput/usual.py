"""The loop of a tutorial: a DataLoader, and as many threads as PyTorch likes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch import Tensor, optim
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset, TensorDataset
from torchvision import transforms

from nia_optuna.data import Splits, View
from nia_optuna.recipe import Recipe

THREADS = torch.get_num_threads()  # as PyTorch starts


class Pictures(Dataset[tuple[Tensor, int]]):
    """A data set as torchvision's MNIST and CIFAR10 are: PIL pictures, then the transform."""

    def __init__(self, view: View, splits: Splits) -> None:
        pictures = np.asarray(view.part.inputs)[view.index].transpose(0, 2, 3, 1)
        self.pictures = pictures[..., 0] if splits.shape[0] == 1 else pictures
        self.labels = [int(label) for label in np.asarray(view.part.targets)[view.index]]
        self.transform = transforms.Compose(
            [transforms.ToTensor(), transforms.Normalize(splits.mean, splits.std)]
        )

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(Image.fromarray(self.pictures[index])), self.labels[index]


def usual(recipe: Recipe, splits: Splits) -> Callable[[], int]:
    """Return an epoch as tutorials write it; it counts the examples that it learns from."""
    model = recipe.model.build(splits.shape, splits.outputs)
    optimizer = optim.Adam(model.parameters(), lr=recipe.optimizer.lr)
    size = recipe.batch_size or len(splits.train.index)
    train, validation = (dataset(view, splits) for view in (splits.train, splits.validation))
    learned = DataLoader(train, batch_size=size, shuffle=True)
    checked = DataLoader(validation, batch_size=size)

    def judge(scores: Tensor, targets: Tensor) -> Tensor:
        if splits.task == "regression":
            return functional.mse_loss(scores.squeeze(1), targets)
        return functional.cross_entropy(scores, targets)

    def epoch() -> int:
        torch.set_num_threads(THREADS)
        total = 0.0
        model.train()
        for inputs, targets in learned:
            optimizer.zero_grad()
            loss = judge(model(inputs), targets)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            total += loss.item()
        model.eval()
        with torch.no_grad():
            for inputs, targets in checked:
                total += judge(model(inputs), targets).item()
        torch.set_num_threads(1)
        return len(splits.train.index)

    return epoch


def dataset(view: View, splits: Splits) -> Dataset[tuple[Tensor, int]] | TensorDataset:
    """Return the examples of a view as PyTorch's tutorials hold them."""
    if splits.task == "classification":
        return Pictures(view, splits)
    inputs = (np.asarray(view.part.inputs)[view.index] - np.array(splits.mean)) / np.array(
        splits.std
    )
    targets = np.asarray(view.part.targets)[view.index]
    return TensorDataset(torch.tensor(inputs, dtype=torch.float32), torch.tensor(targets))
