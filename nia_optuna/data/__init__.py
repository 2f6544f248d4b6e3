"""Data sets: named, in folders or made up; verified, decoded once, mapped. Imports no torch."""

from nia_optuna.data.dataset import DataSet, Part, View
from nia_optuna.data.errors import DataError, UnavailableError
from nia_optuna.data.opening import Known, default_data_dir, known_data, open_data
from nia_optuna.data.plain_source import plain_source, source_from
from nia_optuna.data.progress import Say, silent
from nia_optuna.data.sources import (
    NAMES,
    ImageFolder,
    Resized,
    Source,
    Synthetic,
    Table,
    absolute,
    check_source,
    task_of,
)
from nia_optuna.data.split import Splits, split

__all__ = [
    "NAMES",
    "DataError",
    "DataSet",
    "ImageFolder",
    "Known",
    "Part",
    "Resized",
    "Say",
    "Source",
    "Splits",
    "Synthetic",
    "Table",
    "UnavailableError",
    "View",
    "absolute",
    "check_source",
    "default_data_dir",
    "known_data",
    "open_data",
    "plain_source",
    "silent",
    "source_from",
    "split",
    "task_of",
]
