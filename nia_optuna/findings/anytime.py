"""How good the best so far was after so much time, and after so many epochs of training."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from nia_optuna.findings.facts import StudyFacts, TrialFacts
from nia_optuna.findings.timeline import Timeline


@dataclass(frozen=True)
class Step:
    """A trial that was better than all before it, and what had been spent when it ended."""

    spent: float
    value: float
    trial: int


@dataclass(frozen=True)
class Anytime:
    """The steps of the best so far by `seconds` of work and by `epochs` of all trials.

    Either is empty where the storage does not know it of every complete trial. `ends` is what
    all trials together cost, in the same order.
    """

    seconds: tuple[Step, ...]
    epochs: tuple[Step, ...]
    ends: tuple[float, float]


def anytime(facts: StudyFacts, times: Timeline | None) -> Anytime | None:
    """Return the anytime performance of the search, None where nothing of it is known.

    Seconds are those of the timeline's clock, which skips pauses. Epochs are counted in the order
    in which trials ended, pruned and failed ones included; a trial's value counts once it ended.
    """
    ended = [t for t in facts.trials if t.state in ("complete", "pruned", "failed")]
    valued = [t for t in ended if t.state == "complete" and t.value is not None]
    ends = {bar.trial: bar.end for bar in times.bars} if times else {}
    timed = bool(valued) and all(trial.number in ends for trial in valued)
    counted = bool(valued) and all(trial.epochs_trained for trial in valued)
    spent: dict[int, float] = {}
    total = 0
    for trial in sorted(ended, key=_order):
        total += trial.epochs_trained
        spent[trial.number] = total
    if not timed and not counted:
        return None
    return Anytime(
        seconds=_steps(facts, valued, ends) if timed else (),
        epochs=_steps(facts, valued, spent) if counted else (),
        ends=(times.seconds if times else 0.0, float(total)),
    )


def _steps(
    facts: StudyFacts, valued: list[TrialFacts], spent: dict[int, float]
) -> tuple[Step, ...]:
    steps: list[Step] = []
    for trial in sorted(valued, key=lambda trial: (spent[trial.number], trial.number)):
        better = not steps or facts.gain(trial.value or 0.0, steps[-1].value) > 0
        if trial.value is not None and better:
            steps.append(Step(spent[trial.number], trial.value, trial.number))
    return tuple(steps)


def _order(trial: TrialFacts) -> tuple[datetime, int]:
    return trial.told or datetime.min, trial.number  # noqa: DTZ901  # only compared
