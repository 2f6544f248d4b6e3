import json
import math

import optuna
from optuna.trial import TrialState, create_trial

from nia_optuna.findings.summary import summary_of
from nia_optuna.record import StudyAttr, TrialAttr
from tests.findings import made


def test_the_names_are_the_documented_ones() -> None:
    found = summary_of(made.confirmed())
    assert list(found) == [
        *("study", "question", "dataset", "task", "loss", "metric", "direction", "trials"),
        *("asked", "extends", "baseline", "baselines", "best", "searched_best", "confirmed"),
        *("pruning", "cost", "environment"),
    ]
    counts = {"complete": 20, "pruned": 8, "failed": 2, "running": 1, "waiting": 0}
    assert found["trials"] == counts
    assert found["asked"] == 28
    assert found["baseline"]["name"] == "default"
    assert [each["name"] for each in found["baselines"]] == ["default", "notebook"]
    assert found["best"]["chosen_by"] == "confirmation"
    assert len(found["confirmed"]["values"]) == len(found["confirmed"]["seeds"]) == 3
    assert found["confirmed"]["ci95"][0] < found["confirmed"]["mean"]
    assert set(found["confirmed"]["test"]) == {"mean", "ci95"}
    assert found["cost"]["wall_seconds"] == 1914.4


def test_before_its_confirmation_a_study_has_a_best_but_nothing_confirmed() -> None:
    found = summary_of(made.searched())
    assert found["best"]["chosen_by"] == "search"
    assert found["confirmed"] is None


def test_the_best_of_the_search_need_not_be_the_confirmations_choice() -> None:
    study = made.confirmed()
    found = summary_of(study)
    values = {t.number: t.value for t in study.trials if t.state == TrialState.COMPLETE}
    best = max(values, key=lambda number: values[number] or 0)
    assert found["searched_best"] == {"number": best, "value": values[best]}
    assert found["best"]["number"] != best


def test_a_baseline_is_no_find_of_a_search_but_a_cell_of_a_grid_may_be_one() -> None:
    alone = made.empty()
    made.add(alone, made.DEFAULTS, attrs={TrialAttr.BASELINE: "default"})
    assert summary_of(alone)["searched_best"] is None
    cell = made.empty()
    made.add(cell, made.DEFAULTS, attrs={TrialAttr.BASELINE: "default", TrialAttr.CELL: 0})
    assert summary_of(cell)["searched_best"]["number"] == 0


def test_a_study_without_trials_has_no_best() -> None:
    found = summary_of(made.empty())
    assert found["best"] is None
    assert found["searched_best"] is None
    assert found["baseline"] is None


def test_nothing_that_is_not_json_comes_out() -> None:
    study = optuna.create_study()
    study.set_user_attr(StudyAttr.ENVIRONMENT, {"cores": math.nan, "HOSTNAME": "secret"})
    study.add_trial(create_trial(value=math.inf))
    found = json.dumps(summary_of(study), allow_nan=False)
    assert "secret" not in found
