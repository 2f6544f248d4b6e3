"""Every trial is trained once, and a budget is spent to the trial: counted where it is trained."""

from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from nia_optuna.record import TrialAttr
from tests.faults.runs import ran, running

pytestmark = pytest.mark.slow

ENQUEUED = 150
DEFAULT = 10**6
BUDGET = 20
MARKED = f'''
from dataclasses import dataclass

from nia_optuna import SGD, Budget, Recipe, Space, Synthetic, study


@dataclass(frozen=True)
class Marked:
    """Says that it is trained, at every step: there is one."""

    mark: int

    def build(self, shape, classes):
        from torch import nn

        mark = self.mark

        class Says(nn.Module):
            def forward(self, x):
                if self.training:
                    with open("TRAINED", "a") as file:
                        file.write(f"{{mark}}\\n")
                return x

        return nn.Sequential(nn.Flatten(), Says(), nn.Linear(36, classes))


@study(
    dataset=Synthetic(shape=(1, 6, 6), classes=3, train=150, test=60),
    budget=Budget(trials={BUDGET}, epochs=1, finalists=0),
    sampler="random",
)
def marked(space: Space) -> Recipe:
    """Which mark?"""
    mark = space.integer("mark", 1, {DEFAULT}, default={DEFAULT})
    return Recipe(Marked(mark), SGD(lr=0.1), batch_size=150)
'''


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "marked.py"
    file.write_text(MARKED.replace("TRAINED", str(tmp_path / "trained")))
    return file


def trained(file: Path) -> Counter[int]:
    """Return how often each mark was trained."""
    return Counter(map(int, file.with_name("trained").read_text().split()))


def sqlite(folder: Path) -> str:
    return f"sqlite:///{folder}/runs/studies.db"


def enqueue(storage: str) -> None:
    """Queue trials as anybody may who has Optuna."""
    stored = optuna.load_study(study_name="marked", storage=storage)
    for mark in range(1, ENQUEUED + 1):
        stored.enqueue_trial({"mark": mark})


def check(file: Path, storage: str, trials: int) -> None:
    """Hold what was trained against what is stored: so many trials, each trained once."""
    stored = optuna.load_study(study_name="marked", storage=storage)
    assert [t.state for t in stored.trials] == [TrialState.COMPLETE] * trials
    assert [t for t in stored.trials if TrialAttr.ATTEMPTS in t.user_attrs] == []
    assert len({t.user_attrs[TrialAttr.SEED] for t in stored.trials}) == trials
    assert trained(file) == Counter(t.params["mark"] for t in stored.trials)


def test_four_trainers_train_each_of_the_enqueued_trials_once(file: Path, tmp_path: Path) -> None:
    ran(tmp_path, str(file), "--trials", "1", "--workers", "1")
    enqueue(sqlite(tmp_path))
    total = ENQUEUED + 1
    ran(tmp_path, str(file), "--trials", str(total), "--workers", "4")
    assert trained(file) == Counter([*range(1, total), DEFAULT])
    check(file, sqlite(tmp_path), total)


def test_two_coordinators_train_each_of_the_enqueued_trials_once(
    file: Path, tmp_path: Path, postgres_url: str
) -> None:
    words = [str(file), "--storage", postgres_url, "--trials"]
    ran(tmp_path / "a", *words, "1", "--workers", "1")
    enqueue(postgres_url)
    total = ENQUEUED + 1
    with ExitStack() as stack:
        both = [
            stack.enter_context(running(tmp_path / name, *words, str(total), "--workers", "2"))
            for name in "ab"
        ]
        for one in both:
            one.end()
    assert trained(file) == Counter([*range(1, total), DEFAULT])
    check(file, postgres_url, total)


def test_eight_workers_spend_a_budget_to_the_trial(file: Path, tmp_path: Path) -> None:
    ran(tmp_path, str(file), "--workers", "8")
    assert trained(file).total() == BUDGET
    check(file, sqlite(tmp_path), BUDGET)


def test_two_coordinators_spend_a_budget_to_the_trial(
    file: Path, tmp_path: Path, postgres_url: str
) -> None:
    with ExitStack() as stack:
        both = [
            stack.enter_context(
                running(tmp_path / name, str(file), "--storage", postgres_url, "--workers", "4")
            )
            for name in "ab"
        ]
        for one in both:
            one.end()
    assert trained(file).total() == BUDGET
    check(file, postgres_url, BUDGET)
