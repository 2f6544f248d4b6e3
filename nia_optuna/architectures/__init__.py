"""Networks as frozen values; torch is imported only when one is built."""

from nia_optuna.architectures.cnn import CNN
from nia_optuna.architectures.mlp import MLP

__all__ = ["CNN", "MLP"]
