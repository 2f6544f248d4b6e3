"""A CSV file of numbers: one column is what to learn, the others are what to learn it from."""

from __future__ import annotations

import csv
import gzip
import zlib
from typing import TYPE_CHECKING

import numpy as np

from nia_optuna.data.cuts import at_random, stratified
from nia_optuna.data.dataset import Decoded, Part
from nia_optuna.data.errors import DataError
from nia_optuna.data.sources import Table

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


def read_table(source: Table) -> Decoded:
    """Return rows (n, columns but the target) in the order of the file, cut into train and test.

    Raises DataError naming the column and the line of what is no number, and the line that has
    more or fewer fields than there are columns.
    """
    frame = _read(source)
    inputs = np.stack(
        [_numbers(source, frame[name]) for name in frame if name != source.target], axis=1
    )
    what = f"test={source.test:g} of {source.file.name}"
    count = round(source.test * len(frame))
    if source.classes:
        values, targets = np.unique(_classes(source, frame[source.target]), return_inverse=True)
        cut = stratified(targets.astype(np.int64), count, source.seed, what=what)
        parts = (Part(inputs[part], targets[part].astype(np.int64)) for part in cut)
        return Decoded(tuple(map(str, values)), *parts)
    numbers = _numbers(source, frame[source.target])
    cut = at_random(len(frame), count, source.seed, what=what)
    return Decoded((), *(Part(inputs[part], numbers[part]) for part in cut))


def _read(source: Table) -> pd.DataFrame:
    """Return the table, its index the lines of the file that its rows begin in."""
    import pandas as pd  # half a second to import

    try:
        lines = _lines(source)
        frame = pd.read_csv(source.file, index_col=False, low_memory=False)
        frame.index = pd.Index(lines)
    except DataError:
        raise
    # pandas' own errors are ValueErrors.
    except (OSError, EOFError, ValueError, csv.Error, zlib.error) as error:
        said = " ".join(str(error).split())
        raise DataError(f"{source.file} is no table that can be read: {said}") from error
    if source.target not in frame or frame.shape[1] == 1:
        raise DataError(
            f"{source.file} has the columns {', '.join(map(repr, frame))}; the target "
            f"{source.target!r} must be one of them and not the only one"
        )
    return frame


def _lines(source: Table) -> list[int]:
    """Return the line that each row below the column names begins in; blank lines are none.

    pandas would fill short rows up, and take the first column for names where all are too long.
    """
    columns, lines, line = None, [], 1
    opened = gzip.open if source.file.suffix.lower() == ".gz" else open
    with opened(source.file, "rt", encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        for row in reader:
            begun, line = line, reader.line_num + 1
            if not row or (len(row) == 1 and row[0].isspace()):
                continue
            if columns is None:
                columns = len(row)
                continue
            if len(row) != columns:
                raise DataError(
                    f"line {begun} of {source.file} has {_count(len(row), 'field')} where "
                    f"{_count(columns, 'column')} are named; a comma at the end of a line begins "
                    "one more field"
                )
            lines.append(begun)
    return lines


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _numbers(source: Table, column: pd.Series) -> NDArray[np.float32]:
    import pandas as pd

    try:
        with np.errstate(over="ignore"):  # what is too large becomes infinite and is named below
            numbers = pd.to_numeric(column, errors="coerce").to_numpy(np.float32, na_value=np.nan)
    except OverflowError as error:  # hundreds of digits
        raise DataError(
            f"column {column.name!r} of {source.file} holds a number that is too large; correct it"
        ) from error
    fault = "is no finite number of 32 bits; correct it or drop it"
    _check(source, column, np.isfinite(numbers), fault)
    return numbers


def _classes(source: Table, column: pd.Series) -> NDArray[np.object_]:
    _check(source, column, column.notna().to_numpy(), "is no class; fill it in or drop the line")
    values = column.to_numpy()
    if len(set(values)) < 2:  # noqa: PLR2004  # a single class is always guessed right
        raise DataError(f"{column.name!r} of {source.file} has a single value; there must be more")
    return values


def _check(source: Table, column: pd.Series, fine: NDArray[np.bool_], fault: str) -> None:
    if not fine.all():
        row = int(fine.argmin())
        raise DataError(
            f"{str(column.iloc[row])!r} in column {column.name!r}, line {column.index[row]} of "
            f"{source.file} {fault}"
        )
