"""The trainer's side: orders in, messages out. Never heard of Optuna."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nia_optuna.data import Source, Splits, open_data, split
from nia_optuna.search.protocol import (
    Broken,
    Failed,
    Finished,
    Message,
    Run,
    Score,
    Scored,
    Start,
    Stopped,
    Trained,
)
from nia_optuna.training.device import Device

# What no other configuration would survive either: no room, no memory, too many files, a bad disk.
MACHINE_ERRORS = (
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EROFS,
    errno.EIO,
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOMEM,
)


@dataclass(frozen=True)
class Material:
    """Where a trainer finds what it trains on.

    `study_file` is loaded first, so that recipes with a user's own network can be unpickled.
    """

    source: Source
    data_dir: Path
    validation: float | Literal["own"]
    subset: float | None
    seed: int
    study_file: Path | None = None

    def splits(self) -> Splits:
        """Open the data, already fetched and cached, and cut it as the study says."""
        data = open_data(self.source, self.data_dir, lambda *_: None)
        return split(data, validation=self.validation, subset=self.subset, seed=self.seed)


def carry_out(
    order: Start | Score, splits: Splits, device: Device, stop: Callable[[Run], bool]
) -> Iterator[Message]:
    """Yield the messages of one order; `stop(run)` is asked every few batches.

    Whatever goes wrong in a user's network or in torch becomes a Failed message; what goes wrong
    with the machine, such as a full disk, a Broken one.
    """
    try:
        if isinstance(order, Start):
            yield from _train(order, splits, device, stop)
        else:
            yield _score(order, splits, device)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # a user's network may raise anything
        broken = isinstance(error, OSError) and error.errno in MACHINE_ERRORS
        yield (Broken if broken else Failed)(order.run, reason(error))


def reason(error: BaseException) -> str:
    """Return what went wrong in one line, with the place in the code that raised it."""
    first = next(iter(str(error).strip().splitlines()), "")
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {first}{place}"[:500]


def _train(
    order: Start, splits: Splits, device: Device, stop: Callable[[Run], bool]
) -> Iterator[Message]:
    # Imported here so that the coordinator can speak the protocol without torch.
    from nia_optuna.training.checkpoints import save
    from nia_optuna.training.fit import Diverged, GivenUp, fit

    epochs = fit(
        order.recipe,
        splits,
        epochs=order.epochs,
        seed=order.run.seed,
        device=device,
        metric=order.metric,
        patience=order.patience,
        target=order.target,
        augment=order.augment,
        given_up=lambda: stop(order.run),
    )
    while True:
        try:
            epoch = next(epochs)
        except StopIteration as end:
            fitted = end.value
            break
        except Diverged as error:
            yield Failed(order.run, f"diverged: {error}")
            return
        except GivenUp:
            yield Stopped(order.run)
            return
        yield Trained(order.run, epoch)
    if order.checkpoint is not None:
        save(order.checkpoint, fitted.model, {"recipe": repr(order.recipe)})
    yield Finished(order.run, fitted.best.number, fitted.stopped, fitted.parameters)


def _score(order: Score, splits: Splits, device: Device) -> Scored:
    from nia_optuna.training.checkpoints import load
    from nia_optuna.training.evaluation import evaluate

    model = order.recipe.model.build(splits.shape, splits.classes)
    load(order.checkpoint, model)
    scored = evaluate(model.to(device.name), splits.test, splits, device)
    confusion = tuple(tuple(int(n) for n in row) for row in scored.confusion)
    return Scored(order.run, scored.loss, scored.accuracy, confusion)
