import json
import math

import optuna
from optuna.trial import create_trial

from nia_optuna.findings.summary import summary_of
from nia_optuna.record import StudyAttr
from tests.findings import made


def test_the_names_are_the_documented_ones() -> None:
    found = summary_of(made.confirmed())
    assert list(found) == [
        *("study", "question", "dataset", "task", "loss", "metric", "direction", "trials"),
        *("baseline", "baselines", "best", "confirmed", "cost", "environment"),
    ]
    assert found["trials"] == {"complete": 20, "pruned": 8, "failed": 2, "running": 1}
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


def test_a_study_without_trials_has_no_best() -> None:
    found = summary_of(made.empty())
    assert found["best"] is None
    assert found["baseline"] is None


def test_nothing_that_is_not_json_comes_out() -> None:
    study = optuna.create_study()
    study.set_user_attr(StudyAttr.ENVIRONMENT, {"cores": math.nan, "HOSTNAME": "secret"})
    study.add_trial(create_trial(value=math.inf))
    found = json.dumps(summary_of(study), allow_nan=False)
    assert "secret" not in found
