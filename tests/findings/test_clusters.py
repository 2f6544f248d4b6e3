"""Whether failed trials have something in common, and that chance is not taken for it."""

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import fisher_exact, mannwhitneyu

from nia_optuna.findings.clusters import clusters
from nia_optuna.findings.facts import State, StudyFacts, TrialFacts
from nia_optuna.findings.read import read
from tests.findings import made


def facts(*trials: tuple[State, dict[str, Any]]) -> StudyFacts:
    drawn = tuple(TrialFacts(n, state, params=params) for n, (state, params) in enumerate(trials))
    return replace(read(made.empty()), trials=drawn)


def drawn(rng: random.Random) -> dict[str, Any]:
    return {"optimizer": rng.choice(("sgd", "adam", "adamw")), "lr": 10 ** rng.uniform(-4, 0)}


def mixed(*, fails: Any, trials: int = 60) -> StudyFacts:  # noqa: ANN401  # a rule on parameters
    rng = random.Random(4)
    params = [drawn(rng) for _ in range(trials)]
    return facts(*(("failed" if fails(p) else "complete", p) for p in params))


def test_a_choice_that_failed_trials_share_is_named_with_its_counts() -> None:
    (found,) = clusters(mixed(fails=lambda p: p["optimizer"] == "adam"))
    assert (found.name, found.choice) == ("optimizer", "adam")
    assert found.failed == found.of_failed
    assert found.finished == 0
    # Three choices and one number were asked; the first of Holm's steps counts them all.
    table = np.array([[found.failed, 0], [0, found.of_finished]])
    assert found.tests == 4
    assert found.p == pytest.approx(4 * fisher_exact(table, alternative="greater").pvalue)


def test_a_number_that_is_higher_where_trials_fail_is_named() -> None:
    known = mixed(fails=lambda p: p["lr"] > 0.1)
    (found,) = clusters(known)
    assert (found.name, found.tends) == ("lr", "higher")
    assert found.between[0] > 0.1 > found.usual
    states: tuple[State, ...] = ("failed", "complete")
    lr: dict[str, list[Any]] = {
        s: [t.configuration["lr"] for t in known.of_state(s)] for s in states
    }
    assert found.p == pytest.approx(4 * mannwhitneyu(lr["failed"], lr["complete"]).pvalue)


def test_failures_by_chance_share_nothing() -> None:
    named = 0
    for seed in range(40):
        rng = random.Random(seed)
        params = [drawn(rng) for _ in range(60)]
        trials: list[tuple[State, dict[str, Any]]] = [
            ("failed" if rng.random() < 0.2 else "complete", p) for p in params
        ]
        named += bool(clusters(facts(*trials)))
    assert named <= 5


def test_two_failures_are_too_few_and_nothing_finished_leaves_nothing_to_compare() -> None:
    ended: list[tuple[State, dict[str, Any]]] = [("complete", {"lr": 0.1})] * 500
    lost: list[tuple[State, dict[str, Any]]] = [("failed", {"lr": 9.0})] * 3
    assert clusters(facts(*ended, *lost))
    assert clusters(facts(*ended, *lost[:2])) == ()
    assert clusters(facts(*lost)) == ()
    assert clusters(read(made.empty())) == ()


def test_a_conditional_parameter_is_asked_of_those_that_have_it() -> None:
    rng = random.Random(0)
    trials: list[tuple[State, dict[str, Any]]] = [("complete", {"kind": "b"})] * 40
    for _ in range(40):
        momentum = rng.random()
        state: State = "failed" if momentum > 0.6 else "pruned"
        trials.append((state, {"kind": "a", "momentum": momentum}))
    found = {each.name: each for each in clusters(facts(*trials))}
    assert set(found) == {"kind", "momentum"}
    assert found["momentum"].of_failed + found["momentum"].of_finished == 40
