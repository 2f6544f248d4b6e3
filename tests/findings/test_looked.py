from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
import pytest

from nia_optuna.findings.axes import MOST, axes
from nia_optuna.findings.facts import ParameterFacts, TrialFacts, Value
from nia_optuna.findings.looked import FEWEST, looked, thin
from tests.findings import timed


def tried(*configurations: Mapping[str, Value]) -> list[TrialFacts]:
    return [
        TrialFacts(number, "complete", value=number / 100, params=params)
        for number, params in enumerate(configurations)
    ]


def test_places_are_on_the_scale_that_was_searched_and_gaps_where_a_branch_ends() -> None:
    rates = [1e-4, 1e-2, 1.0, 1e-3, 1e-1]
    params: list[dict[str, Value]] = [{"lr": rate, "activation": "tanh"} for rate in rates]
    params[1] |= {"momentum": 0.99, "activation": "relu"}
    params[2] |= {"momentum": 0.0}
    seen = looked(timed.study(*tried(*params)), {})
    assert seen is not None
    assert [axis.name for axis in seen.axes] == ["lr", "activation", "momentum"]
    assert seen.places["lr"].tolist() == pytest.approx([0, 0.5, 1, 0.25, 0.75])
    assert seen.places["activation"].tolist() == [1, 0, 1, 1, 1]
    assert seen.places["momentum"].isna().tolist() == [True, False, False, True, True]


def test_true_and_one_are_two_choices() -> None:
    study = timed.study(*tried({"c": True}, {"c": 1}, {"c": True}, {"c": 1}, {"c": True}))
    space = (ParameterFacts("c", True, "", choices=(1, True)),)
    seen = looked(replace(study, space=space), {})
    assert seen is not None
    assert seen.places["c"].tolist() == [1, 0, 1, 0, 1]


def test_what_nobody_varied_and_what_there_is_no_room_for_is_named() -> None:
    names = [f"p{k:02}" for k in range(MOST + 2)]
    trials = tried(*(dict.fromkeys(names, n / 10) | {"same": 3} for n in range(FEWEST)))
    seen = looked(timed.study(*trials), {"p13": 0.7, "p05": 0.3})
    assert seen is not None
    assert [axis.name for axis in seen.axes] == [*names[:11], "p13"]
    assert seen.left_out == ("p11", "p12")
    assert seen.same == ("same",)


def test_nothing_is_shown_of_too_few_trials_or_of_those_that_are_all_the_same() -> None:
    few = timed.study(*tried(*({"lr": 0.1 * n} for n in range(1, FEWEST))))
    alike = timed.study(*tried(*({"lr": 0.1} for _ in range(20))))
    outside = timed.study(*(replace(t, params=None) for t in tried(*[{}] * 20)))
    assert axes(alike) == ()
    assert [looked(study, {}) for study in (few, alike, outside)] == [None, None, None]


def test_of_many_trials_the_best_are_kept_and_the_others_evenly() -> None:
    trials = pd.DataFrame({"value": [float(n % 97) for n in range(1000)]})
    kept = thin(trials, 50, rising=True)
    assert len(kept) == 50
    assert (kept["value"] == 96).sum() >= 5
    assert {0, 999} <= set(kept.index)
    assert (thin(trials, 50, rising=False)["value"] == 0).sum() >= 5
    assert thin(trials, 1000, rising=True) is trials
