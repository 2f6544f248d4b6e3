"""The last lines of a run say what the report will: the recommended one beside a baseline."""

import io

import pytest
from rich.console import Console

from nia_optuna.cli.result import say_result
from nia_optuna.findings.summary import summary_of
from nia_optuna.record import StudyAttr
from tests.findings import made


def said(**chosen: int) -> str:
    study = made.confirmed(baselines=(0, 1))
    study.set_user_attr(StudyAttr.CHOSEN, study.user_attrs[StudyAttr.CHOSEN] | chosen)
    console = Console(file=io.StringIO())
    say_result(console, summary_of(study), "nia-optuna report cifar_cnn")
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("chosen", "other"), [({}, "default"), ({"trial": 0}, "notebook")], ids=["found", "default"]
)
def test_what_fresh_seeds_say_of_a_baseline_stands_beside_the_recommended_one(
    chosen: dict[str, int], other: str
) -> None:
    summary = summary_of(made.confirmed(baselines=(0, 1)))
    (named,) = (each for each in summary["baselines"] if each["name"] == other)
    (line,) = (line for line in said(**chosen).splitlines() if line.startswith("confirmed"))
    mean, test = named["confirmed"]["mean"], named["confirmed"]["test"]["mean"]
    assert line.endswith(f"; the {other} baseline: validation {mean:.2%}, test {test:.2%}")
    assert line.startswith("confirmed with 3 fresh seeds: validation 7")
