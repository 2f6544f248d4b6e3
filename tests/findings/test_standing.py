import optuna
from optuna.trial import TrialState

from nia_optuna.findings.read import read
from nia_optuna.findings.standing import (
    baselines,
    best_so_far,
    overtaken,
    ranked,
    reference,
    winner,
)
from nia_optuna.record import StudyAttr, TrialAttr
from tests.findings import made


def test_only_complete_trials_are_ranked_best_first() -> None:
    values = [trial.value for trial in ranked(read(made.searched()))]
    assert values == sorted(values, key=lambda v: -(v or 0))
    assert len(values) == 20


def test_lower_is_better_where_the_study_minimises() -> None:
    study = optuna.create_study()
    study.optimize(lambda trial: [3.0, 1.0, 2.0][trial.number], n_trials=3)
    assert [trial.number for trial in ranked(read(study))] == [1, 2, 0]
    assert best_so_far(read(study)) == ((0, 3.0), (1, 1.0), (2, 1.0))


def test_the_default_baseline_comes_first() -> None:
    study = made.empty()
    made.add(study, made.NOTEBOOK, attrs={TrialAttr.BASELINE: "notebook"})
    made.add(study, made.DEFAULTS, attrs={TrialAttr.BASELINE: "default"})
    assert [trial.baseline for trial in baselines(read(study))] == ["default", "notebook"]


def test_a_baseline_that_failed_is_replaced_by_its_next_run() -> None:
    study = made.empty()
    mark: dict[str, str] = {TrialAttr.BASELINE: "default"}
    made.add(study, made.DEFAULTS, TrialState.FAIL, attrs=mark)
    made.add(study, made.DEFAULTS, attrs=mark)
    assert [trial.number for trial in baselines(read(study))] == [1]


def test_the_confirmation_decides_who_wins_and_else_the_search() -> None:
    study = made.confirmed()
    facts = read(study)
    found = winner(facts)
    assert found is not None
    assert found.number == facts.chosen
    study.set_user_attr(StudyAttr.CHOSEN, {})
    assert winner(read(study)) == ranked(read(study))[0]


def test_what_failed_on_a_fresh_seed_is_not_recommended_while_there_is_another() -> None:
    study = made.confirmed()
    study.set_user_attr(StudyAttr.CHOSEN, {})
    first, second, *_ = ranked(read(study))
    made.fail(study, (first.number, 501))
    assert winner(read(study)) == second


def test_the_winner_is_never_held_against_itself() -> None:
    study = made.empty()
    made.add(study, made.DEFAULTS, attrs={TrialAttr.BASELINE: "default"})
    assert reference(read(study)) is None


def test_a_better_trial_found_after_the_confirmation_is_noticed() -> None:
    study = made.confirmed()
    assert overtaken(read(study)) is None
    study.set_user_attr(StudyAttr.CHOSEN, {"trial": 0, "finalists": [], "baselines": [0]})
    study.set_user_attr(StudyAttr.CONFIRMATION, {})
    later = overtaken(read(study))
    assert later is not None
    assert later == ranked(read(study))[0]
