from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from nia_optuna.data import DataError, Table, check_source, open_data, split, task_of
from nia_optuna.data.plain_source import plain_source, source_from

LINES = [f"{n},{n / 4},{'ab'[n % 2]},{2 * n}" for n in range(40)]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Forty lines whose price is twice their number."""
    return write(tmp_path / "homes.csv", ["rooms,tax,kind,price", *LINES], drop="kind")


def write(path: Path, lines: list[str], drop: str = "") -> Path:
    names = lines[0].split(",")
    kept = [place for place, name in enumerate(names) if name != drop]
    cells = [line.split(",") for line in lines]
    path.write_text("\n".join(",".join(row[place] for place in kept) for row in cells) + "\n")
    return path


def test_the_target_is_a_number_and_the_other_columns_are_rows(table: Path, tmp_path: Path) -> None:
    data = open_data(Table(table, target="price"), tmp_path)
    assert (len(data.train), len(data.test), data.shape) == (32, 8, (2,))
    assert (data.name, data.classes) == ("homes", ())
    for part in (data.train, data.test):
        assert np.array_equal(part.targets, 2 * part.inputs[:, 0])
        assert np.array_equal(part.inputs[:, 1], part.inputs[:, 0] / 4)
    rooms = np.concatenate([data.train.inputs[:, 0], data.test.inputs[:, 0]])
    assert sorted(rooms.tolist()) == list(range(40))
    assert split(data, validation=8, subset=None, seed=0).regression


def test_another_seed_draws_another_test_part(table: Path, tmp_path: Path) -> None:
    first, again, other = (
        open_data(Table(table, "price", seed=seed), tmp_path).fingerprint for seed in (0, 0, 1)
    )
    assert first == again != other


def test_the_values_of_the_target_may_be_classes(tmp_path: Path) -> None:
    file = write(tmp_path / "homes.csv", ["rooms,tax,kind,price", *LINES])
    data = open_data(Table(file, target="kind", test=0.25, classes=True), tmp_path)
    assert (data.classes, data.shape) == (("a", "b"), (3,))
    assert np.array_equal(data.train.targets, data.train.inputs[:, 0] % 2)
    assert np.bincount(data.test.targets).tolist() == [5, 5]


def test_a_changed_table_is_read_again(table: Path, tmp_path: Path) -> None:
    before = open_data(Table(table, "price"), tmp_path).fingerprint
    table.write_text(table.read_text().replace("39,", "49,"))
    os.utime(table, ns=(0, 1))
    assert open_data(Table(table, "price"), tmp_path).fingerprint != before


def test_what_is_to_be_learnt_is_told_by_its_settings() -> None:
    assert task_of(Table("absent.csv", "price")) == "regression"
    assert task_of(Table("absent.csv", "kind", classes=True)) == "classification"


def test_a_stored_table_is_the_same_again() -> None:
    source = Table("homes.csv", "kind", test=0.25, classes=True)
    assert source_from(plain_source(source)) == source


@pytest.mark.parametrize(
    ("lines", "settings", "words"),
    [
        (
            ["rooms,price", *["1,2"] * 9],
            {"target": "prise"},
            "columns 'rooms', 'price'; the target",
        ),
        (["price", *["2"] * 9], {}, "not the only one"),
        (["rooms,price", "1,2", "many,3"], {}, "'many' in column 'rooms', line 3"),
        (["rooms,price", "1,2", "2,"], {}, "'nan' in column 'price', line 3"),
        (["rooms,price", "1,2", "inf,3"], {}, "'inf' in column 'rooms', line 3"),
        (["rooms,price", "1,2", "2,3"], {}, "test=0.2 of homes.csv of 0 leaves 2"),
        (["rooms,price", *["1,2"] * 9], {"classes": True}, "'price' of .* has a single value"),
        (["rooms,price", "1,2", "2,"], {"classes": True}, "'nan' in column 'price', line 3"),
        ([""], {}, "no table that can be read"),
        (["rooms,price", *["1,2,"] * 9], {}, "line 2 of .* has 3 fields where 2 columns are named"),
        (["a,b,price", "1,2,3", "1,2"], {}, "line 3 of .* has 2 fields where 3 columns are named"),
        (["rooms,price,", *["1,2,"] * 9], {}, "'nan' in column 'Unnamed: 2', line 2"),
        (["", "rooms,price", "", "1,2", "  ", "x,3"], {}, "'x' in column 'rooms', line 6"),
        (["rooms,price", '"1', '",2', "x,3"], {}, "'x' in column 'rooms', line 4"),
        (["rooms,price", "1,2", "1e300,3"], {}, r"'1e\+300' in column 'rooms', line 3"),
        (["rooms,price", "1,2", f"{'9' * 400},3"], {}, "'rooms' .* a number that is too large"),
        (["rooms,price", "1,2", f"{'9' * 200_000},3"], {}, "field larger than field limit"),
    ],
)
def test_a_table_that_cannot_be_learnt_from_is_one_line(
    tmp_path: Path, lines: list[str], settings: dict[str, object], words: str
) -> None:
    (tmp_path / "homes.csv").write_text("\n".join(lines) + "\n")
    source = Table(tmp_path / "homes.csv", **{"target": "price", **settings})  # type: ignore[arg-type]
    with pytest.raises(DataError, match=words) as caught:
        open_data(source, tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("column", [0, 1])
def test_numbers_that_are_too_large_are_refused_without_a_warning(
    tmp_path: Path, recwarn: pytest.WarningsRecorder, column: int
) -> None:
    row = ["1", "2"]
    row[column] = "1e300"
    (tmp_path / "homes.csv").write_text(f"rooms,price\n{','.join(row)}\n3,4\n")
    with pytest.raises(DataError, match="is no finite number of 32 bits"):
        open_data(Table(tmp_path / "homes.csv", "price"), tmp_path)
    assert not recwarn.list


def test_blank_lines_a_byte_order_mark_and_a_gzip_change_nothing(
    table: Path, tmp_path: Path
) -> None:
    known = open_data(Table(table, "price"), tmp_path).fingerprint
    spaced = "\ufeff" + table.read_text().replace("\n", "\r\n\r\n")
    (tmp_path / "spaced.csv").write_text(spaced, encoding="utf-8", newline="")
    (tmp_path / "zipped.csv.gz").write_bytes(gzip.compress(table.read_bytes()))
    for name in ("spaced.csv", "zipped.csv.gz"):
        assert open_data(Table(tmp_path / name, "price"), tmp_path).fingerprint == known
    (tmp_path / "zipped.csv.gz").write_bytes(gzip.compress(table.read_bytes())[:-20])
    with pytest.raises(DataError, match="no table that can be read"):
        open_data(Table(tmp_path / "zipped.csv.gz", "price"), tmp_path)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"seed": -1}, "seed=-1 must be a whole number of at least 0"),
        ({"seed": "a"}, "seed='a' must be a whole number"),
        ({"seed": 2**32}, "seed=4294967296 must be a whole number of at most 4294967295"),
        ({"target": ["price"]}, r"target=\['price'\] must be the name of one column"),
        ({"classes": "yes"}, "classes='yes' must be True or False"),
        ({"test": "0.2"}, "test='0.2' must be a finite number"),
        ({"path": 3}, "path=3 must be a text or a Path"),
        ({"path": "~nobody-here/x"}, "path='~nobody-here/x' is no path"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_before_anything_is_read(
    settings: dict[str, object], words: str
) -> None:
    with pytest.raises(DataError, match=words):
        Table(**{"path": "homes.csv", "target": "price", **settings})  # type: ignore[arg-type]


def test_a_missing_table_and_an_impossible_share_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"table .*absent\.csv' does not exist"):
        check_source(Table(tmp_path / "absent.csv", "price"))
    with pytest.raises(DataError, match=r"test=1\.5 must be"):
        Table("homes.csv", "price", test=1.5)
