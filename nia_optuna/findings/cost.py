"""What a study cost: epochs and seconds by how trials ended, and what pruning saved."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from nia_optuna.findings.facts import RunFacts, SessionFacts, State, StudyFacts, TrialFacts

_STATES: tuple[State, ...] = ("complete", "pruned", "failed", "running")


@dataclass(frozen=True)
class Spent:
    """What some trainings took. `seconds` of training; None where the storage says nothing."""

    trainings: int
    epochs: int
    seconds: float | None


@dataclass(frozen=True)
class Cost:
    """The bill of a study.

    `epochs_trained` counts search, confirmation and `pruning_check`, in which pruned trials were
    trained again from their beginning to their end; `epochs_saved` the epochs that pruned trials
    did not train in the search of those that they might have, repeats included (None where a
    training's length is unknown). `wall_seconds` sums the sessions, those of several machines at
    the same time once; training seconds exceed it where trials trained side by side.
    """

    search: dict[State, Spent]
    confirmation: Spent
    pruning_check: Spent
    wall_seconds: float | None
    epochs_saved: int | None
    pruned_after: dict[int, int]
    """Epoch → how many trials were pruned after it."""
    failures: dict[str, int]
    """Reason → how many trials failed for it, the most frequent first."""

    @property
    def epochs_trained(self) -> int:
        """Epochs of search, confirmation and pruning check together."""
        after = self.confirmation.epochs + self.pruning_check.epochs
        return sum(spent.epochs for spent in self.search.values()) + after


def cost(facts: StudyFacts) -> Cost:
    """Return what the study has cost so far."""
    pruned = facts.of_state("pruned")
    failures = Counter(t.failure or "no reason recorded" for t in facts.of_state("failed"))
    saved = [_saved(facts, trial) for trial in pruned]
    return Cost(
        search={state: _spent(facts, state) for state in _STATES},
        confirmation=_spent_after(facts.runs),
        pruning_check=_spent_after(facts.finished),
        wall_seconds=_wall_seconds(facts.sessions) if facts.sessions else None,
        epochs_saved=None if full_length(facts) is None else sum(saved),
        pruned_after=dict(sorted(Counter(t.last_epoch for t in pruned).items())),
        failures=dict(sorted(failures.items(), key=lambda item: (-item[1], item[0]))),
    )


def full_length(facts: StudyFacts) -> int | None:
    """Return how many epochs a training of this study may take, None where it is unknown."""
    epochs = facts.settings.get("epochs")
    return epochs if isinstance(epochs, int) else None


def seeds(facts: StudyFacts) -> int:
    """Return with how many seeds the study trains a configuration in its search."""
    repeats = facts.settings.get("repeats")
    return repeats if isinstance(repeats, int) and repeats > 0 else 1


def _wall_seconds(sessions: Sequence[SessionFacts]) -> float:
    """Return the seconds in which at least one of the sessions ran."""
    total, end = 0.0, -math.inf
    for session in sorted(sessions, key=lambda each: each.started):
        try:
            start = datetime.fromisoformat(session.started).timestamp()
        except ValueError:
            total += session.wall_seconds  # nobody knows when
            continue
        twice = min(end - start, session.wall_seconds)
        # Their beginnings are recorded in whole seconds.
        total += session.wall_seconds - (twice if twice > 1 else 0)
        end = max(end, start + session.wall_seconds)
    return total


def _saved(facts: StudyFacts, trial: TrialFacts) -> int:
    # A trial that is pruned has not begun its repeats.
    most = trial.most_epochs or full_length(facts) or 0
    return max(0, most * seeds(facts) - trial.epochs_trained)


def _spent(facts: StudyFacts, state: State) -> Spent:
    trials = facts.of_state(state)
    return Spent(
        trainings=sum(1 + len(trial.repeats) for trial in trials),
        epochs=sum(trial.epochs_trained for trial in trials),
        seconds=_total([trial.seconds for trial in trials]),
    )


def _spent_after(runs: Sequence[RunFacts]) -> Spent:
    return Spent(
        trainings=sum(1 + run.repeats for run in runs),
        epochs=sum(run.epochs for run in runs),
        seconds=_total([run.seconds for run in runs]),
    )


def _total(seconds: list[float | None]) -> float | None:
    known = [value for value in seconds if value is not None]
    return sum(known) if known else None
