"""The epochs of a training, made of what the storage holds once somebody looks at them.

Whoever counts epochs needs none of them, and those of 10,000 trials take a second to make.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import overload

from nia_optuna.findings.facts import EpochFacts

_MEASURED = (
    *("train_loss", "train_accuracy", "train_mse", "train_mae"),
    *("validation_loss", "validation_accuracy", "validation_mse", "validation_mae"),
    *("first_loss", "blank_loss", "lr", "seconds"),
)


class Curve(Sequence[EpochFacts]):
    """Epochs as TrialAttr.CURVE has them, `metric` the measure that the study judges by.

    Only numbers are read, which need no cleaning; what is none counts as absent.
    """

    def __init__(self, entries: Sequence[object], metric: str) -> None:
        self._entries = entries
        self._judged = f"validation_{metric}"

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, place: int) -> EpochFacts: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[EpochFacts, ...]: ...

    def __getitem__(self, place: int | slice) -> EpochFacts | tuple[EpochFacts, ...]:
        return self._epochs[place]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._epochs == tuple(other)

    def __hash__(self) -> int:
        return hash(self._epochs)

    def __repr__(self) -> str:
        return repr(self._epochs)

    @cached_property
    def _epochs(self) -> tuple[EpochFacts, ...]:
        return tuple(
            EpochFacts(
                number=whole(entry.get("number")) or place,
                metric=number(entry.get(self._judged)),
                **{name: number(entry.get(name)) for name in _MEASURED if name in entry},
            )
            for place, entry in enumerate(map(mapping, self._entries), start=1)
        )


def mapping(value: object) -> Mapping[str, object]:
    """Return a JSON value as a mapping; an empty one for all others."""
    return value if isinstance(value, dict) else {}


def number(value: object) -> float | None:
    """Return a JSON value as a finite number; None for all others."""
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else None


def whole(value: object) -> int | None:
    """Return a JSON value as a whole number; None for all others."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None
