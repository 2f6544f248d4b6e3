"""The process that trainers are forked from, and how processes are started undisturbed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import forkserver, resource_tracker

from nia_optuna.search.interrupt import ENDING

# What every training needs. PyTorch's own optimizers import its compiler, too, which takes a
# second: on a CPU that is RMSprop alone, and a trainer does it when it has its first.
PRELOADED = ("nia_optuna.cli.main", "nia_optuna.search.trainings")
# What a trainer, which runs a user's network and never asks a storage, need not be told.
SECRETS = ("NIA_OPTUNA_STORAGE", "PGPASSWORD")


def prepare_trainers() -> None:
    """Let a process import what all trainers need, which are then forked from it at once.

    It does so beside whatever the caller does next. Forked trainers would inherit torch's thread
    pools in a broken state from any process that has computed; this one never does.
    """
    multiprocessing.set_forkserver_preload(list(PRELOADED))
    with _without_secrets(), undisturbed(), _aside():
        forkserver.ensure_running()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Start processes that neither Ctrl-C, SIGTERM nor the end of the terminal finds unprepared.

    They reach the whole group, though the coordinator decides what becomes of a training. What is
    started here inherits the block.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    resource_tracker.ensure_running()  # its start undoes the block of SIGINT and SIGTERM
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _without_secrets() -> Iterator[None]:
    """Start processes whose environment holds no password."""
    held = {name: os.environ.pop(name) for name in SECRETS if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(held)


@contextmanager
def without_arguments() -> Iterator[None]:
    """Start processes that are not told this one's arguments, of which one may be a password."""
    told = sys.argv
    sys.argv = told[:1]
    try:
        yield
    finally:
        sys.argv = told


@contextmanager
def _aside() -> Iterator[None]:
    """Start a process whose standard output is ours for errors: ours for results ends with us."""
    own = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(own, 1)
        os.close(own)
