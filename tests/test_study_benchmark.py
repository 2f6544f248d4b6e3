"""The benchmark of whole studies: what it counts, what it bounds, and that all search one space."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import assert_never

import pytest
import torch
from torch import nn

from benchmarks.study import loop, space
from benchmarks.study.__main__ import known
from benchmarks.study.figure import Figure, median
from benchmarks.study.race import Epoch, PeerError, timed
from benchmarks.study.space import Choice, Integer, Log, Question, Uniform
from benchmarks.study.table import OURS, USUAL, Trace, table, targets, traced
from nia_optuna.load import load
from nia_optuna.parameter import Parameter
from nia_optuna.study import check_space

STUDIES = Path(__file__).parents[1] / "benchmarks" / "study" / "studies.py"
CAP = 200.0


AIM = 0.97


def run(peer: str, seconds: float | None, seed: int = 0, best: float = AIM) -> Trace:
    """Return a run that came to `best` after so many seconds, and only to half where None."""
    bests = [(1.0, 0.5)] if seconds is None else [(1.0, 0.5), (seconds, best)]
    return Trace("MNIST MLP", peer, seed, CAP, trials=4, epochs=20, load=0.0, bests=bests)


def as_parameter(name: str, plain: space.Parameter) -> Parameter:
    match plain:
        case Choice(values, default):
            return Parameter(name, "choice", default, choices=values)
        case Integer(low, high, default):
            return Parameter(name, "integer", default, low=low, high=high)
        case Uniform(low, high, default):
            return Parameter(name, "uniform", default, low=low, high=high)
        case Log(low, high, default):
            return Parameter(name, "log", default, low=low, high=high)
    assert_never(plain)


@pytest.mark.parametrize("question", space.QUESTIONS, ids=lambda question: question.name)
def test_the_study_files_ask_what_the_plain_data_says(question: Question) -> None:
    made = load(f"{STUDIES}:{question.name}")
    plain = {name: as_parameter(name, each) for name, each in question.space.items()}
    assert check_space(made) == plain
    asked = (made.dataset, made.subset, made.validation, made.budget.epochs)
    assert asked == (question.dataset, question.subset, question.validation, question.epochs)
    assert made.recipe(question.default()) == made.recipe({})


@pytest.mark.parametrize(
    ("question", "network", "shape"),
    [
        (space.MNIST_MLP, loop.perceptron, (1, 28, 28)),
        (space.CIFAR_CNN, loop.convolutional, (3, 32, 32)),
    ],
)
def test_the_tutorials_network_is_the_same_function_as_ours(
    question: Question,
    network: Callable[[space.Settings, tuple[int, ...]], nn.Module],
    shape: tuple[int, ...],
) -> None:
    settings = {**question.default(), "batch_norm": True, "dropout": 0.25}
    theirs = network(settings, shape).eval()
    ours = load(f"{STUDIES}:{question.name}").recipe(settings).model.build(shape, 10).eval()
    weights = zip(ours.state_dict(), theirs.state_dict().values(), strict=True)
    ours.load_state_dict(dict(weights))
    inputs = torch.randn(4, *shape)
    torch.testing.assert_close(theirs(inputs), ours(inputs))


def test_a_trace_keeps_the_epochs_that_were_better_than_all_before() -> None:
    epochs = [Epoch(1.0, 0, 0.90), Epoch(2.0, 1, 0.85), Epoch(3.0, 0, 0.97), Epoch(4.0, 2, 0.96)]
    made = traced(epochs, "q", "p", 0, cap=CAP, load=0.5)
    assert made == Trace("q", "p", 0, CAP, 3, 4, 0.5, [(1.0, 0.90), (3.0, 0.97)])
    assert made.until(0.90) == Figure.exactly(1.0)
    assert made.until(0.91) == Figure.exactly(3.0)
    assert made.until(0.98) == Figure.at_least(CAP)


def test_the_usual_loop_lasts_to_its_last_epoch() -> None:
    made = traced([Epoch(7.0, 0, 0.9)], "q", USUAL, 0, cap=CAP, load=0.5)
    assert made.until(0.95) == Figure.at_least(7.0)


def test_a_peer_that_never_spoke_reached_nothing() -> None:
    made = traced([], "q", "p", 0, cap=CAP, load=0.5)
    assert (made.trials, made.epochs, made.best) == (0, 0, 0.0)
    assert made.until(0.1) == Figure.at_least(CAP)


def test_a_repeat_has_its_target_from_the_usual_loop_in_the_others() -> None:
    runs = [run(USUAL, 50.0, seed, best) for seed, best in enumerate((0.5, 0.6, 0.8))]
    runs += [run(OURS, 50.0, seed, 0.9) for seed in range(3)]
    assert targets(runs) == {0: pytest.approx(0.7), 1: 0.65, 2: pytest.approx(0.55)}
    assert targets(runs[:1]) == {}


def test_a_median_lies_where_its_numbers_may() -> None:
    ten, twenty = Figure.exactly(10), Figure.exactly(20)
    assert median([ten, twenty, Figure.at_least(200)]) == twenty
    assert median([ten, twenty, Figure.at_least(15)]) == Figure(15, 20)
    assert median([ten, Figure.at_least(20)]) == Figure.at_least(15)


def test_ratios_are_taken_within_a_repeat() -> None:
    runs = [run(USUAL, seconds, seed) for seed, seconds in enumerate((100.0, 40.0, None))]
    runs += [run(OURS, seconds, seed) for seed, seconds in enumerate((10.0, 20.0, 8.0))]
    rows = table(runs, ["MNIST MLP"], [USUAL, OURS])[2:4]
    assert rows == [
        f"| MNIST MLP | {USUAL} | 100.0 | 40.0 … ≥ 200.0 | 72 | 360 | 10.0 | 2.0 … ≥ 25.0 |",
        f"| MNIST MLP | {OURS} | 10.0 | 8.0 … 20.0 | 72 | 360 | 1.0 | 1.0 … 1.0 |",
    ]


def test_where_the_target_was_missed_here_ratios_are_bounded_from_above() -> None:
    runs = [run(USUAL, 30.0, 0), run(OURS, 10.0, 0), run(USUAL, 30.0, 1), run(OURS, None, 1)]
    rows = table(runs, ["MNIST MLP"], [USUAL, OURS])[2:4]
    assert rows[0].split(" | ")[-2:] == ["1.5 to 1.6", "≤ 0.1 … 3.0 |"]


def test_runs_of_other_code_are_not_gone_on_with(tmp_path: Path) -> None:
    file = tmp_path / "study.json"
    assert known(file, {"code": "this"}) == []
    mine = run(OURS, 10.0)
    file.write_text(json.dumps({"code": "this", "runs": [asdict(mine)]}))
    assert [each.about for each in known(file, {"code": "this"})] == [mine.about]
    with pytest.raises(SystemExit, match="measured by other code"):
        known(file, {"code": "that"})


def speaking(*accuracies: float, then: str) -> list[str]:
    lines = "".join(f'{{"trial": 0, "accuracy": {each}}}\\n' for each in accuracies)
    return [sys.executable, "-c", f"print('{lines}', end='', flush=True); {then}"]


def test_a_peer_is_ended_after_so_many_epochs(tmp_path: Path) -> None:
    command = speaking(0.5, 0.9, 0.95, then="import time; time.sleep(60)")
    epochs = timed(command, most=2, cap=60, log=tmp_path / "log")
    assert [epoch.accuracy for epoch in epochs] == [0.5, 0.9]
    assert epochs[-1].seconds < 30


def test_a_peer_is_ended_at_the_cap(tmp_path: Path) -> None:
    command = speaking(0.5, then="import time; time.sleep(60)")
    began = time.monotonic()
    assert len(timed(command, cap=1, log=tmp_path / "log")) <= 1
    assert time.monotonic() - began < 30


def test_a_peer_that_says_something_else_is_an_error(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('hello', flush=True); import time; time.sleep(60)"]
    with pytest.raises(PeerError, match="no epoch"):
        timed(command, cap=60, log=tmp_path / "log")


def test_a_peer_that_ends_by_itself_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    command = speaking(0.5, then="raise SystemExit('no such data')")
    with pytest.raises(PeerError, match="no such data"):
        timed(command, cap=60, log=tmp_path / "log")
