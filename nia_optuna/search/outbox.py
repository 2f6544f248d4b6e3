"""Ended trials on their way to the storage: each a file until the storage is known to have it.

Whoever is killed on the way, or while the storage is away, finds them there when it goes on.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from optuna.distributions import distribution_to_json, json_to_distribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from nia_optuna.record import TrialAttr
from nia_optuna.search.runs import private_folder


@dataclass(frozen=True)
class Outbox:
    """Keeps trials in a folder, one file for every attempt at one, mode 0600."""

    folder: Path

    def put(self, trial: FrozenTrial) -> None:
        """Keep an ended trial, whole or not at all, and on the disk.

        Raises OSError, and RunsError where the folder cannot be made.
        """
        if not self.folder.is_dir():
            private_folder(self.folder)
        file = self._file(trial)
        part = file.with_name(f".{file.name}")  # an attempt belongs to one process
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as written:
            written.write(json.dumps(_plain(trial)))
            written.flush()
            os.fsync(written.fileno())
        part.replace(file)
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)  # the name, too
        finally:
            os.close(folder)

    def has(self, trial: FrozenTrial) -> bool:
        """Return whether a trial is kept."""
        return self._file(trial).exists()

    def drop(self, trial: FrozenTrial) -> None:
        """Forget a trial. Where that cannot be, the storage knows that it has ended."""
        with suppress(OSError):
            self._file(trial).unlink(missing_ok=True)

    def waiting(self) -> Iterator[FrozenTrial]:
        """Yield what is kept; a file that is broken, or no trial, is said on stderr and dropped."""
        for file in sorted(self.folder.glob("[!.]*.json")):
            try:
                trial = _trial(json.loads(file.read_text(encoding="utf-8")))
                whole = file == self._file(trial)
            except FileNotFoundError:
                continue  # another coordinator told it
            except OSError as error:
                # It may be whole, and another coordinator's who shares the folder.
                sys.stderr.write(f"nia-optuna: {file} cannot be read now: {error.strerror}\n")
                continue
            except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
                whole = False
            if whole:
                yield trial
                continue
            sys.stderr.write(f"nia-optuna: {file} is no trial that could be told: dropped\n")
            with suppress(OSError):
                file.unlink()

    def _file(self, trial: FrozenTrial) -> Path:
        return self.folder / f"{trial.number}-{attempts(trial.user_attrs)}.json"


def attempts(user_attrs: dict[str, Any]) -> int:
    """Return how many attempts a trial is in, see TrialAttr."""
    return int(user_attrs.get(TrialAttr.ATTEMPTS, 1))


def _plain(trial: FrozenTrial) -> dict[str, Any]:
    """Return a trial as JSON, in which Python lets a number be infinite or none at all."""
    return {
        "number": trial.number,
        "started": _utc(trial.datetime_start),
        "ended": _utc(trial.datetime_complete),
        "state": trial.state.name,
        "values": trial.values,
        "params": {
            name: [kind.to_internal_repr(trial.params[name]), distribution_to_json(kind)]
            for name, kind in trial.distributions.items()
        },
        "user_attrs": trial.user_attrs,
        "system_attrs": trial.system_attrs,
        "intermediate_values": list(trial.intermediate_values.items()),
    }


def _trial(told: dict[str, Any]) -> FrozenTrial:
    kinds = {name: json_to_distribution(kind) for name, (_, kind) in told["params"].items()}
    trial = create_trial(
        state=TrialState[told["state"]],
        values=None if told["values"] is None else [float(value) for value in told["values"]],
        params={n: kinds[n].to_external_repr(float(v)) for n, (v, _) in told["params"].items()},
        distributions=kinds,
        user_attrs=dict(told["user_attrs"]),
        system_attrs=dict(told["system_attrs"]),
        intermediate_values={int(s): float(v) for s, v in told["intermediate_values"]},
    )
    if not trial.state.is_finished():
        raise ValueError("it has not ended")
    attempts(trial.user_attrs)
    trial.number = int(told["number"])
    trial.datetime_start, trial.datetime_complete = _local(told["started"]), _local(told["ended"])
    return trial


def _utc(time: datetime | None) -> str:
    assert time is not None, "a trial that ends was begun"
    return time.astimezone(UTC).isoformat()


def _local(time: str) -> datetime:
    """Return a time as Optuna has it."""
    return datetime.fromisoformat(time).astimezone().replace(tzinfo=None)
