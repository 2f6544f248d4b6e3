"""What a replay came to, beside what the trial had measured."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from nia_optuna.data import Splits
from nia_optuna.record import StudyAttr, TrialAttr
from nia_optuna.search.causes import causes
from nia_optuna.search.ending import plain_repeats, value_of
from nia_optuna.search.environment import environment, path_text
from nia_optuna.search.ledger import Ledger
from nia_optuna.search.likeness import Curve, Likeness, Verdict, likeness
from nia_optuna.search.protocol import Failed, Finished
from nia_optuna.training.device import Device
from nia_optuna.training.epoch import Epoch

_STATES = {TrialState.COMPLETE: "complete", TrialState.PRUNED: "pruned", TrialState.FAIL: "failed"}


@dataclass(frozen=True)
class Told:
    """What a training told on a device; `end` is None where it was stopped as it was before."""

    device: Device
    epochs: tuple[Epoch, ...]
    end: Finished | Failed | None


@dataclass(frozen=True)
class Replayed:
    """What a trial had measured and what it measures now, by the seeds of its trainings.

    `value` and `failure` are what it comes to now, None where there is none; a pruned trial is
    stopped where it was and has no value. `path` is as TrialAttr.PATH has it. `causes` say what may
    have made the difference, where there is any.
    """

    trial: FrozenTrial
    state: str
    recorded: Mapping[int, Curve]
    now: Mapping[int, Curve]
    likeness: Likeness
    value: float | None
    failure: str | None
    path: str | None
    causes: tuple[str, ...]

    @property
    def verdict(self) -> Verdict:
        """Whether it is the same to the last bit, but for rounding, or not."""
        same_end = (self.failure is None) == (self.recorded_failure is None)
        return self.likeness.verdict if same_end else "different"

    @property
    def recorded_value(self) -> float | None:
        """The value that a complete trial had."""
        return self.trial.value if self.trial.state == TrialState.COMPLETE else None

    @property
    def recorded_failure(self) -> str | None:
        """Why the trial failed, None where it did not."""
        failure: str | None = self.trial.user_attrs.get(TrialAttr.FAILURE)
        return failure

    @property
    def recorded_path(self) -> str | None:
        """How the trial was trained."""
        path: str | None = self.trial.user_attrs.get(TrialAttr.PATH)
        return path


def compared(
    ledger: Ledger,
    trial: FrozenTrial,
    splits: Splits,
    told: Told,
) -> Replayed:
    """Hold what a training told against what its trial had, and say what may set them apart."""
    device, epochs, end = told.device, told.epochs, told.end
    metric, attrs = f"validation_{ledger.study.metric}", trial.user_attrs
    seed, path = attrs[TrialAttr.SEED], path_text(device, epochs) if epochs else None
    repeats = plain_repeats(end.repeats) if end else []
    recorded = {seed: curve_of(trial, metric)} | _repeats(attrs.get(TrialAttr.REPEATS, ()), metric)
    now = {seed: [each.plain() for each in epochs]} | _repeats(repeats, metric)
    examples = {"train": len(splits.train.index), "validation": len(splits.validation.index)}
    was = ledger.stored.user_attrs.get(StudyAttr.ENVIRONMENT, {})
    why = causes(attrs.get(TrialAttr.PATH), path, was, environment(device))
    if TrialAttr.MIGRATED in attrs:
        why.append("it was trained in the study that this one extends, perhaps elsewhere")
    found = Replayed(
        trial=trial,
        state=_STATES[trial.state],
        recorded=recorded,
        now=now,
        likeness=likeness(recorded, now, examples),
        value=value_of(end, epochs, ledger.study.metric) if isinstance(end, Finished) else None,
        failure=end.reason if isinstance(end, Failed) else None,
        path=path,
        causes=tuple(why),
    )
    return replace(found, causes=()) if found.verdict == "identical" else found


def curve_of(trial: FrozenTrial, metric: str = "") -> Curve:
    """Return what its epochs measured; the metric alone where nothing more is known."""
    curve: Curve = trial.user_attrs.get(TrialAttr.CURVE, ())
    known = sorted(trial.intermediate_values.items())
    return curve or [{"number": number, metric: value} for number, value in known]


def _repeats(repeats: Collection[Mapping[str, Any]], metric: str) -> dict[int, Curve]:
    return {
        repeat["seed"]: [
            {"number": number, metric: value}
            for number, value in enumerate(repeat["values"], start=1)
        ]
        for repeat in repeats
    }
