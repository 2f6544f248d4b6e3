"""Orders and messages between machines that share no files: what belongs to them goes along."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from nia_optuna.search.executor import is_last
from nia_optuna.search.failure import failure
from nia_optuna.search.protocol import Judged, Message, Order, Run, Score, Start, Stop


@dataclass(frozen=True)
class Parcel:
    """An order or a message, and files by the path that the coordinator has them at."""

    content: Order | Message
    files: Mapping[Path, bytes] = field(default_factory=dict)


def pack_order(order: Order) -> Parcel:
    """Return an order with the weights that it is about. Raises OSError."""
    if isinstance(order, Score):
        return Parcel(order, {order.checkpoint: order.checkpoint.read_bytes()})
    return Parcel(order)


def unpack_message(parcel: Parcel) -> Message:
    """Leave the files of a message where they were asked for; return it.

    Where they cannot be left, that is what is said instead.
    """
    from nia_optuna.training.checkpoints import write

    message = parcel.content
    assert not isinstance(message, Order), "trainers give none"
    try:
        for path, content in parcel.files.items():
            write(path, content)
    except OSError as error:
        return failure(message.run, error, short=False)
    return message


class Away:
    """The trainer's side: a run has a folder of its own, in place of the coordinator's paths."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._wanted: dict[Run, tuple[Path, ...]] = {}

    def unpack(self, parcel: Parcel) -> Order:
        """Return an order with paths that are here, and what lies at them."""
        order = parcel.content
        match order:
            case Stop() | Judged():
                return order
            case Score():
                here = self._begin(order.run, (order.answers,))
                local = here / order.checkpoint.name
                local.write_bytes(parcel.files[order.checkpoint])
                return replace(order, checkpoint=local, answers=here / order.answers.name)
        assert isinstance(order, Order), "coordinators tell nothing"
        return replace(order, starts=tuple(map(self._here, order.starts)))

    def pack(self, message: Message) -> Parcel:
        """Return a message; with the last one of a run goes what it has left in its folder."""
        if not is_last(message):
            return Parcel(message)
        here = self._of(message.run)
        wanted = self._wanted.pop(message.run, ())
        try:
            left = {home: here / home.name for home in wanted if (here / home.name).exists()}
            files = {home: local.read_bytes() for home, local in left.items()}
        except OSError as error:
            return Parcel(failure(message.run, error, short=False))
        finally:
            shutil.rmtree(here, ignore_errors=True)
        return Parcel(message, files)

    def _here(self, start: Start) -> Start:
        # Where a training stands is kept if the coordinator's folder is one that is shared.
        if start.standings is not None and not start.standings.is_dir():
            start = replace(start, standings=None)
        if start.checkpoint is None:
            return start
        here = self._begin(start.run, (start.checkpoint,))
        return replace(start, checkpoint=here / start.checkpoint.name)

    def _begin(self, run: Run, wanted: tuple[Path, ...]) -> Path:
        self._wanted[run] = wanted
        here = self._of(run)
        here.mkdir(parents=True, exist_ok=True)
        return here

    def _of(self, run: Run) -> Path:
        return self._folder / f"{run.trial}-{run.seed}"
