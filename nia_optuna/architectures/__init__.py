"""Networks as frozen values; torch is imported only when one is built."""

from nia_optuna.architectures.cnn import CNN
from nia_optuna.architectures.inception import Inception
from nia_optuna.architectures.lenet import LeNet
from nia_optuna.architectures.mlp import MLP
from nia_optuna.architectures.resnet import ResNet

__all__ = ["CNN", "MLP", "Inception", "LeNet", "ResNet"]
