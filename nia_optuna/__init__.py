"""nia-optuna: hyperparameter studies of small neural networks.

A study file imports these names; none of them imports torch or Optuna.
"""

from nia_optuna import early  # noqa: F401  # before what takes long to import
from nia_optuna.architectures import CNN, MLP, Inception, LeNet, ResNet
from nia_optuna.budget import Budget
from nia_optuna.data import ImageFolder, Resized, Synthetic, Table
from nia_optuna.decay import Constant, Cosine, Exponential, Plateau, Step
from nia_optuna.load import load
from nia_optuna.optimizer import SGD, Adam, AdamW, Optimizer, RMSprop
from nia_optuna.recipe import Architecture, Recipe
from nia_optuna.space import Space
from nia_optuna.study import Study, study

__version__ = "0.1.0"

__all__ = [
    "CNN",
    "MLP",
    "SGD",
    "Adam",
    "AdamW",
    "Architecture",
    "Budget",
    "Constant",
    "Cosine",
    "Exponential",
    "ImageFolder",
    "Inception",
    "LeNet",
    "Optimizer",
    "Plateau",
    "RMSprop",
    "Recipe",
    "ResNet",
    "Resized",
    "Space",
    "Step",
    "Study",
    "Synthetic",
    "Table",
    "__version__",
    "load",
    "study",
]
