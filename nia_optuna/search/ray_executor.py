"""Long-lived trainers across a Ray cluster: an actor a slot, begun anew wherever there is room."""

from __future__ import annotations

import pickle
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from nia_optuna.search.executor import ExecutorError, is_last
from nia_optuna.search.failure import failure
from nia_optuna.search.parcels import pack_order, unpack_message
from nia_optuna.search.processes import DEATHS_AT_BIRTH
from nia_optuna.search.protocol import Judged, Lost, Message, Order, Run, Score, Stop, Train
from nia_optuna.search.ray_cluster import Cluster
from nia_optuna.search.ray_trainer import Ready, Setting, Trainer, Unfit, Words
from nia_optuna.search.watch import Said, Watch
from nia_optuna.training.device import Device

# The first trainers wait so long for the others, so that the work is shared among all.
GATHER_SECONDS = 5.0
# So long a run waits without a single trainer, for nodes that come back or other work that ends.
PATIENCE_SECONDS = 600.0
LEAVE_SECONDS = 2.0
THREADS = 2  # of an actor: one waits for its next words while the other takes an order


@dataclass
class _Slot:
    """One trainer: the actor that it is now, and the runs that have not said their last.

    `words` is a reference to what the actor says next. An actor waits in Ray's queue until the
    cluster has room for it; only then is it `ready`.
    """

    device: Device
    actor: Any = None
    words: Any = None
    given: int = 0
    place: str = ""
    runs: set[Run] = field(default_factory=set)
    ready: bool = False
    deaths: int = 0
    retired: bool = False


