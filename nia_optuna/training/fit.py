"""Training as a generator of epochs."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace

from nia_optuna.data import Splits
from nia_optuna.training.course import Course, Fitted
from nia_optuna.training.device import Device
from nia_optuna.training.epoch import Epoch
from nia_optuna.training.loop import Diverged, GivenUp, Loop
from nia_optuna.training.recorder import Recorder
from nia_optuna.training.standing import Shelf, Standing
from nia_optuna.training.training import Training

__all__ = ["Diverged", "Fitted", "GivenUp", "fit"]


def fit(
    training: Training,
    splits: Splits,
    *,
    seed: int,
    device: Device,
    given_up: Callable[[], bool] = lambda: False,
    recorder: Recorder | None = None,
    shelf: Shelf | None = None,
) -> Generator[Epoch, None, Fitted]:
    """Train on `splits.train`, yield what each epoch measured and return a Fitted.

    The epoch that ends the training has `last` set. Closing the generator ends it at once.
    `given_up` is asked every few batches; `recorder` looks on. What `shelf` has of this training is
    yielded first, and the training goes on behind it; now and then its standing is kept there.

    A `batch_size` of None or above the number of examples makes one batch of them all. The last
    batch may be smaller; where it would hold a single example, which batch norm refuses, that
    one waits for another epoch's order.

    Draws come from torch's global generators, which are seeded from (`seed`, epoch) as every
    epoch begins: on a CPU the same seed gives the same curve bit by bit with one thread,
    whatever else draws between two epochs. Sets torch's number of threads for the process.

    Raises Diverged when a loss is not finite, GivenUp where `given_up` said so.
    """
    loop = Loop.begin(
        training, splits, seed=seed, device=device, given_up=given_up, recorder=recorder
    )
    course = Course(training)
    if shelf is not None and (before := shelf.load(loop.model.state_dict())):
        loop.take_up(before)
        for epoch in before.epochs:
            course.take(epoch, lambda: before.best)
            yield epoch
    epoch = loop.epoch(len(course.epochs) + 1, course.losses)
    while not (ended := course.take(epoch, loop.weights)):
        if shelf is not None and shelf.due():
            shelf.keep(Standing.of(course, loop.weights(), loop.state()))
        yield epoch
        epoch = loop.epoch(epoch.number + 1, course.losses)
    yield replace(epoch, last=True)
    return course.fitted(loop.model, ended)
