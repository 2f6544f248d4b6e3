"""Data sets: named, in folders or made up; verified, decoded once, mapped. Imports no torch."""

from nia_optuna.data.dataset import DataSet, Part
from nia_optuna.data.opening import Known, default_data_dir, known_data, open_data
from nia_optuna.data.progress import Say, silent
from nia_optuna.data.sources import (
    NAMES,
    DataError,
    ImageFolder,
    Source,
    Synthetic,
    check_source,
)
from nia_optuna.data.split import Splits, View, split

__all__ = [
    "NAMES",
    "DataError",
    "DataSet",
    "ImageFolder",
    "Known",
    "Part",
    "Say",
    "Source",
    "Splits",
    "Synthetic",
    "View",
    "check_source",
    "default_data_dir",
    "known_data",
    "open_data",
    "silent",
    "split",
]
