"""A study goes on in the numbers it began with, where the hardware is the same."""

from dataclasses import replace
from typing import Any

import optuna
import pytest

from nia_optuna.record import StudyAttr
from nia_optuna.search import environment as module
from nia_optuna.search.run import Machine
from nia_optuna.search.watch import Event, Said
from tests.search.small import CPU, Run

BFLOAT16 = Machine((replace(CPU, bf16=True),), inline=True)


def recorded(stored: optuna.Study) -> dict[str, Any]:
    found: dict[str, Any] = stored.user_attrs[StudyAttr.ENVIRONMENT]
    return found


def test_a_study_goes_on_in_the_precision_it_was_begun_in(
    run_study: Run, events: list[Event]
) -> None:
    assert recorded(run_study(trials=3, finalists=0))["precision"] == "float32"
    again = run_study(trials=4, finalists=0, machine=BFLOAT16)
    assert len(again.trials) == 4
    assert recorded(again)["precision"] == "float32"
    assert not [e for e in events if isinstance(e, Said) and "float32" in e.text]


def test_on_other_hardware_a_change_of_precision_is_said(
    run_study: Run, events: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_study(trials=3, finalists=0)
    monkeypatch.setattr(module, "processor", lambda: "another processor")
    again = run_study(trials=4, finalists=0, machine=BFLOAT16)
    assert recorded(again)["precision"] == "bfloat16 autocast"
    said = [e.text for e in events if isinstance(e, Said)]
    assert (
        "trained in float32 before, on other hardware, and in bfloat16 autocast from here on"
        in said
    )
