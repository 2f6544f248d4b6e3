from __future__ import annotations

from pathlib import Path

import mlxtend.data
import numpy as np
import pytest

from nia_optuna.data import DataError, open_data
from nia_optuna.data.boston_housing import read_boston


@pytest.mark.usefixtures("offline")
def test_its_parts_are_those_of_keras(tmp_path: Path) -> None:
    data = open_data("boston_housing", tmp_path / "data")
    assert (len(data.train), len(data.test), data.shape) == (404, 102, (13,))
    # What keras.datasets.boston_housing.load_data() begins with.
    assert np.allclose(data.train.inputs[0, :3], [1.23247, 0.0, 8.14])
    assert data.train.targets[0] == np.float32(15.2)
    assert data.name == "boston_housing"
    assert "Keras' split" in data.origin


def test_its_targets_are_numbers(tmp_path: Path) -> None:
    data = open_data("boston_housing", tmp_path)
    assert data.classes == ()
    assert data.regression
    assert {str(array.dtype) for array in (data.train.inputs, data.test.targets)} == {"float32"}
    assert (data.train.targets.min(), data.train.targets.max()) == (5.0, 50.0)


def test_other_rows_than_the_known_ones_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, prices = mlxtend.data.boston_housing_data()
    prices[505] += 1e-9
    monkeypatch.setattr(mlxtend.data, "boston_housing_data", lambda: (rows, prices))
    with pytest.raises(DataError, match="506 rows have the wrong checksum"):
        read_boston()


def test_a_library_without_its_data_is_one_line_that_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(mlxtend.data, "boston_housing_data", lambda: (np.ones((2, 13)), np.ones(2)))
    with pytest.raises(DataError, match=r"wrong checksum.* Install that library again") as caught:
        open_data("boston_housing", tmp_path)
    assert "\n" not in str(caught.value)
