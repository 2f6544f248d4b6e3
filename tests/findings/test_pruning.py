from collections.abc import Sequence
from dataclasses import replace

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from nia_optuna.findings.cost import cost
from nia_optuna.findings.facts import EpochFacts, State, StudyFacts, TrialFacts
from nia_optuna.findings.pruning import pruning_audit
from nia_optuna.findings.read import read
from tests.findings import made


def trial(number: int, state: State, *metrics: float) -> TrialFacts:
    curve = tuple(EpochFacts(epoch, metric=m) for epoch, m in enumerate(metrics, start=1))
    return TrialFacts(number, state, value=metrics[-1], curve=curve)


def facts(early: Sequence[float], final: Sequence[float], *, after: int = 1) -> StudyFacts:
    complete = [
        trial(n, "complete", first, 0.5, last)
        for n, (first, last) in enumerate(zip(early, final, strict=True))
    ]
    pruned = [trial(90 + n, "pruned", *([0.1] * after)) for n in range(2)]
    return replace(read(made.empty()), trials=(*complete, *pruned))


def test_the_same_order_is_one_and_the_reverse_minus_one() -> None:
    rising = (0.1, 0.2, 0.3, 0.4, 0.5)
    same, reverse = (pruning_audit(facts(rising, final)) for final in (rising, rising[::-1]))
    assert same is not None
    assert reverse is not None
    assert (same.epoch, same.trials) == (1, 5)
    assert same.correlation == pytest.approx(1)
    assert reverse.correlation == pytest.approx(-1)


def test_it_is_spearmans() -> None:
    # One swap of neighbours among five: 1 - 6 * 2 / (5 * 24).
    found = pruning_audit(facts((1, 2, 3, 4, 5), (10, 20, 40, 30, 99)))
    assert found is not None
    assert found.correlation == pytest.approx(0.9)


def test_the_epoch_is_the_one_after_which_most_were_pruned() -> None:
    base = facts((1, 2, 3, 4, 5), (1, 2, 3, 4, 5), after=2)
    found = pruning_audit(replace(base, trials=(*base.trials, trial(99, "pruned", 0.1))))
    assert found is not None
    assert found.epoch == 2


@pytest.mark.parametrize(("first", "every"), [(0, 1), (1, 1), (10, 10)])
def test_the_epoch_is_by_its_number_wherever_reports_begin_and_however_far_apart_they_are(
    first: int, every: int
) -> None:
    study = optuna.create_study(direction="maximize")
    ends = {2: TrialState.PRUNED, 4: TrialState.COMPLETE}
    for number, reports in enumerate((4, 4, 4, 4, 4, 2, 2)):
        # Only the second report has the order of the end.
        said = (number % 2, number, -number, number)
        study.add_trial(
            create_trial(
                state=ends[reports],
                value=float(said[reports - 1]),
                intermediate_values={first + k * every: float(said[k]) for k in range(reports)},
            )
        )
    found = pruning_audit(read(study))
    assert found is not None
    assert (found.epoch, found.trials) == (first + every, 5)
    assert found.correlation == pytest.approx(1)
    assert cost(read(study)).pruned_after == {first + every: 2}


def test_it_is_known_whether_another_epoch_saw_as_many_pruned() -> None:
    base = facts((1, 2, 3, 4, 5), (1, 2, 3, 4, 5), after=1)
    others = [trial(95 + n, "pruned", 0.1, 0.2) for n in range(2)]
    for more, alone in ((others[:1], True), (others, False)):
        found = pruning_audit(replace(base, trials=(*base.trials, *more)))
        assert found is not None
        assert (found.epoch, found.most_alone) == (1, alone)


def test_trials_that_ended_there_tell_nothing() -> None:
    short = tuple(trial(50 + n, "complete", float(n)) for n in range(9))
    base = facts((1, 2, 3, 4, 5), (1, 2, 3, 4, 5))
    found = pruning_audit(replace(base, trials=(*base.trials, *short)))
    assert found is not None
    assert found.trials == 5


@pytest.mark.parametrize("early", [(1, 2, 3, 4), (2, 2, 2, 2, 2)])
def test_too_few_trials_or_no_order_have_no_correlation(early: Sequence[float]) -> None:
    found = pruning_audit(facts(early, range(len(early))))
    assert found is not None
    assert found.correlation is None


def test_without_pruning_there_is_nothing_to_audit() -> None:
    assert pruning_audit(read(made.empty())) is None
