"""A search that is not at its end says so before it says what it found."""

from optuna.trial import TrialState, create_trial

from nia_optuna.findings.findings import find
from nia_optuna.findings.progress import asked, finished
from nia_optuna.findings.read import read
from nia_optuna.record import StudyAttr, TrialAttr
from nia_optuna.report.answer import answer
from nia_optuna.report.note import note
from nia_optuna.report.unfinished import unfinished
from tests.findings import gridded, made


def test_the_answer_opens_with_how_far_the_search_is() -> None:
    found = find(made.searched())
    said = "The search is unfinished: 28 of 30 trials; the same command continues it."
    assert answer(found)[0] == said
    assert said in note(found, {})


def test_a_search_that_reached_its_total_opens_with_what_it_found() -> None:
    found = find(made.confirmed())
    assert answer(found)[0].startswith("Trial 14")
    assert unfinished(found) == ""


def test_a_baseline_that_waits_is_named() -> None:
    study = made.searched()
    wait = create_trial(state=TrialState.WAITING, user_attrs={TrialAttr.BASELINE: "by hand"})
    study.add_trial(wait)
    assert unfinished(find(study)) == (
        'The search is unfinished: 28 of 30 trials and the "by hand" baseline waits to be '
        "trained; the same command continues it."
    )
    settings = study.user_attrs[StudyAttr.SETTINGS] | {"trials": 28}
    study.set_user_attr(StudyAttr.SETTINGS, settings)
    assert unfinished(find(study)) == (
        'The search is unfinished: the "by hand" baseline waits to be trained, which '
        "`--trials 29` does."
    )


def test_of_a_grid_the_cells_count_and_one_that_failed_is_done() -> None:
    facts = read(gridded.grid())
    assert asked(facts) == finished(facts)
    study = gridded.grid()
    study.add_trial(create_trial(state=TrialState.WAITING, user_attrs={TrialAttr.CELL: 999}))
    cells = finished(facts)
    settings = study.user_attrs[StudyAttr.SETTINGS] | {"trials": cells + 1}
    study.set_user_attr(StudyAttr.SETTINGS, settings)
    assert f"The grid is unfinished: {cells} of {cells + 1} cells;" in unfinished(find(study))
