import optuna

from nia_optuna.findings.cost import cost
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


def test_failures_are_counted_by_reason() -> None:
    reason = "Diverged: the training loss is not finite in epoch 2"
    assert cost(read(made.searched())).failures == {reason: 2}


def test_what_plain_optuna_does_not_record_is_unknown() -> None:
    found = cost(read(optuna.create_study()))
    assert found.wall_seconds is None
    assert found.epochs_saved is None
