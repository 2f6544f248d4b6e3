import numpy as np

from nia_optuna.findings.encoding import codes, columns
from nia_optuna.findings.facts import Configuration
from nia_optuna.findings.region import Axis

KIND = Axis("kind", choices=("sgd", "adam"))
WIDE = Axis("wide", low=16, high=64, step=16, parent="kind", on=(1.0,))


def test_a_configuration_is_coded_as_the_sample_of_the_space_is() -> None:
    tried: list[Configuration] = [
        {"kind": "sgd"},
        {"kind": "adam", "wide": 16},
        {"kind": "adam", "wide": 64},
    ]
    coded = codes((KIND, WIDE), tried)
    assert np.array_equal(coded, np.array([[0, np.nan], [1, 0], [1, 1]]), equal_nan=True)
    drawn = WIDE.drawn(np.array([0.0, 0.3, 0.6, 0.99]))
    wide: list[Configuration] = [{"kind": "adam", "wide": value} for value in (16, 32, 48, 64)]
    assert np.allclose(codes((WIDE,), wide)[:, 0], drawn)


def test_a_model_sees_a_column_an_option_and_what_is_not_in_use_in_the_middle() -> None:
    coded = np.array([[0, np.nan], [1, 0.25], [np.nan, 1]])
    assert columns((KIND, WIDE), coded).tolist() == [[1, 0, 0.5], [0, 1, 0.25], [0, 0, 1]]
