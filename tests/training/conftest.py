"""Real data, small enough to learn from in a test: scikit-learn's digits, Boston's houses."""

import pytest

from nia_optuna.data import DataSet, Splits, open_data, silent, split


@pytest.fixture(scope="session")
def digits_data(tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    return open_data("digits", tmp_path_factory.mktemp("data"), silent)


@pytest.fixture(scope="session")
def digits(digits_data: DataSet) -> Splits:
    return split(digits_data, validation=0.2, subset=None, seed=0)


@pytest.fixture(scope="session")
def boston(tmp_path_factory: pytest.TempPathFactory) -> Splits:
    data = open_data("boston_housing", tmp_path_factory.mktemp("data"), silent)
    return split(data, validation=0.2, subset=None, seed=0)
