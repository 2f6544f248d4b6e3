"""Evaluation counts every picture once."""

import math

import numpy as np
import pytest

from nia_optuna.architectures import CNN, MLP
from nia_optuna.data import Splits, View
from nia_optuna.training.device import Device
from nia_optuna.training.evaluation import evaluate


def test_the_confusion_matrix_counts_every_picture_by_truth(digits: Splits) -> None:
    model = MLP().build(digits.shape, digits.classes)
    scored = evaluate(model, digits.test, digits, Device())

    confusion = np.array(scored.confusion)
    truth = np.bincount(digits.test.part.labels[digits.test.index], minlength=10)
    assert confusion.sum(axis=1).tolist() == truth.tolist()
    assert scored.accuracy == pytest.approx(np.trace(confusion) / len(digits.test.index))


@pytest.mark.parametrize("model", [MLP(), MLP(widths=()), CNN(widths=(8, 16))], ids=repr)
def test_an_untrained_network_knows_nothing(digits: Splits, model: MLP | CNN) -> None:
    # The loss of a guess among C classes is ln C.
    network = model.build(digits.shape, digits.classes)
    scored = evaluate(network, digits.validation, digits, Device())
    assert scored.loss == pytest.approx(math.log(10), abs=0.4)


def test_the_memory_format_changes_no_answer(digits: Splits) -> None:
    model = CNN(widths=(8, 16)).build(digits.shape, digits.classes)
    plain = evaluate(model, digits.test, digits, Device())
    last = evaluate(model, digits.test, digits, Device(channels_last=True))
    assert last.loss == pytest.approx(plain.loss, rel=1e-4)


def test_a_view_without_pictures_is_refused(digits: Splits) -> None:
    nothing = View(digits.test.part, np.array([], dtype=np.int64))
    with pytest.raises(ValueError, match="no pictures"):
        evaluate(MLP().build(digits.shape, 10), nothing, digits, Device())
