"""A study lives through the same in SQLite and in PostgreSQL."""

import json
import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import optuna
import pytest
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from nia_optuna.record import StudyAttr, TrialAttr
from nia_optuna.search.asked import DrawError, Open
from nia_optuna.search.ledger import RETRIES, Ledger
from nia_optuna.search.opening import begin, writer_of
from nia_optuna.search.outbox import Outbox
from nia_optuna.search.protocol import Finished
from nia_optuna.search.pruner import pruner_of
from nia_optuna.search.sampler import sampler_of
from nia_optuna.search.storage import open_storage
from nia_optuna.study import Study, check_space
from nia_optuna.training.epoch import Epoch
from tests.search.small import small
from tests.search.test_ledger import narrow

EPOCHS = 9
study = replace(small, budget=replace(small.budget, trials=20, epochs=EPOCHS), baselines={})
PARAMETERS = check_space(small)


@dataclass(frozen=True)
class Home:
    """A database, and the ledgers that are open in it."""

    folder: Path
    url: str | None
    stack: ExitStack

    def ledger(self, of: Study = study) -> Ledger:
        """Open the study as the only coordinator that is at work."""
        ledger = ledger_in(open_storage(self.url, self.folder, create=True), of)
        self.stack.enter_context(ledger.kept())
        return ledger

    def stored(self, name: str = "small") -> list[FrozenTrial]:
        """Return what plain Optuna reads."""
        storage = open_storage(self.url, self.folder, create=False)
        return optuna.load_study(study_name=name, storage=storage).trials


def ledger_in(
    storage: RDBStorage, of: Study = study, lease: float = 60, outbox: Outbox | None = None
) -> Ledger:
    stored = optuna.create_study(
        study_name=of.name,
        storage=writer_of(storage, lease, outbox),
        direction="maximize",
        sampler=sampler_of(of.sampler, PARAMETERS, of.seed),
        pruner=pruner_of(of.pruner, EPOCHS),
        load_if_exists=True,
    )
    return Ledger(of, stored)


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    with ExitStack() as stack:
        yield Home(tmp_path, url, stack)


def asked(ledger: Ledger, count: int) -> list[Open]:
    return [opened for opened in ledger.ask_many(count) if isinstance(opened, Open)]


def epoch(number: int, value: float = 0.5) -> Epoch:
    measured = {"accuracy": value}
    return Epoch(number, measured, measured, 0.1, 1.0, last=number == EPOCHS)


def finish(ledger: Ledger, opened: Open, value: float = 0.5) -> None:
    ledger.report(opened, epoch(1, value))
    ledger.complete(opened, Finished(opened.run, 1, "epochs", 100))


def plain(trial: FrozenTrial) -> dict[str, str]:
    return {
        name: json.dumps(value, sort_keys=True) if name.endswith("attrs") else repr(value)
        for name, value in vars(trial).items()
    }


def test_the_memory_shows_what_the_database_holds(home: Home) -> None:
    ledger = home.ledger()
    ledger.enqueue({"width": 8, "lr": 0.1}, {TrialAttr.BASELINE: "naïve ✓", "ok": ["a", None]})
    first, second, third, fourth = asked(ledger, 4)
    for number in range(1, EPOCHS):
        ledger.report_all([(opened, epoch(number, number / 10)) for opened in (first, second)])
    ledger.complete(first, Finished(first.run, 8, "epochs", 100))
    ledger.prune(second)
    ledger.fail(third, "no such \x00 thing: ✗ 'quoted' {braced}")
    ledger.report(fourth, epoch(1, math.nan))
    ledger.put_back(fourth)
    shown, held = ledger.trials(), home.stored()
    assert [t.state.name for t in held] == ["COMPLETE", "PRUNED", "FAIL", "WAITING"]
    assert list(map(plain, shown)) == list(map(plain, held))
    assert list(map(plain, home.ledger().trials())) == list(map(plain, held))


