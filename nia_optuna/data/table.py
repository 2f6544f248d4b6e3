"""A CSV file of numbers: one column is what to learn, the others are what to learn it from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nia_optuna.data.cuts import at_random, stratified
from nia_optuna.data.dataset import Decoded, Part
from nia_optuna.data.sources import DataError, Table

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


def read_table(source: Table) -> Decoded:
    """Return rows (n, columns but the target) in the order of the file, cut into train and test.

    Raises DataError naming the column and the line of what is no number.
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
    import pandas as pd  # half a second to import

    try:
        frame = pd.read_csv(source.file)
    except (OSError, ValueError) as error:  # pandas' own errors are ValueErrors
        said = " ".join(str(error).split())
        raise DataError(f"{source.file} is no table that can be read: {said}") from error
    if source.target not in frame or frame.shape[1] == 1:
        raise DataError(
            f"{source.file} has the columns {', '.join(map(repr, frame))}; the target "
            f"{source.target!r} must be one of them and not the only one"
        )
    return frame


def _numbers(source: Table, column: pd.Series) -> NDArray[np.float32]:
    import pandas as pd

    numbers = pd.to_numeric(column, errors="coerce").to_numpy(np.float32, na_value=np.nan)
    _check(source, column, np.isfinite(numbers), "is no finite number; correct it or drop it")
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
        # The names are line 1.
        raise DataError(
            f"{str(column.iloc[row])!r} in column {column.name!r}, line {row + 2} of {source.file} "
            f"{fault}"
        )
