from matplotlib.figure import Figure

from nia_optuna.report.plots.steep import steep


def test_a_loss_that_falls_by_decades_has_a_logarithmic_axis_that_holds_all_of_it() -> None:
    axes = Figure().subplots()
    steep(axes, [600.0, 100.0, 20.0, 9.0])
    low, high = axes.get_ylim()
    assert axes.get_yscale() == "log"
    assert low < 9
    assert high > 600


def test_what_diverged_does_not_press_the_others_flat() -> None:
    axes = Figure().subplots()
    steep(axes, [1e30, 30.0, 20.0, 10.0, 9.0])
    assert axes.get_ylim()[1] < 1e6


def test_less_than_a_decade_and_what_is_not_positive_stay_linear() -> None:
    for values in ([2.3, 0.5], [600.0, 0.0], [600.0, -1.0, 20.0]):
        axes = Figure().subplots()
        steep(axes, values)
        assert axes.get_yscale() == "linear"
