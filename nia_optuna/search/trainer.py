"""The trainer's side: orders in, messages out. Never heard of Optuna."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from nia_optuna.data import DataError, Source, Splits, open_data, split
from nia_optuna.search.failure import failure
from nia_optuna.search.protocol import Message, Run, Score, Scored, Start, Train, Trained
from nia_optuna.training.device import Device

if TYPE_CHECKING:
    from nia_optuna.predictions import Predictions
    from nia_optuna.recipe import Recipe
    from nia_optuna.search.work import Work

Cuts = Callable[[int], Splits]
"""The splits of a study's data by the seed that cuts them."""


class Inbox(Protocol):
    """What reaches a trainer while it trains."""

    def stopped(self, run: Run) -> bool:
        """Return whether a run is not wanted any more; once it is, it stays so."""
        ...

    def joining(self) -> list[Start]:
        """Return the orders that have come to join those that train, each once."""
        ...

    def wait(self, told: Sequence[Trained], seconds: float) -> None:
        """Wait until all that was told is judged or not wanted any more, so long at most."""
        ...


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

    def open(self, fingerprint: str | None = None) -> Cuts:
        """Open the data, already fetched and cached; return what splits them, once a seed.

        Raises DataError where they are others than those with `fingerprint`.
        """
        data = open_data(self.source, self.data_dir, lambda *_: None)
        if fingerprint not in (None, data.fingerprint):
            raise DataError(
                f"{data.name} is {data.fingerprint[:19]}… there, {fingerprint[:19]}… here"
            )

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


def carry_out(order: Train | Score, cuts: Cuts, device: Device, inbox: Inbox) -> Iterator[Message]:
    """Yield the messages of an order, and of those that join it by way of `inbox`.

    Whatever goes wrong in a user's network or in torch becomes a Failed message; what goes wrong
    with the machine, such as a full disk, a Broken one.
    """
    if isinstance(order, Score):
        try:
            yield _score(order, cuts(order.cut), device)
        except (Exception, SystemExit) as error:  # noqa: BLE001  # a user's network may raise anything
            from nia_optuna.training.memory import out_of_memory

            yield failure(order.run, error, short=out_of_memory(error))
        return
    # Imported here so that the coordinator can speak the protocol without torch.
    from nia_optuna.search.trainings import Trainings

    def keep(work: Work) -> None:
        from nia_optuna.training.checkpoints import save

        if work.order.checkpoint is not None:
            about = _about(work.order.training.recipe, cuts(work.order.cut))
            save(work.order.checkpoint, work.fitted.model, about)

    yield from Trainings(order, cuts, device, inbox, keep).messages()


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
    from nia_optuna.training.precision import suited

    model = order.recipe.model.build(splits.shape, splits.outputs)
    load(order.checkpoint, model)
    device = suited(device, order.recipe, model, splits)  # as it was trained
    scored = evaluate(model, splits.test, splits, device, loss=order.loss)
    answers = predictions(
        scored.outputs.numpy(), splits.test.targets, splits.test.part.inputs[splits.test.index]
    )
    write(order.answers, to_bytes(answers))
    return Scored(order.run, scored.measures, scored.losses, _confusion(answers, splits.classes))


def _confusion(answers: Predictions, classes: int) -> tuple[tuple[int, ...], ...]:
    if not classes:
        return ()
    said = answers.outputs.argmax(1).tolist()
    counted = Counter(zip(answers.targets.tolist(), said, strict=True))
    return tuple(tuple(counted[true, other] for other in range(classes)) for true in range(classes))
