"""Case 13: a training that goes wrong fails its trial with the reason, and the study goes on.

A GPU that runs out of memory is in tests/training/test_memory.py, as far as one can be imagined; a
trial that kills its trainer in test_deadly_trials.py.
"""

import json
import math
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from nia_optuna.record import TrialAttr
from nia_optuna.search.contest import finalists
from nia_optuna.training.loop import Diverged, measured
from tests.faults.called import started

STUDY = '''
from dataclasses import dataclass

from nia_optuna import SGD, Budget, Recipe, Space, Synthetic, study

FACTORS = {
    "nan": float("nan"),
    "infinite scores": float("inf"),
    "minus infinite scores": float("-inf"),
}
KINDS = (
    "fine",
    *FACTORS,
    "infinite loss",
    "nan where it is judged",
    "nothing",
    "refuses",
    "raises",
    "ends",
    "memory",
)


@dataclass(frozen=True)
class Odd:
    """Learns if it is fine."""

    kind: str

    def build(self, shape, classes):
        from torch import nn

        if self.kind == "refuses":
            raise RuntimeError("no such network\\nand a second line")
        if self.kind == "memory":
            return nn.Sequential(nn.Flatten(), nn.Linear(36, 2**45))
        kind, count = self.kind, shape[0] * shape[1] * shape[2]

        class Answers(nn.Module):
            def __init__(self):
                super().__init__()
                self.scores = nn.Sequential(nn.Flatten(), nn.Linear(count, classes))

            def forward(self, x):
                scores = self.scores(x)
                if kind == "nothing":
                    return None
                if kind == "raises":
                    raise ZeroDivisionError("in the middle")
                if kind == "ends":
                    raise SystemExit(3)
                if kind == "nan where it is judged":
                    return scores if self.training else scores * float("nan")
                if kind == "infinite loss":
                    return scores if self.training else scores * -1e38
                return scores * FACTORS.get(kind, 1.0)

        return Answers()


@study(
    dataset=Synthetic(shape=(1, 6, 6), classes=3, train=150, test=60),
    budget=Budget(trials=len(KINDS), epochs=2, finalists=1, seeds=1),
    sampler="grid",
    metric="loss",
    validation=0.5,
)
def odd(space: Space) -> Recipe:
    """Which of these networks learns?"""
    return Recipe(Odd(space.choice("kind", KINDS, default="fine")), SGD(lr=0.1), batch_size=50)
'''
REASONS = {
    "nan": "diverged: train loss was nan in epoch 1",
    "infinite scores": "diverged: train loss was nan in epoch 1",
    "minus infinite scores": "diverged: train loss was nan in epoch 1",
    "infinite loss": "diverged: validation loss was inf in epoch 1",
    "nan where it is judged": "diverged: validation loss was nan in epoch 1",
    "nothing": "'NoneType' object has no attribute",
    "refuses": "RuntimeError: no such network (",
    "raises": "ZeroDivisionError: in the middle (",
    "ends": "SystemExit: 3 (",
    "memory": "DefaultCPUAllocator: can't allocate memory",
}


@pytest.mark.slow
def test_each_fails_with_its_reason_and_what_learns_is_found(tmp_path: Path) -> None:
    (tmp_path / "odd.py").write_text(STUDY)
    said = started(tmp_path, "run", "odd.py", "--workers", "2", "--json")
    assert said.code == 0, said.err
    assert "Traceback" not in said.err
    summary = json.loads(said.out)
    assert summary["best"]["params"] == {"kind": "fine"}
    counts = {"complete": 1, "pruned": 0, "failed": len(REASONS), "running": 0, "waiting": 0}
    assert summary["trials"] == counts
    stored = optuna.load_study(study_name="odd", storage=f"sqlite:///{tmp_path}/runs/studies.db")
    failures = {
        trial.params["kind"]: trial.user_attrs[TrialAttr.FAILURE]
        for trial in stored.trials
        if trial.state == TrialState.FAIL
    }
    assert failures.keys() == REASONS.keys()
    for kind, reason in REASONS.items():
        assert reason in failures[kind]
        assert "\n" not in failures[kind]
    # With a trainer fewer there was no more room for it either; then it was given up.
    assert "it will be tried again with a trainer fewer" in said.err
    assert not [t for t in stored.trials if TrialAttr.ATTEMPTS in t.user_attrs]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("place", range(4))
def test_no_measure_of_an_epoch_may_be_no_number(place: int, value: float) -> None:
    figures = [0.5] * 6
    figures[place] = value
    with pytest.raises(Diverged, match=f"was {value} in epoch 3"):
        measured(3, figures, "classification", lr=0.1, seconds=1.0)


def test_a_square_may_be_too_large_where_the_loss_is_not() -> None:
    with pytest.raises(Diverged, match="validation mse was inf in epoch 1"):
        measured(1, [2e19] * 4 + [math.inf] + [2e19] * 3, "regression", lr=0.1, seconds=1.0)


@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_what_another_program_told_a_study_never_wins(value: float) -> None:
    trials = [create_trial(value=each) for each in (0.5, value, 0.7)]
    for metric in ("loss", "accuracy"):
        assert value not in [t.value for t in finalists(trials, metric, 3)]
