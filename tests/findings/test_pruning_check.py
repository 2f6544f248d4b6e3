"""Where pruned trials would have ended: on made-up trials whose ends are known."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from nia_optuna.findings.cost import cost
from nia_optuna.findings.facts import EpochFacts, RunFacts, StudyFacts, TrialFacts
from nia_optuna.findings.pruning_check import PruningCheck, pruning_check
from nia_optuna.findings.read import read
from nia_optuna.findings.summary import summary
from nia_optuna.record import StudyAttr, TrialAttr
from tests.findings import made


def curve(*metrics: float | None) -> tuple[EpochFacts, ...]:
    return tuple(EpochFacts(epoch, metric=m) for epoch, m in enumerate(metrics, start=1))


def facts(
    ends: Mapping[int, float | None], *, pruned: int = 6, sign: int = 1, **settings: object
) -> StudyFacts:
    """Return a study whose complete trials gained 20 after epoch 1, pruned at 10 + number.

    Its finalists are those that ended in 60 and 50; 70 is a baseline's. `ends` are by number.
    """
    complete = [
        TrialFacts(n, "complete", sign * end, {"x": n}, curve=curve(sign * (end - 20), sign * end))
        for n, end in ((1, 60.0), (2, 50.0), (3, 40.0))
    ]
    base = replace(complete[0], number=0, value=sign * 70.0, params={"x": 0}, baseline="default")
    given_up = [
        TrialFacts(
            n,
            "pruned",
            sign * (10.0 + n),
            {"x": n},
            curve=curve(sign * (10.0 + n)),
            heading=sign * (30.0 + n),
        )
        for n in range(10, 10 + pruned)
    ]
    runs = [
        RunFacts(n, 7, None if end is None else sign * end, None, 2.0, 2,
                 failure="diverged" if end is None else None,
                 curve=curve(sign * (10.0 + n), end and sign * end))
        for n, end in ends.items()
    ]  # fmt: skip
    empty = read(made.empty())
    return replace(
        empty,
        direction="maximize" if sign > 0 else "minimize",
        settings={**empty.settings, "finalists": 2, **settings},
        trials=(base, *complete, *given_up),
        finished=tuple(runs),
    )


def check(
    ends: Mapping[int, float | None], *, pruned: int = 6, sign: int = 1, **settings: object
) -> PruningCheck:
    found = pruning_check(facts(ends, pruned=pruned, sign=sign, **settings))
    assert found is not None
    return found


def test_nobody_asked_so_nothing_is_found() -> None:
    assert pruning_check(facts({})) is None
    assert summary(facts({}))["pruning"] is None


@pytest.mark.parametrize("sign", [1, -1], ids=["maximised", "minimised"])
def test_the_best_and_the_finalists_are_those_of_the_search(sign: int) -> None:
    # Better than the baseline, than the last finalist only, equal to that one, and worse.
    found = check({10: 70.5, 11: 55.0, 12: 50.0, 13: 30.0}, sign=sign)
    assert (found.best, found.last_finalist) == (sign * 70.0, sign * 50.0)
    assert [each.beats_best for each in found.finished] == [True, False, False, False]
    assert [each.finalist for each in found.finished] == [True, True, False, False]
    assert (found.beat_best.count, found.finalists and found.finalists.count) == (1, 2)


def test_with_room_among_the_finalists_none_is_held_against_them_and_without_any_neither() -> None:
    room = check({10: 1.0, 11: 99.0}, finalists=4)
    assert (room.finalists, room.last_finalist, room.rivals) == (None, None, 3)
    assert [each.finalist for each in room.finished] == [False, False]
    assert [each.beats_best for each in room.finished] == [False, True]
    assert summary(facts({10: 1.0}, finalists=4))["pruning"]["among_finalists"] is None
    exactly = check({10: 41.0}, finalists=3)
    assert (exactly.last_finalist, exactly.rivals) == (40.0, None)
    assert exactly.finished[0].finalist
    without = check({10: 99.0}, finalists=0)
    assert (without.finalists, without.rivals) == (None, None)
    assert without.finished[0].beats_best
    assert not without.finished[0].finalist


def test_the_interval_is_clopper_and_pearsons() -> None:
    # None of 3: 1 - 0.025 ** (1 / 3).
    assert check({10: 1, 11: 1, 12: 1}, pruned=500).beat_best.ci95 == pytest.approx(
        (0, 0.7076), abs=1e-4
    )
    one = check({n: 99 if n == 10 else 1 for n in range(10, 20)}, pruned=5000)
    assert one.beat_best.ci95 == pytest.approx((0.00253, 0.4450), abs=1e-4)


def test_the_interval_goes_no_further_than_what_is_known_leaves_room_for() -> None:
    # Of four, two are known: one better, one worse.
    assert check({10: 99, 11: 1}, pruned=4).beat_best.ci95 == (0.25, 0.75)
    assert check({10: 99, 11: 1}, pruned=2).beat_best.ci95 == (0.5, 0.5)


@pytest.mark.parametrize("sign", [1, -1], ids=["maximised", "minimised"])
def test_the_imputation_is_held_against_the_real_ends(sign: int) -> None:
    # Imputed were 40, 41 and 42: the last value and the 20 that complete ones gained.
    found = check({10: 38.0, 11: 41.0, 12: 38.0}, sign=sign)
    assert [each.imputed for each in found.finished] == [sign * 40, sign * 41, sign * 42]
    told = found.imputation
    assert told is not None
    assert told.bias.values == (2.0, 0.0, 4.0)
    assert told.bias.mean == pytest.approx(2.0)
    assert told.deviation == pytest.approx(2.0)
    assert told.error == pytest.approx(2.0)
    assert told.unmended == pytest.approx((18 + 20 + 16) / 3)
    assert told.correlation is None
    assert told.gains == (4, 4)  # the baseline is inside of the space
    assert told.bias.ci95 is not None
    everyone = check({10: 38.0, 11: 41.0, 12: 38.0}, pruned=3, sign=sign).imputation
    assert everyone is not None
    assert (everyone.bias.mean, everyone.bias.ci95) == (told.bias.mean, None)
    six = check({n: 38.0 + n for n in range(10, 15)}, sign=sign).imputation
    assert six is not None
    assert six.correlation == pytest.approx(1)


def test_what_failed_on_its_way_beats_nobody_and_has_no_end() -> None:
    found = check({10: None, 11: 41.0})
    assert found.failed == 1
    assert (found.beat_best.count, found.beat_best.of) == (0, 2)
    assert found.imputation is not None
    assert found.imputation.bias.values == (0.0,)
    assert found.imputation.deviation is None
    assert check({10: None}).imputation is None


def test_a_curve_that_begins_otherwise_is_noticed() -> None:
    study = facts({10: 41.0, 11: 41.0})
    other = replace(study.finished[1], curve=curve(20.9, 41.0))
    found = pruning_check(replace(study, finished=(study.finished[0], other)))
    assert found is not None
    assert [each.replayed for each in found.finished] == [True, False]


def test_where_only_pruned_trials_are_left_any_end_is_the_best() -> None:
    study = facts({10: 1.0})
    lost = tuple(replace(trial, heading=None) for trial in study.of_state("pruned"))
    found = pruning_check(replace(study, trials=lost))
    assert found is not None
    assert found.best is None
    assert found.beat_best.count == 1
    assert found.imputation is None


def test_its_epochs_and_seconds_have_a_name_of_their_own() -> None:
    before, after = cost(facts({})), cost(facts({10: 41.0, 11: None}))
    assert (after.pruning_check.trainings, after.pruning_check.epochs) == (2, 4)
    assert after.pruning_check.seconds == 4.0
    assert after.epochs_trained == before.epochs_trained + 4
    assert after.epochs_saved == before.epochs_saved


def test_it_is_read_from_the_storage_with_its_repeats() -> None:
    study = made.searched()
    number = next(t.number for t in study.trials if t.user_attrs.get(TrialAttr.STOPPED) == "pruned")
    trained = made.train(study.trials[number].params, 1000 + number)
    study.set_user_attr(
        StudyAttr.FINISHED,
        {
            f"{number}/{1000 + number}": {
                "trial": number,
                "seed": 1000 + number,
                "validation": 0.5,
                "seconds": 9.0,
                "curve": trained.curve,
                "repeats": [{"seed": 3, "value": 0.5, "seconds": 1.0, "values": [0.1, 0.5]}],
            }
        },
    )
    (run,) = read(study).finished
    assert (run.trial, run.validation, run.seconds, run.epochs) == (number, 0.5, 9.0, 9 + 2)
    trial = read(study).trials[number]
    assert trial.heading is not None
    assert trial.value is not None
    assert trial.heading > trial.value
    entry = summary(read(study))["pruning"]
    assert (entry["finished"], entry["pruned"], entry["epochs"]) == (1, 8, 11)
    assert entry["beat_best"]["count"] == 0
    assert entry["trials"][0]["value"] == 0.5
