"""Many trials at a time are the same trials as one at a time."""

import math
from dataclasses import replace
from pathlib import Path

import optuna
import pytest
from optuna.samplers import TPESampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from nia_optuna.branches import union
from nia_optuna.recipe import Recipe
from nia_optuna.record import TrialAttr
from nia_optuna.search.address import StorageError
from nia_optuna.search.asked import DrawError, Open
from nia_optuna.search.distributions import distribution
from nia_optuna.search.ledger import Ledger
from nia_optuna.search.protocol import Finished, Run
from nia_optuna.search.pruner import pruner_of
from nia_optuna.search.sampler import UnionSampler
from nia_optuna.search.shadow import Shadow
from nia_optuna.search.sole_writer import SoleWriter
from nia_optuna.search.storage import open_storage
from nia_optuna.settings import PrunerName
from nia_optuna.space import Space
from nia_optuna.study import Study
from nia_optuna.training.epoch import Epoch
from tests.search.small import small

EPOCHS, WIDEST = 9, 30
PARAMETERS = union(small)


def narrow(space: Space) -> Recipe:
    """Which of these widths can be built at all?"""
    if space.integer("width", 4, 32, default=8) > WIDEST:
        raise ValueError("too wide")
    return small(space)


def ledger_in(folder: Path, pruner: PrunerName = "halving", study: Study = small) -> Ledger:
    stored = optuna.create_study(
        study_name=study.name,
        storage=SoleWriter(open_storage(None, folder, create=True)),
        direction="maximize",
        sampler=UnionSampler(PARAMETERS, 0),
        pruner=pruner_of(pruner, EPOCHS),
    )
    return Ledger(study, stored)


def curve(opened: Open) -> list[Epoch]:
    """Return the epochs of a trial; they depend on its parameters and its number alone."""
    end = 0.9 - 0.1 * abs(math.log10(opened.trial.params["lr"]) + 1)
    values = [
        end * (1 - 0.5 / k) + 0.01 * ((opened.run.trial * k) % 7) for k in range(1, EPOCHS + 1)
    ]
    return [
        Epoch(k, {"accuracy": v}, {"accuracy": v}, 0.1, 1.0, last=k == EPOCHS)
        for k, v in enumerate(values, start=1)
    ]


def trained(ledger: Ledger, asked: list[Open], *, together: bool) -> None:
    """Report the epochs of all side by side, and tell how they ended."""
    curves = {opened.run: curve(opened) for opened in asked}
    running = asked
    for k in range(EPOCHS):
        told = [(opened, curves[opened.run][k]) for opened in running]
        stopped: set[Run]
        if together:
            stopped = ledger.report_all(told)
        else:
            stopped = {opened.run for opened, epoch in told if ledger.report(opened, epoch)}
        for opened in running:
            if opened.run in stopped:
                ledger.prune(opened)
            elif k + 1 == EPOCHS:
                ledger.complete(opened, Finished(opened.run, EPOCHS, "epochs", 100))
        running = [opened for opened in running if opened.run not in stopped]


def one_by_one(ledger: Ledger, count: int) -> list[Open | DrawError]:
    asked: list[Open | DrawError] = []
    for _ in range(count):
        try:
            asked.append(ledger.ask())
        except DrawError as error:
            asked.append(error)
    return asked


def plain(trials: list[FrozenTrial]) -> list[object]:
    """Return everything about trials but the time of day."""
    told = [{k: v for k, v in t.user_attrs.items() if k != TrialAttr.TIMES} for t in trials]
    return [
        (t.number, t.state, t.values, t.params, t.intermediate_values, attrs, t.system_attrs)
        for t, attrs in zip(trials, told, strict=True)
    ]


@pytest.mark.parametrize("pruner", ["halving", "median"])
def test_epochs_reported_together_are_judged_as_one_by_one(
    tmp_path: Path, pruner: PrunerName
) -> None:
    left = []
    for together in (False, True):
        ledger = ledger_in(tmp_path / str(together), pruner)
        ledger.enqueue({"width": 4, "lr": 0.01}, {TrialAttr.BASELINE: "default"})
        for _ in range(2):
            asked = [opened for opened in ledger.ask_many(6) if isinstance(opened, Open)]
            trained(ledger, asked, together=together)
        left.append(plain(ledger.stored.trials))
    alone, beside = left
    assert alone == beside
    assert {"COMPLETE", "PRUNED"} == {t.state.name for t in ledger.stored.trials}
    assert ledger.stored.trials[0].state.name == "COMPLETE"


def test_trials_asked_for_together_are_those_asked_for_one_by_one(tmp_path: Path) -> None:
    """Queued ones first, then a Gaussian process's, of which some cannot be drawn."""
    study = replace(small, draw=narrow)
    left = []
    for together in (False, True):
        ledger = ledger_in(tmp_path / str(together), study=study)
        first = [opened for opened in ledger.ask_many(11) if isinstance(opened, Open)]
        trained(ledger, first, together=True)
        ledger.enqueue({"width": 31, "lr": 0.1}, {TrialAttr.REHEARSED: 1})
        ledger.enqueue({"width": 16, "lr": 0.1}, {TrialAttr.REHEARSED: 2})
        asked = ledger.ask_many(4) if together else one_by_one(ledger, 4)
        assert isinstance(asked[0], DrawError)
        assert isinstance(asked[1], Open)
        left.append(plain(ledger.stored.trials))
    alone, beside = left
    assert alone == beside
    proposed = [str(t.params) for t in ledger.stored.trials[11:]]
    assert len(set(proposed)) == len(proposed)


def test_a_shadow_proposes_what_a_study_of_optunas_would() -> None:
    space = {name: distribution(p) for name, p in PARAMETERS.items()}
    theirs = optuna.create_study(direction="maximize")
    theirs.add_trials(
        optuna.create_trial(
            value=-abs(width - 12), params={"width": width, "lr": 0.01 * width}, distributions=space
        )
        for width in range(4, 33)
    )
    shown = theirs.get_trials()
    for number, trial in enumerate(shown, start=1):
        trial.number = number
    for seed in range(3):
        theirs.sampler = TPESampler(seed=seed)
        ours = Shadow(shown, StudyDirection.MAXIMIZE, space).propose(TPESampler(seed=seed))
        assert ours == theirs.ask(space).params
        theirs.tell(theirs.trials[-1].number, state=optuna.trial.TrialState.FAIL)


def test_a_damaged_page_that_is_met_while_drawing_is_no_failure_of_the_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(*_: object) -> None:
        raise StorageError("studies.db is not a readable SQLite database")

    ledger = ledger_in(tmp_path)
    monkeypatch.setattr(SoleWriter, "set_trial_param", damaged)
    with pytest.raises(StorageError, match="not a readable"):
        ledger.ask()
    assert [t.state for t in ledger.trials()] == [TrialState.RUNNING]
