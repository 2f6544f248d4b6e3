from dataclasses import replace

import optuna

from nia_optuna.findings.cost import cost
from nia_optuna.findings.facts import SessionFacts
from nia_optuna.findings.read import read
from tests.findings import made


def test_epochs_and_seconds_are_counted_by_how_trials_ended() -> None:
    facts = read(made.confirmed())
    found = cost(facts)
    assert found.search["complete"].epochs == 20 * 9
    assert found.search["pruned"].epochs == 8 * 3
    assert found.confirmation.trainings == 12
    assert found.epochs_trained == 20 * 9 + 8 * 3 + 2 * 1 + 12 * 9


def test_pruning_saved_what_pruned_trials_did_not_train() -> None:
    assert cost(read(made.searched())).epochs_saved == 8 * (9 - 3)
    assert cost(read(made.searched())).pruned_after == {3: 8}


def test_wall_time_is_the_sum_of_the_sessions() -> None:
    assert cost(read(made.searched())).wall_seconds == 1512.4 + 402.0


def test_machines_at_the_same_time_are_counted_once() -> None:
    def session(started: str, seconds: float) -> SessionFacts:
        return SessionFacts(f"2026-01-01T{started}+00:00", seconds, 2, "cpu", "search")

    several = (
        session("10:00:00", 3600.0),
        session("10:30:00", 3600.0),
        session("10:40:00", 60.0),
        session("11:30:00", 10.5),  # rounded: the one before ended in this second
        session("20:00:00", 5.0),
    )
    facts = replace(read(made.searched()), sessions=several)
    assert cost(facts).wall_seconds == 5400.0 + 10.5 + 5.0


def test_failures_are_counted_by_reason() -> None:
    reason = "Diverged: the training loss is not finite in epoch 2"
    assert cost(read(made.searched())).failures == {reason: 2}


def test_what_plain_optuna_does_not_record_is_unknown() -> None:
    found = cost(read(optuna.create_study()))
    assert found.wall_seconds is None
    assert found.epochs_saved is None