class RayTrainers:
    """As many actors as devices are given, which say what they would be on the node looked at."""

    def __init__(
        self, setting: Setting, cluster: Cluster, devices: Sequence[Device], watch: Watch
    ) -> None:
        import ray

        self._class = ray.remote(
            **cluster.resources,
            max_concurrency=THREADS,
            max_restarts=0,
            scheduling_strategy="SPREAD",
        )(Trainer)
        self._setting = pickle.dumps(setting)
        self._watch = watch
        self._unfit: list[Any] = []
        self._left_out: set[str] = set()
        self._unsent: list[tuple[int, Message]] = []
        self._slots = [_Slot(device) for device in devices]
        self._gathered: float | None = None
        self._alive = time.monotonic()
        for slot in self._slots:
            self._begin(slot)

    @property
    def devices(self) -> Sequence[Device]:
        """What each trainer found on its node, or is expected to find."""
        return [slot.device for slot in self._slots]

    @property
    def free(self) -> int:
        """Trainers that are up and have nothing to do."""
        gathered = self._gathered is not None and time.monotonic() >= self._gathered
        return len(self._idle()) if gathered else 0

    @property
    def busy(self) -> int:
        """Trainers that have runs, those that are to end with them included."""
        return sum(bool(slot.runs) for slot in self._slots)

    def send(self, order: Order) -> None:
        """Pass an order on: to the trainer that has the run it is about, else to a free one."""
        match order:
            case Stop(run=known) | Judged(run=known) | Train(beside=known):
                slot = next((s for s in self._slots if known in s.runs), None)
            case Score():
                slot = None
        if slot is None and isinstance(order, Stop | Judged):
            return
        slot = slot or self._idle()[0]
        try:
            parcel = pickle.dumps(pack_order(order))
        except Exception as error:  # noqa: BLE001  # a recipe that cannot travel, weights that are gone
            assert not isinstance(order, Stop | Judged), "numbers can always travel"
            said = [failure(run, error, short=False) for run in order.runs]
            self._unsent.extend((self._slots.index(slot), each) for each in said)
            return
        if not isinstance(order, Stop | Judged):
            slot.runs.update(order.runs)
        slot.actor.give.remote(slot.given, parcel)
        slot.given += 1

    def poll(self, timeout: float) -> list[tuple[int, Message]]:
        """Return the messages of all trainers; the dead are replaced and their trainings Lost."""
        import ray
        from ray.exceptions import RayError

        arrived, self._unsent = self._unsent, []
        for slot in self._spoken(0 if arrived else timeout):
            number = self._slots.index(slot)
            try:
                said: list[Words] = ray.get(slot.words)
            except RayError as error:
                arrived.extend((number, lost) for lost in self._replace(slot, error))
                continue
            slot.words = slot.actor.words.remote()
            for each in said:
                self._heed(slot, number, each, arrived)
        self._end_retired()
        self._check_patience()
        return arrived

    def retire(self, worker: int) -> bool:
        """Let a trainer end with its last run; return False for the last one on its device."""
        slot = self._slots[worker]
        others = [s for s in self._slots if s is not slot and s.ready and not s.retired]
        if not any(other.place == slot.place for other in others):
            return False
        slot.retired = True
        self._end_retired()
        return True

    def close(self) -> None:
        """End the trainers; they hold nothing that is worth waiting for."""
        import ray

        actors = [slot.actor for slot in self._slots if slot.actor is not None] + self._unfit
        with suppress(Exception):  # whoever is gone has left already
            parting = [actor.leave.remote() for actor in actors]
            ray.wait(parting, num_returns=len(parting), timeout=LEAVE_SECONDS)
        for slot in self._slots:
            self._kill(slot)
        for actor in self._unfit:
            with suppress(Exception):
                ray.kill(actor)

    def _spoken(self, timeout: float) -> list[_Slot]:
        """Return the trainers that have something to say, or have died."""
        import ray

        asked = {slot.words: slot for slot in self._slots if slot.actor is not None}
        try:
            ready, rest = ray.wait(list(asked), timeout=timeout)
            if ready and rest:
                more, _ = ray.wait(rest, num_returns=len(rest), timeout=0)
                ready += more
        except ConnectionError as error:
            raise ExecutorError(f"the Ray cluster is gone: {error}") from None
        return [asked[each] for each in ready]

    def _heed(
        self, slot: _Slot, number: int, said: Words, arrived: list[tuple[int, Message]]
    ) -> None:
        match said:
            case Unfit():
                self._leave_out(slot, said)
            case Ready(device=device, place=place):
                slot.device, slot.place, slot.ready, slot.deaths = device, place, True, 0
                self._gather()
            case _:
                message = unpack_message(said)
                if is_last(message):
                    slot.runs.discard(message.run)
                arrived.append((number, message))

    def _leave_out(self, slot: _Slot, unfit: Unfit) -> None:
        """Begin a trainer elsewhere: the one that cannot work keeps its place, so none comes there.

        Raises ExecutorError where all are so.
        """
        self._unfit.append(slot.actor)
        if len(self._unfit) >= len(self._slots) and not any(each.ready for each in self._slots):
            raise ExecutorError(f"a trainer could not start: {unfit.reason}")
        said = f"the node at {unfit.node} is left out: {unfit.reason}"
        if said not in self._left_out:
            self._watch(Said(said))
        self._left_out.add(said)
        self._begin(slot)

    def _gather(self) -> None:
        now = time.monotonic()
        if all(slot.ready for slot in self._slots):
            self._gathered = now
        elif self._gathered is None:
            self._gathered = now + GATHER_SECONDS

    def _check_patience(self) -> None:
        now = time.monotonic()
        if any(slot.ready for slot in self._slots):
            self._alive = now
        elif now - self._alive > PATIENCE_SECONDS:
            said = f"the cluster had no room for any trainer for {PATIENCE_SECONDS / 60:g} minutes"
            raise ExecutorError("; ".join([said, *sorted(self._left_out)]))

    def _idle(self) -> list[_Slot]:
        return [slot for slot in self._slots if slot.ready and not slot.runs and not slot.retired]

    def _end_retired(self) -> None:
        for slot in self._slots:
            if slot.retired and not slot.runs:
                self._kill(slot)

    def _begin(self, slot: _Slot) -> None:
        slot.given, slot.actor = 0, self._class.remote(self._setting)
        slot.words = slot.actor.words.remote()

    def _kill(self, slot: _Slot) -> None:
        import ray

        actor, slot.actor, slot.words, slot.ready = slot.actor, None, None, False
        if actor is not None:
            with suppress(Exception):  # it may be gone, and its cluster, too
                ray.kill(actor)

    def _replace(self, slot: _Slot, error: Exception) -> list[Lost]:
        why = type(error).__name__
        lost = [Lost(run, f"the trainer died ({why})") for run in sorted(slot.runs)]
        slot.deaths += not slot.ready
        if slot.deaths >= DEATHS_AT_BIRTH:
            said = " ".join(str(error).split())
            raise ExecutorError(f"trainers die at their start: {said}")
        self._kill(slot)
        slot.runs = set()
        if not slot.retired:
            self._begin(slot)
        return lost
