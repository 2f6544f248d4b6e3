"""nia-optuna: hyperparameter studies of small neural networks.

A study file imports these names; none of them imports torch or Optuna.
"""

from nia_optuna.architectures import CNN, MLP
from nia_optuna.data import ImageFolder, Synthetic
from nia_optuna.load import load
from nia_optuna.recipe import (
    SGD,
    Adam,
    AdamW,
    Budget,
    Constant,
    Cosine,
    Exponential,
    Optimizer,
    Plateau,
    Recipe,
    RMSprop,
    Step,
)
from nia_optuna.space import Space
from nia_optuna.study import Study, study

__version__ = "0.1.0"

__all__ = [
    "CNN",
    "MLP",
    "SGD",
    "Adam",
    "AdamW",
    "Budget",
    "Constant",
    "Cosine",
    "Exponential",
    "ImageFolder",
    "Optimizer",
    "Plateau",
    "RMSprop",
    "Recipe",
    "Space",
    "Step",
    "Study",
    "Synthetic",
    "__version__",
    "load",
    "study",
]
