"""The baselines whose authors reported something stand beside the recommended one."""

import optuna

from nia_optuna.findings.findings import find
from nia_optuna.record import StudyAttr, TrialAttr
from nia_optuna.report.limits import limits
from nia_optuna.report.plots.learning import shown
from tests.findings import made

FIGURES = {"a": 0.71, "b": 0.74, "c": 0.73, "d": 0.72}


def study_with(**told: float) -> optuna.Study:
    study = made.empty()
    made.add(study, made.DEFAULTS, attrs={TrialAttr.BASELINE: "default"})
    for name in FIGURES:
        made.add(study, made.NOTEBOOK, attrs={TrialAttr.BASELINE: name})
    made.add(study, made.DEFAULTS | {"activation": "gelu", "dropout": 0.2})
    settings = study.user_attrs[StudyAttr.SETTINGS] | {"reported": told}
    study.set_user_attr(StudyAttr.SETTINGS, settings)
    return study


def names(study: optuna.Study) -> list[str | None]:
    return [trial.baseline for trial in shown(find(study))]


def test_two_hand_made_networks_stand_on_one_plot_with_the_recommended() -> None:
    assert names(study_with(b=0.74, a=0.71)) == [None, "a", "b"]


def test_of_many_the_best_reported_are_drawn() -> None:
    assert names(study_with(**FIGURES)) == [None, "b", "c", "d"]


def test_where_nothing_was_reported_the_reference_is_drawn() -> None:
    assert names(study_with()) == [None, "default"]
    assert names(made.empty()) == []


def test_a_reported_figure_has_a_limit_of_its_own() -> None:
    assert [s for s in limits(find(study_with(a=0.7))) if s.startswith("Figures that authors")]
    assert not [s for s in limits(find(study_with())) if s.startswith("Figures that authors")]
