"""A Ray cluster: reached, counted, and looked at."""

from __future__ import annotations

import ipaddress
import logging
import math
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass

from nia_optuna.search.executor import ExecutorError
from nia_optuna.search.failure import reason
from nia_optuna.search.ray_trainer import Wanted, describe
from nia_optuna.training.device import Device

CLIENT = "ray://"
CLIENT_PORT = 10001
HEAD_PORT = 6379
REACH_SECONDS = 10.0
# So long a cluster may take to answer that somebody listens for. Ray itself may not heed it before
# its first attempt is over, after 40 seconds.
ANSWER_SECONDS = 30.0
# So long a cluster that is taken, or grows, may take to let a first trainer begin.
ROOM_SECONDS = 600.0


@dataclass(frozen=True)
class Node:
    """What a node of the cluster offers: processors and GPUs, as Ray counts them."""

    cpus: float
    gpus: float


@dataclass(frozen=True)
class Cluster:
    """Where trainers are to be begun: the share of a GPU that each takes, 0 on the CPU.

    `environment` is that of one of its nodes.
    """

    wanted: Wanted
    gpus: float
    environment: Mapping[str, str | int]

    @property
    def resources(self) -> dict[str, float]:
        """What a trainer asks Ray for."""
        return {"num_cpus": self.wanted.threads, "num_gpus": self.gpus}


def connect(executor: str) -> None:
    """Connect to the cluster at ray://HOST:PORT, or for "ray" to RAY_ADDRESS or the one of here.

    Raises ExecutorError where there is none.
    """
    # Said to nobody: who uses this is not Ray's makers' business, nor ours.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    # Ray prints a node's death on stdout, with twenty lines of its log; poll tells what it cost.
    os.environ["RAY_DEDUP_LOGS_SKIP_REGEX"] = "^"
    variable = os.environ.get("RAY_ADDRESS") or "auto"
    address = executor if executor.startswith(CLIENT) else variable
    _check_reachable(address)
    import ray

    try:
        with redirect_stdout(sys.stderr), _within(ANSWER_SECONDS):
            ray.init(address, log_to_driver=False, logging_level=logging.FATAL)
    except _TooLongError:
        raise ExecutorError(
            f"the Ray cluster at {address} does not answer" + _seen_from_outside(address)
        ) from None
    except (ConnectionError, ValueError, RuntimeError) as error:
        if address == "auto":
            raise ExecutorError(
                "no Ray cluster runs on this machine: ray start --head begins one, "
                "and --executor ray://HOST:PORT names another"
            ) from None
        said = " ".join(str(error).split())
        raise ExecutorError(
            f"the Ray cluster at {address} cannot be had: {said}" + _seen_from_outside(address)
        ) from None


class _TooLongError(BaseException):
    """Raised through Ray, which tries again after any Exception."""


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Raise _TooLongError where it takes longer; only the main thread can be interrupted."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_: object) -> None:
        raise _TooLongError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _seen_from_outside(address: str) -> str:
    """Return what is often the matter with an address of this machine."""
    host = address.rpartition(":")[0].strip("[]")
    if address != "auto" and not _is_loopback(host):
        return ""
    return (
        "; Ray takes this machine's address in the network for it, so the head must listen there: "
        "begin it without --node-ip-address, or with that one"
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_reachable(address: str) -> None:
    """Raise ExecutorError where nobody listens: Ray itself tries for minutes, and at length."""
    if address in ("auto", "local"):
        return
    host, _, port = address.removeprefix(CLIENT).partition("/")[0].rpartition(":")
    if not port.isdecimal():
        if not address.startswith(CLIENT):
            raise ExecutorError(
                f"RAY_ADDRESS is {address}, which names no port, as {address}:{HEAD_PORT} does"
            )
        host, port = (f"{host}:{port}" if host else port), str(CLIENT_PORT)
    try:
        socket.create_connection((host.strip("[]"), int(port)), REACH_SECONDS).close()
    except (OSError, OverflowError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise ExecutorError(f"no Ray cluster can be reached at {address}: {why}") from None


def nodes() -> tuple[Node, ...]:
    """Return what the nodes that are up offer."""
    import ray

    offers = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    return tuple(Node(each.get("CPU", 0), each.get("GPU", 0)) for each in offers)


def room(offers: Sequence[Node], gpus: float, threads: int = 1) -> int:
    """Return how many trainers with so many threads each, and such a share of a GPU, find room."""
    return sum(int(min(each.cpus // threads, _shares(each.gpus, gpus))) for each in offers)


def _shares(whole: float, share: float) -> float:
    if share == 0:
        return math.inf
    # No trainer is given parts of two GPUs. Ray counts in ten-thousandths.
    return whole // share if share >= 1 else whole * math.floor(1 / share + 1e-4)


def threads_each(offers: Sequence[Node], count: int) -> int:
    """Return how many threads each of `count` trainers on processors may have, all finding room."""
    most = int(max((each.cpus for each in offers), default=1))
    return next((n for n in range(most, 1, -1) if room(offers, 0, n) >= count), 1)


def look(wanted: Wanted, gpus: float) -> tuple[Device, Cluster]:
    """Return the device of a trainer on one of the nodes, and the cluster.

    Raises ExecutorError where no trainer could work there.
    """
    import ray
    from ray.exceptions import GetTimeoutError, RayError, RayTaskError

    asked = {"num_cpus": wanted.threads, "num_gpus": gpus}
    try:
        answer = ray.remote(**asked)(describe).remote(wanted)
        device, environment = ray.get(answer, timeout=ROOM_SECONDS)
    except GetTimeoutError:
        ray.cancel(answer)
        raise ExecutorError(
            f"no node of the Ray cluster had room for a trainer in {ROOM_SECONDS / 60:g} minutes"
        ) from None
    except RayTaskError as error:
        raise ExecutorError(f"a node cannot train: {reason(error.cause)}") from None
    except RayError as error:
        raise ExecutorError(f"a node cannot train: {reason(error)}") from None
    return device, Cluster(wanted, gpus, environment)
