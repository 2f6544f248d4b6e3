"""A trainer on a node of a Ray cluster: an actor, and what it is told at its start."""

from __future__ import annotations

import os
import pickle
import tempfile
import threading
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from queue import Empty, SimpleQueue

from nia_optuna.data import default_data_dir
from nia_optuna.search.environment import as_begun, environment
from nia_optuna.search.failure import reason
from nia_optuna.search.parcels import Away, Parcel
from nia_optuna.search.protocol import Message, Order
from nia_optuna.search.serving import answer
from nia_optuna.search.study_files import StudyFiles
from nia_optuna.search.trainer import Cuts, Material
from nia_optuna.training.device import Device
from nia_optuna.training.probed import probed


class NodeError(RuntimeError):
    """A node that cannot train for this coordinator: said in one line."""


@dataclass(frozen=True)
class Wanted:
    """What a trainer is to be on its node.

    `device` is "cpu" or "cuda:0", the only GPU that Ray shows to an actor. `data_dir` is None for
    the node's own. Measured settings are kept to where `float32` is not asked for.
    """

    device: str
    threads: int
    float32: bool
    data_dir: Path | None
    version: str

    @property
    def folder(self) -> Path:
        """The folder of the data sets here."""
        return self.data_dir or default_data_dir()


@dataclass(frozen=True)
class Setting:
    """What a trainer is told at its start.

    `recorded` is the environment that the study was begun in, `fingerprint` that of its data.
    """

    wanted: Wanted
    material: Material
    files: StudyFiles | None
    recorded: Mapping[str, object]
    fingerprint: str


@dataclass(frozen=True)
class Ready:
    """A trainer is up: with which settings, and on which device of which node."""

    device: Device
    place: str


@dataclass(frozen=True)
class Unfit:
    """A trainer cannot work on its node, whose address is `node`: `reason` in one line."""

    reason: str
    node: str


Words = Ready | Unfit | Parcel


def device_here(wanted: Wanted) -> Device:
    """Return the device of this node with the settings that are fastest on it.

    Raises NodeError where another version of this program is installed.
    """
    import torch

    here = version("nia-optuna")
    if here != wanted.version:
        raise NodeError(f"nia-optuna is {here} there and {wanted.version} here")
    torch.set_num_threads(wanted.threads)
    float32 = Device(wanted.device)
    device = float32 if wanted.float32 else probed(wanted.device, wanted.folder).device
    return replace(device, threads=wanted.threads)


def describe(wanted: Wanted) -> tuple[Device, dict[str, str | int]]:
    """Return what a trainer would train on, and the environment of its node."""
    device = device_here(wanted)
    return device, environment(device)


class Trainer:
    """An actor: orders come in and messages go out while a thread of its own trains.

    It dies with anything that would end a trainer's process.
    """

    def __init__(self, setting: bytes) -> None:
        import ray

        context = ray.get_runtime_context()
        gpus = context.get_accelerator_ids().get("GPU", [])
        place = " ".join([context.get_node_id(), *gpus])
        # It goes with the actor, except where that is killed.
        self._folder = tempfile.TemporaryDirectory(prefix="nia-optuna-")
        self._line = _Line(Path(self._folder.name))
        threading.Thread(target=self._live, args=(setting, place), daemon=True).start()

    def give(self, number: int, parcel: bytes) -> None:
        """Take an order, the first one being number 0: Ray may deliver a small one early.

        It is pickled, because its classes may be there only once the study file has run.
        """
        self._line.take(number, parcel)

    def words(self) -> list[Words]:
        """Return what there is to say; wait for it."""
        said = [self._line.said.get()]
        while not self._line.said.empty():
            said.append(self._line.said.get())
        return said

    def leave(self) -> None:
        """Take what lies here away."""
        self._folder.cleanup()

    def _live(self, setting: bytes, place: str) -> None:
        import ray

        try:
            try:
                device, cuts = _prepare(pickle.loads(setting), Path(self._folder.name))  # noqa: S301  # our own
            except Exception as error:  # noqa: BLE001  # whatever it is, it is said in one line
                node = ray.util.get_node_ip_address()
                self._line.said.put(Unfit(reason(error), node))
                return
            self._line.said.put(Ready(device, place))
            answer(self._line, cuts, device)
        except BaseException:  # noqa: BLE001  # the actor ends, which tells that its runs are lost
            traceback.print_exc()
            os._exit(1)


class _Line:
    """Leads to the coordinator by way of the actor's two mailboxes."""

    def __init__(self, folder: Path) -> None:
        self.said: SimpleQueue[Words] = SimpleQueue()
        self._orders: SimpleQueue[bytes] = SimpleQueue()
        self._away = Away(folder / "runs")
        self._lock = threading.Lock()
        self._early: dict[int, bytes] = {}
        self._come: bytes | None = None  # looked at and not taken
        self._next = 0

    def take(self, number: int, parcel: bytes) -> None:
        with self._lock:
            self._early[number] = parcel
            while self._next in self._early:
                self._orders.put(self._early.pop(self._next))
                self._next += 1

    def poll(self, timeout: float = 0.0) -> bool:
        if self._come is None:
            with suppress(Empty):
                self._come = self._orders.get(timeout > 0, timeout)
        return self._come is not None

    def recv(self) -> Order:
        come, self._come = self._come, None
        parcel = self._orders.get() if come is None else come
        return self._away.unpack(pickle.loads(parcel))  # noqa: S301  # our coordinator's

    def send(self, message: Message, /) -> None:
        self.said.put(self._away.pack(message))


def _prepare(setting: Setting, folder: Path) -> tuple[Device, Cuts]:
    wanted = setting.wanted
    device = as_begun(device_here(wanted), setting.recorded)
    if setting.files is not None:
        setting.files.load(folder / "study")
    material = replace(setting.material, data_dir=wanted.folder, study_file=None)
    return device, material.open(setting.fingerprint)
