"""Ways to cut examples in two: every class keeps its share on both sides, on one, or at random."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nia_optuna.data.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def stratified(
    labels: NDArray[np.int64], count: int, seed: int, *, what: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the positions that stay and the `count` that are cut off, both in rising order.

    They are those of scikit-learn's `train_test_split`, which takes a second to import: every run
    would wait for it, and so would its trainers.

    Raises DataError, naming `what` is cut off, where a side is too small to hold every class or
    a class has a single picture.
    """
    classes, members = np.unique(labels, return_counts=True)
    rest = _rest(len(labels), count, what)
    if min(count, rest) < len(classes):
        raise DataError(
            f"{what} of {count} leaves {rest} of {len(labels)} examples; each side needs at "
            f"least one of every class: {len(classes)}"
        )
    if members.min() < 2:  # noqa: PLR2004  # one for each side
        raise DataError(
            f"{what} cannot be stratified: class {classes[members.argmin()]} has one example; "
            "add another"
        )
    draws = np.random.RandomState(seed)  # as scikit-learn draws
    stays = _apportioned(rest, members, draws)
    cuts = _apportioned(count, members - stays, draws)
    of_class = np.split(np.argsort(labels, kind="stable"), np.cumsum(members)[:-1])
    shuffled = [positions[draws.permutation(len(positions))] for positions in of_class]
    stay = [mine[:n] for mine, n in zip(shuffled, stays, strict=True)]
    cut = [mine[n:][:more] for mine, n, more in zip(shuffled, stays, cuts, strict=True)]
    return np.sort(np.concatenate(stay)), np.sort(np.concatenate(cut))


def keeping_classes(
    labels: NDArray[np.int64], count: int, seed: int, *, what: str
) -> NDArray[np.int64]:
    """Return `count` positions that hold every class, in rising order; the others need hold none.

    They are stratified where that can be, else one of each class and the others at random. Raises
    DataError, naming `what` they are, where they are too few to hold every class.
    """
    classes, members = np.unique(labels, return_counts=True)
    if count < len(classes):
        raise DataError(
            f"{what} of {count} examples needs at least one of every class: {len(classes)}"
        )
    if len(labels) - count >= len(classes) and members.min() > 1:
        _, kept = stratified(labels, count, seed, what=what)
        if len(np.unique(labels[kept])) == len(classes):  # a rare class may have rounded to none
            return kept
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    _, one_of_each = np.unique(labels[shuffled], return_index=True)
    first = np.concatenate([shuffled[one_of_each], np.delete(shuffled, one_of_each)])
    return np.sort(first[:count])


def at_random(
    examples: int, count: int, seed: int, *, what: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the positions that stay and the `count` that are cut off, both in rising order.

    Raises DataError, naming `what` is cut off, where a side would be empty.
    """
    rest = _rest(examples, count, what)
    if min(count, rest) < 1:
        raise DataError(
            f"{what} of {count} leaves {rest} of {examples} examples; each side needs at least one"
        )
    shuffled = np.random.default_rng(seed).permutation(examples)
    return np.sort(shuffled[count:]), np.sort(shuffled[:count])


def _apportioned(
    count: int, members: NDArray[np.int64], draws: np.random.RandomState
) -> NDArray[np.int64]:
    """Return how many of `count` each class has, by largest remainder; among equals by lot."""
    shares = members / members.sum() * count
    whole: NDArray[np.int64] = np.floor(shares).astype(np.int64)
    left = count - int(whole.sum())
    remainders = shares - whole
    for remainder in np.unique(remainders)[::-1]:
        if left == 0:
            break
        equals = np.flatnonzero(remainders == remainder)
        chosen = draws.choice(equals, size=min(len(equals), left), replace=False)
        whole[chosen] += 1
        left -= len(chosen)
    return whole


def _rest(examples: int, count: int, what: str) -> int:
    if count > examples:
        raise DataError(f"{what} asks for {count} of {examples} examples; ask for fewer")
    return examples - count
