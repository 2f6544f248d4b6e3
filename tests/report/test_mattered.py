"""What mattered is told with its verdict first, in words that a name cannot break."""

from dataclasses import replace

import pytest

from nia_optuna.findings.findings import Findings, find
from nia_optuna.findings.importances import Inside, Pair, Share
from nia_optuna.findings.verdict import Verdict
from nia_optuna.report.answer import answer
from nia_optuna.report.mattered import mattered
from nia_optuna.report.plots.importances import importances
from nia_optuna.report.render import render
from tests.findings import made


@pytest.fixture(scope="module")
def found() -> Findings:
    return find(made.searched())


def told(found: Findings, **changes: object) -> Findings:
    return replace(found, importances=replace(found.importances, **changes))  # type: ignore[arg-type]


def test_the_verdict_comes_first_and_is_repeated_in_the_answer(found: Findings) -> None:
    first = found.importances.order[0]
    relied = told(found, verdict=Verdict(rely=True, reasons=()))
    assert mattered(relied)[0].startswith(f"{first} alone mattered most")
    assert f"was {first}" in answer(relied)[-1]
    doubted = told(found, verdict=Verdict(rely=False, reasons=("the intervals overlap",)))
    assert mattered(doubted)[0] == "Do not rely on this. The intervals overlap."
    assert "do not rely on" in answer(doubted)[-1]
    assert answer(doubted)[-1].endswith(": the intervals overlap.")


def test_branches_pairs_and_what_was_left_out_are_told(found: Findings) -> None:
    pair = Pair(("lr", "width"), (Share(0.21, 0.1, 0.3), Share(0.19, 0.1, 0.3)))
    given = told(
        found,
        inside={"sgd.lr": Inside("optimizer is sgd", 0.4)},
        pairs=(pair,),
        left_out=("odd",),
    )
    text = " ".join(mattered(given))
    assert "sgd.lr where optimizer is sgd (40 % of the variance there)" in text
    assert "lr with width (21 % and 19 %)" in text
    assert text.endswith("when it is used: odd.")
    assert "No two parameters" in " ".join(mattered(told(found, pairs=())))


def test_what_is_missing_has_a_reason_and_no_picture(found: Findings) -> None:
    without = told(found, missing="no <b>parameter</b> was searched", evaluators=(), order=())
    assert importances(without) is None
    text = render({"plots": set(), "mattered": mattered(without)}, "mattered.md.j2")
    assert "because no &lt;b&gt;parameter" in text
    assert answer(without)[-1].startswith("What mattered cannot be said: no")


def test_the_picture_has_bars_of_both_evaluators(found: Findings) -> None:
    picture = importances(found)
    assert picture is not None
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 150_000
    assert picture != importances(told(found, verdict=Verdict(rely=True, reasons=())))
