"""The trainer's side: orders in, messages out. Never heard of Optuna."""

from __future__ import annotations

import errno
import json
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

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
)
from nia_optuna.training.device import Device

if TYPE_CHECKING:
    from nia_optuna.predictions import Predictions
    from nia_optuna.recipe import Recipe

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


Cuts = Callable[[int], Splits]
"""The splits of a study's data by the seed that cuts them."""


@dataclass(frozen=True)
class Material:
    """Where a trainer finds what it trains on.

    `study_file` is loaded first, so that recipes with a user's own network can be unpickled.
    """

    source: Source
    data_dir: Path
    validation: float | Literal["own"]
    subset: float | None
    normalise: Literal["standard"] | tuple[float, float]
    study_file: Path | None = None

    def open(self) -> Cuts:
        """Open the data, already fetched and cached; return what splits them, once a seed."""
        data = open_data(self.source, self.data_dir, lambda *_: None)

        @cache
        def cut(seed: int) -> Splits:
            return split(
                data,
                validation=self.validation,
                subset=self.subset,
                seed=seed,
                normalise=self.normalise,
            )

        return cut


def carry_out(
    order: Start | Score, cuts: Cuts, device: Device, stop: Callable[[Run], bool]
) -> Iterator[Message]:
    """Yield the messages of one order; `stop(run)` is asked every few batches.

    Whatever goes wrong in a user's network or in torch becomes a Failed message; what goes wrong
    with the machine, such as a full disk, a Broken one.
    """
    try:
        if isinstance(order, Start):
            yield from _train(order, cuts, device, stop)
        else:
            yield _score(order, cuts(order.cut), device)
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
    order: Start, cuts: Cuts, device: Device, stop: Callable[[Run], bool]
) -> Iterator[Message]:
    # Imported here so that the coordinator can speak the protocol without torch.
    from nia_optuna.search.trainings import Trainings
    from nia_optuna.training.checkpoints import save
    from nia_optuna.training.fit import Diverged, GivenUp

    trainings = Trainings(order, cuts, device, lambda: stop(order.run))
    try:
        fitted = yield from trainings.messages()
        if order.checkpoint is not None:
            about = _about(order.training.recipe, cuts(order.cut))
            save(order.checkpoint, fitted.model, about)
    except Diverged as error:
        # A configuration that does not survive all of its seeds is none to recommend.
        yield Failed(order.run, f"diverged: {error}", tuple(trainings.repeats))
    except GivenUp:
        yield Stopped(order.run)
    else:
        yield Finished(
            order.run,
            fitted.best.number,
            fitted.stopped,
            fitted.parameters,
            tuple(trainings.repeats),
        )


def _about(recipe: Recipe, splits: Splits) -> dict[str, str]:
    """Return what a checkpoint says of its network: enough to build ours again and to feed it."""
    from nia_optuna.architectures.plain import plain

    return {
        "recipe": repr(recipe),
        "model": json.dumps(plain(recipe.model)),
        "mean": json.dumps(splits.mean),
        "std": json.dumps(splits.std),
    }


def _score(order: Score, splits: Splits, device: Device) -> Scored:
    from nia_optuna.predictions import predictions, to_bytes
    from nia_optuna.training.checkpoints import load, write
    from nia_optuna.training.evaluation import evaluate

    model = order.recipe.model.build(splits.shape, splits.outputs)
    load(order.checkpoint, model)
    scored = evaluate(model, splits.test, splits, device, loss=order.loss)
    answers = predictions(
        scored.outputs.numpy(), splits.test.targets, splits.test.part.inputs[splits.test.index]
    )
    write(order.answers, to_bytes(answers))
    return Scored(order.run, scored.measures, scored.losses, _confusion(answers, splits.classes))


def _confusion(answers: Predictions, classes: int) -> tuple[tuple[int, ...], ...]:
    if not classes:
        return ()
    from sklearn.metrics import confusion_matrix  # a second to import

    counted = confusion_matrix(answers.targets, answers.outputs.argmax(1), labels=range(classes))
    return tuple(tuple(int(n) for n in row) for row in counted)
