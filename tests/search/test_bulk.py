"""Trials that are read as rows are the trials that Optuna reads."""

import math
from pathlib import Path

import optuna
import pytest
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.storages import RDBStorage
from optuna.trial import TrialState, create_trial

from nia_optuna.search.storage import open_storage
from tests.search.test_every_storage import plain

SPACE: dict[str, BaseDistribution] = {
    "z": FloatDistribution(1e-5, 1.0, log=True),
    "choice": CategoricalDistribution((None, True, 2, 0.5, "naïve ✓")),
    "a": IntDistribution(1, 9, step=2),
}
OF_A = {"a": SPACE["a"]}
STATES = (None, (TrialState.COMPLETE,), (TrialState.RUNNING, TrialState.WAITING), ())


def fill(storage: RDBStorage) -> None:
    one = optuna.create_study(study_name="one", storage=storage)
    one.add_trial(
        create_trial(
            value=-math.inf,
            params={"z": 0.1, "choice": None, "a": 3},
            distributions=SPACE,
            user_attrs={"curve": [{"loss": 0.5, "last": False}], "text": "it's {braced} ✗"},
            system_attrs={"rung": 1},
            intermediate_values={1: 0.5, 2: math.nan, 3: math.inf, 10: -math.inf},
        )
    )
    one.enqueue_trial({"z": 0.5}, user_attrs={"baseline": "default"})
    one.add_trial(create_trial(state=TrialState.PRUNED, intermediate_values={7: 0.25}))
    one.add_trial(create_trial(state=TrialState.FAIL, user_attrs={"failure": "why"}))
    one.add_trial(create_trial(state=TrialState.RUNNING, params={"a": 1}, distributions=OF_A))
    two = optuna.create_study(
        study_name="two", storage=storage, directions=["minimize", "maximize"]
    )
    two.add_trial(create_trial(values=[1.5, math.inf]))
    optuna.create_study(study_name="empty", storage=storage)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_is_read_as_rows_is_what_optuna_reads(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    url = f"sqlite:///{tmp_path}/studies.db"
    if kind == "postgresql":
        url = request.getfixturevalue("postgres_url")
    optunas = RDBStorage(url)
    fill(optunas)
    ours = open_storage(url, tmp_path, create=False)
    for name, count in (("one", 5), ("two", 1), ("empty", 0)):
        study = optunas.get_study_id_from_name(name)
        assert len(ours.get_all_trials(study)) == count
        for states in STATES:
            read = [s.get_all_trials(study, states=states) for s in (ours, optunas)]
            assert list(map(plain, read[0])) == list(map(plain, read[1]))
    with pytest.raises(KeyError):
        ours.get_all_trials(99)
