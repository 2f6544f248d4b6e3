from nia_optuna.findings.learned import Band, band, compared, learned, measured, trained
from nia_optuna.findings.read import read
from tests.findings import made, regression


def test_the_mean_and_range_of_several_seeds() -> None:
    assert band([((1, 0.25), (2, 0.5)), ((1, 0.75), (2, 0.5))]) == (
        Band(1, 0.5, 0.25, 0.75),
        Band(2, 0.5, 0.5, 0.5),
    )


def test_the_mean_goes_on_as_long_as_half_of_the_seeds_train() -> None:
    long, short = ((1, 1.0), (2, 2.0), (3, 3.0)), ((1, 1.0),)
    assert [point.epoch for point in band([long, short])] == [1, 2, 3]
    assert [point.epoch for point in band([long, short, short])] == [1]


def test_fresh_seeds_stand_before_the_search() -> None:
    facts = read(made.confirmed())
    fresh = learned(facts, facts.trials[0])
    assert (fresh.source, len(fresh.curves)) == ("fresh seeds", 3)
    notebook = learned(facts, facts.trials[1])
    assert (notebook.source, len(notebook.curves)) == ("search", 1)


def test_every_repeat_of_a_trial_is_a_curve() -> None:
    facts = read(regression.searched())
    found = learned(facts, facts.trials[0])
    assert len(found.curves) == regression.REPEATS
    assert [len(curve) for curve in found.curves] == [regression.EPOCHS] * regression.REPEATS


def test_the_recommended_one_comes_first_then_every_baseline() -> None:
    found = compared(read(made.confirmed(baselines=(0, 1))))
    assert [each.trial.baseline for each in found] == [None, "default", "notebook"]


def test_measures_that_were_not_recorded_leave_no_curve() -> None:
    facts = read(made.searched())
    assert measured(facts, facts.trials[0], "validation_mse") == ()
    assert len(measured(facts, facts.trials[0], "train_loss")[0]) == made.EPOCHS


def test_the_training_figure_is_of_the_studys_metric() -> None:
    facts = read(regression.searched(trials=3))
    trial = facts.trials[0]
    assert trained(facts, trial) == tuple((e.number, e.train_mse) for e in trial.curve)
    assert len(trained(facts, trial)) == regression.EPOCHS


def test_a_metric_that_no_training_knows_has_no_training_figure() -> None:
    facts = read(made.empty(metric="value"))
    assert trained(facts, read(made.searched(trials=3)).trials[0]) == ()