def test_queued_trials_come_first_and_are_numbered_in_their_order(home: Home) -> None:
    ledger = home.ledger()
    for width in (4, 5, 6):
        ledger.enqueue({"width": width, "lr": 0.1}, {TrialAttr.REHEARSED: width})
    opened = asked(ledger, 5)
    assert [o.run.trial for o in opened] == [0, 1, 2, 3, 4]
    assert [o.trial.params["width"] for o in opened[:3]] == [4, 5, 6]


def test_the_same_draws_come_of_the_same_seed(home: Home) -> None:
    """Whatever the database: the numbers are those of SQLite."""
    proposed = []
    for place in (home, Home(home.folder / "again", None, home.stack)):
        ledger = place.ledger(replace(study, sampler="tpe"))
        for opened in asked(ledger, 12):
            finish(ledger, opened, opened.trial.params["width"] / 100)
        proposed.append([o.trial.params for o in asked(ledger, 2)])
    assert proposed[0] == proposed[1]


def test_a_trial_that_is_put_back_keeps_its_draw(home: Home) -> None:
    ledger = home.ledger()
    (opened,) = asked(ledger, 1)
    ledger.report(opened, epoch(1))
    ledger.put_back(opened)
    (again,) = asked(ledger, 1)
    assert (again.run, again.trial.params) == (opened.run, opened.trial.params)
    assert again.reported == {1}
    assert again.trial.user_attrs[TrialAttr.SEED] == opened.run.seed


def test_a_trial_whose_trainer_always_dies_fails_after_its_retries(home: Home) -> None:
    ledger = home.ledger()
    for attempt in range(1, RETRIES + 2):
        (opened,) = asked(ledger, 1)
        assert ledger.lost(opened, "killed") == (attempt <= RETRIES)
    (trial,) = home.stored()
    assert trial.state == TrialState.FAIL
    assert trial.user_attrs[TrialAttr.FAILURE] == "killed, 4 times"


def test_what_was_running_waits_for_the_next_run(home: Home) -> None:
    ledger = home.ledger()
    opened = asked(ledger, 3)
    finish(ledger, opened[0])
    assert ledger.reap() == 2
    states = [t.state.name for t in home.stored()]
    assert states == ["COMPLETE", "WAITING", "WAITING"]
    assert [o.run for o in asked(home.ledger(), 2)] == [o.run for o in opened[1:]]


def test_a_draw_that_is_no_recipe_fails_alone(home: Home) -> None:
    made = replace(study, draw=narrow)
    ledger = home.ledger(made)
    ledger.enqueue({"width": 31, "lr": 0.1}, {TrialAttr.REHEARSED: 1})
    error, opened = ledger.ask_many(2)
    assert isinstance(error, DrawError)
    assert isinstance(opened, Open)
    failed, running = home.stored()
    assert (failed.state, running.state) == (TrialState.FAIL, TrialState.RUNNING)
    assert "too wide" in failed.user_attrs[TrialAttr.FAILURE]


def test_a_value_may_be_infinite(home: Home) -> None:
    ledger = home.ledger()
    for opened, value in zip(asked(ledger, 2), (math.inf, -math.inf), strict=True):
        finish(ledger, opened, value)
    assert [t.value for t in home.stored()] == [math.inf, -math.inf]


@pytest.mark.parametrize("name", ["a", "A.b_c-1", "x" * 100])
def test_a_study_is_found_again_by_its_name(home: Home, name: str) -> None:
    asked(home.ledger(replace(study, name=name)), 1)
    assert len(home.stored(name)) == 1


def test_a_study_is_begun_once(home: Home, watched: Callable[[object], None]) -> None:
    made = replace(study, baselines={"wide": {"width": 32}})
    facts: dict[str, object] = {StudyAttr.SPACE: [], StudyAttr.QUESTION: "Which “ä”?"}
    ledger = home.ledger(made)
    for _ in range(2):
        begin(ledger, open_storage(home.url, home.folder, create=True), facts, watched)
    assert [t.user_attrs[TrialAttr.BASELINE] for t in home.stored()] == ["default", "wide"]
    assert ledger.stored.user_attrs == facts


@pytest.fixture
def watched() -> Callable[[object], None]:
    return lambda _: None
