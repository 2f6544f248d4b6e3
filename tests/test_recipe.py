"""Recipes and budgets: comparable values that refuse what cannot be."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import pytest

from nia_optuna import (
    CNN,
    MLP,
    SGD,
    Adam,
    AdamW,
    Budget,
    Constant,
    Cosine,
    Exponential,
    Plateau,
    Recipe,
    RMSprop,
    Step,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def test_equal_recipes_are_equal_and_survive_a_pickle() -> None:
    one = Recipe(model=CNN(widths=(8, 16)), optimizer=SGD(lr=0.1), decay=Cosine(), batch_size=64)
    same = Recipe(model=CNN(widths=(8, 16)), optimizer=SGD(lr=0.1), decay="cosine", batch_size=64)
    assert one == same
    assert hash(one) == hash(same)
    assert pickle.loads(pickle.dumps(one)) == one  # noqa: S301  # made one line above


@pytest.mark.parametrize(
    ("name", "decay"),
    [
        ("none", Constant()),
        ("step", Step()),
        ("exponential", Exponential()),
        ("cosine", Cosine()),
        ("plateau", Plateau()),
    ],
)
def test_a_decay_may_be_named(name: Any, decay: object) -> None:  # noqa: ANN401  # a literal
    assert Recipe(model=MLP(), optimizer=Adam(), decay=name).decay == decay


def test_no_batch_size_means_the_whole_training_part() -> None:
    assert Recipe(model=MLP(), optimizer=Adam(), batch_size=None).batch_size is None


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: SGD(lr=0), "lr=0 must be above 0"),
        (lambda: SGD(lr=float("nan")), "lr=nan must be a finite number"),
        (lambda: SGD(lr=True), "lr=True must be a finite number"),
        (lambda: SGD(lr=0.1, momentum=1.0), "momentum=1.0 must be in"),
        (lambda: SGD(lr=0.1, nesterov=True), "nesterov=True needs a momentum"),
        (lambda: Adam(l2=-1), "l2=-1 must not be negative"),
        (lambda: AdamW(betas=(0.9, 1.0)), "betas=1.0 must be in"),
        (lambda: RMSprop(smoothing=2), "smoothing=2 must be in"),
        (lambda: Step(every=0), "every=0 must be a whole number of at least 1"),
        (lambda: Exponential(rate=0), "rate=0 must be above 0"),
        (lambda: Plateau(factor=1.0), "factor=1.0 must be between 0 and 1"),
        (lambda: Recipe(model=MLP(), optimizer=Adam(), batch_size=0), "batch_size=0 must be a"),
        (lambda: Budget(trials=0), "trials=0 must be a whole number of at least 1"),
        (lambda: Budget(timeout=float("inf")), "timeout=inf must be a finite number"),
        (lambda: Budget(finalists=-1), "finalists=-1 must be a whole number of at least 0"),
    ],
)
def test_impossible_settings_are_refused(make: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"model": MLP, "optimizer": Adam()}, "has no build"),
        ({"model": object(), "optimizer": Adam()}, "has no build"),
        ({"model": MLP(), "optimizer": "adam"}, "'adam' is not SGD, Adam, AdamW or RMSprop"),
        ({"model": MLP(), "optimizer": Adam(), "decay": 0.1}, "neither a decay nor the name"),
    ],
)
def test_values_of_the_wrong_kind_are_refused(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(TypeError, match=said):
        Recipe(**arguments)


def test_a_misspelt_decay_is_refused_with_the_known_ones() -> None:
    arguments: dict[str, Any] = {"decay": "cosin"}
    with pytest.raises(ValueError, match="not one of none, step, exponential, cosine, plateau"):
        Recipe(model=MLP(), optimizer=Adam(), **arguments)
