"""A confirmation that another machine goes on with: the weights of the first lie with the first."""

from dataclasses import replace
from pathlib import Path

import optuna
import pytest

from nia_optuna.cli.kept import kept
from nia_optuna.record import StudyAttr
from nia_optuna.search.confirmation import Confirmation
from nia_optuna.search.run import Place, run
from nia_optuna.search.runs import Runs
from nia_optuna.search.watch import Ended, Event
from tests.search.small import INLINE, small

optuna.logging.set_verbosity(optuna.logging.ERROR)


def test_who_takes_over_trains_again_the_one_whose_weights_are_kept_and_no_other(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first dies when all is scored and nothing is chosen."""
    heir = replace(place, runs=Runs(tmp_path / "heir"), storage=f"sqlite:///{place.runs.database}")

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Confirmation, "_choose", die)
        with pytest.raises(KeyboardInterrupt):
            run(small, place, INLINE, lambda _: None)
    events: list[Event] = []
    stored = run(small, heir, INLINE, events.append)
    chosen = stored.user_attrs[StudyAttr.CHOSEN]
    (again,) = [event for event in events if isinstance(event, Ended)]
    assert again.trial == chosen["trial"]
    assert kept(stored, heir.runs).checkpoint.is_file()
    record = stored.user_attrs[StudyAttr.CONFIRMATION][f"{again.trial}/{again.seed}"]
    assert record["checkpoint"] == chosen["checkpoint"]
    assert (heir.runs.artifacts / record["predictions"]).is_file()
