from dataclasses import replace

from nia_optuna.findings.anytime import Anytime, Step, anytime
from nia_optuna.findings.facts import StudyFacts
from nia_optuna.findings.timeline import timeline
from tests.findings import timed


def of(facts: StudyFacts) -> Anytime | None:
    return anytime(facts, timeline(facts))


def test_the_best_so_far_rises_when_trials_end_and_not_in_the_order_they_began() -> None:
    slow = timed.trial(0, 0, 300, value=0.9, epochs=9)
    quick = timed.trial(1, 0, 60, value=0.5, worker=1, epochs=9)
    pruned = timed.trial(2, 60, 80, value=0.95, worker=1, state="pruned", epochs=2)
    seen = of(timed.study(slow, quick, pruned))
    assert seen == Anytime(
        seconds=(Step(60, 0.5, 1), Step(300, 0.9, 0)),
        epochs=(Step(9, 0.5, 1), Step(20, 0.9, 0)),
        ends=(300, 20),
    )


def test_where_less_is_better_the_best_falls() -> None:
    trials = [timed.trial(n, 60 * n, 60 * n + 60, value=v) for n, v in enumerate((9.0, 12.0, 8.0))]
    seen = of(replace(timed.study(*trials), direction="minimize"))
    assert seen is not None
    assert [step.value for step in seen.seconds] == [9.0, 8.0]


def test_a_trial_without_times_or_epochs_leaves_that_half_empty() -> None:
    known = timed.trial(0, 0, 60, value=0.5)
    imported = replace(timed.trial(1, 0, 60, value=0.6), told=None)
    seen = of(timed.study(known, imported))
    assert seen is not None
    assert seen.seconds == ()
    assert seen.epochs == (Step(3, 0.6, 1),)
    assert of(timed.study(replace(imported, curve=()))) is None
    assert of(timed.study()) is None
