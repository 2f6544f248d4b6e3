"""Evaluation counts every example once."""

import math

import numpy as np
import pytest

from nia_optuna.architectures import CNN, MLP
from nia_optuna.data import Splits, View
from nia_optuna.training.device import Device
from nia_optuna.training.evaluation import evaluate


def test_the_outputs_are_probabilities_in_the_order_of_the_part(digits: Splits) -> None:
    model = MLP().build(digits.shape, digits.classes)
    scored = evaluate(model, digits.test, digits, Device())

    outputs = scored.outputs.numpy()
    assert outputs.shape == (len(digits.test.index), 10)
    assert outputs.sum(1) == pytest.approx(1.0)
    right = (outputs.argmax(1) == digits.test.targets).mean()
    assert scored.measures["accuracy"] == pytest.approx(right)
    truth = outputs[np.arange(len(outputs)), digits.test.targets]
    assert scored.measures["loss"] == pytest.approx(-np.log(truth).mean(), rel=1e-4)
    assert scored.losses["0-1"] == pytest.approx(1 - right)
    assert scored.losses["cross-entropy"] == pytest.approx(scored.measures["loss"])


@pytest.mark.parametrize("model", [MLP(), MLP(widths=()), CNN(widths=(8, 16))], ids=repr)
def test_an_untrained_network_knows_nothing(digits: Splits, model: MLP | CNN) -> None:
    # The loss of a guess among C classes is ln C.
    network = model.build(digits.shape, digits.classes)
    scored = evaluate(network, digits.validation, digits, Device())
    assert scored.measures["loss"] == pytest.approx(math.log(10), abs=0.4)


def test_the_memory_format_changes_no_answer(digits: Splits) -> None:
    model = CNN(widths=(8, 16)).build(digits.shape, digits.classes)
    plain = evaluate(model, digits.test, digits, Device())
    last = evaluate(model, digits.test, digits, Device(channels_last=True))
    assert last.measures["loss"] == pytest.approx(plain.measures["loss"], rel=1e-4)


def test_numbers_are_judged_by_their_errors(boston: Splits) -> None:
    scored = evaluate(MLP().build(boston.shape, boston.outputs), boston.test, boston, Device())

    error = scored.outputs.numpy() - boston.test.targets
    assert scored.outputs.shape == (len(boston.test),)
    assert scored.measures["mse"] == pytest.approx((error**2).mean(), rel=1e-4)
    assert scored.measures["mae"] == pytest.approx(np.abs(error).mean(), rel=1e-4)
    assert scored.measures["loss"] == scored.measures["mse"]
    assert set(scored.losses) == {"squared", "absolute"}


def test_a_view_without_examples_is_refused(digits: Splits) -> None:
    nothing = View(digits.test.part, np.array([], dtype=np.int64))
    with pytest.raises(ValueError, match="nothing to evaluate on"):
        evaluate(MLP().build(digits.shape, 10), nothing, digits, Device())
