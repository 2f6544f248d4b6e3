"""Progress: events in, a live picture or plain lines out."""

from __future__ import annotations

import io
from itertools import count
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from nia_optuna.cli.live import live, view
from nia_optuna.cli.plain import plain
from nia_optuna.cli.progress import Progress, duration_text, step
from nia_optuna.search.watch import Advanced, Ended, Event, Opened, Said, Started
from nia_optuna.training.epoch import Epoch

if TYPE_CHECKING:
    from collections.abc import Iterable

OPENED = Opened("search", "cifar", "accuracy", 3, 50, 9, 2, "cpu", 0.7)
CONFIRMATION = Opened("confirmation", "cifar", "accuracy", 0, 12, 9, 2, "cpu", None)
STORY: tuple[Event, ...] = (
    Said("continuing cifar"),
    OPENED,
    Started(0, 1, {"optimizer": "sgd", "sgd.lr": 0.123456}, "default", 9),
    Started(4, 1, {"optimizer": "adamw"}, None, 9),
    Advanced(0, 1, Epoch(1, {"loss": 1.9}, {"loss": 1.6, "accuracy": 0.41}, 0.1, 2.0)),
    Ended(4, 1, "failed", None, 0.7, 3, "diverged: loss is nan"),
    Ended(0, 1, "complete", 0.75, 0.75, 4),
)


def after(events: Iterable[Event], seconds_each: float = 10.0) -> Progress:
    progress = None
    for number, event in enumerate(events):
        progress = step(progress, event, number * seconds_each)
    assert progress is not None
    return progress


def drawn(progress: Progress, now: float) -> str:
    console = Console(file=io.StringIO(), width=110, record=True)
    console.print(view(progress, now))
    return console.export_text()


def written(events: Iterable[Event]) -> list[str]:
    stream, clock = io.StringIO(), count(step=10)
    with plain(stream, lambda: float(next(clock))) as watch:
        for event in events:
            watch(event)
    return stream.getvalue().splitlines()


def test_plain_lines_tell_stages_ends_and_remarks_but_no_epochs() -> None:
    remark, stage, failed, complete = written(STORY)
    assert remark == "continuing cifar"
    assert stage == "cifar: search, 3 of 50 trials done, up to 9 epochs each, 2 workers on cpu"
    assert failed.startswith("[3/50] trial 4 failed: diverged: loss is nan, best 70.00%")
    assert complete.startswith("[4/50] trial 0 (baseline) complete 75.00%, best 75.00%")
    assert complete.endswith("left")


def test_confirmation_names_the_seed() -> None:
    lines = written(
        [CONFIRMATION, Started(7, 3, {}, "by hand", 9), Ended(7, 3, "complete", 0.7, 0.7, 1)]
    )
    assert lines[0].startswith("cifar: confirmation, 0 of 12 trainings done")
    assert lines[1].startswith("[1/12] trial 7 (baseline by hand) seed 3 complete 70.00%")


def test_a_loss_is_not_shown_in_percent() -> None:
    opened = Opened("search", "s", "loss", 0, 2, 3, 1, "cpu", None)
    assert (
        "complete 0.1235, best 0.1235"
        in written([opened, Ended(0, 1, "complete", 0.12345, 0.12345, 1)])[1]
    )


def test_the_picture_shows_a_line_for_every_running_training() -> None:
    text = drawn(after(STORY[:5]), now=60.0)
    assert "cifar · search" in text
    assert "3/50 trials" in text
    assert "best 70.00%" in text
    lines = text.splitlines()
    running = next(line for line in lines if line.startswith("trial 0 (baseline)"))
    assert "1/9" in running
    assert "41.00%" in running
    assert "optimizer sgd, sgd.lr 0.123" in running
    assert any(line.startswith("trial 4 ") and "0/9" in line for line in lines)


def test_the_picture_compares_the_best_with_the_baseline_and_counts_failures() -> None:
    text = drawn(after(STORY), now=70.0)
    assert "best 75.00% · baseline 75.00% · 1 failed" in text
    assert "trial 0" not in text


@pytest.mark.parametrize("width", [20, 40, 200])
def test_the_picture_fits_any_terminal(width: int) -> None:
    console = Console(file=io.StringIO(), width=width, record=True)
    console.print(view(after(STORY[:5]), 60.0))
    assert max(map(len, console.export_text().splitlines())) <= width


def test_the_rest_takes_as_long_as_the_pace_so_far_says() -> None:
    opened = Opened("search", "s", "accuracy", 10, 20, 4, 1, "cpu", None)
    progress = after([opened, Ended(10, 1, "complete", 0.5, 0.5, 11)])
    assert progress.seconds_left(now=10.0) == pytest.approx(90.0)
    halfway = progress.after(Advanced(11, 1, Epoch(2, {}, {"accuracy": 0.5}, 0.1, 1)))
    assert halfway.seconds_left(now=15.0) == pytest.approx(85.0)


def test_before_the_first_epoch_nothing_is_promised() -> None:
    progress = after([OPENED])
    assert progress.seconds_left(now=100.0) is None
    assert progress.epochs_a_second(now=100.0) is None
    assert "left" not in drawn(progress, now=100.0)


@pytest.mark.parametrize(
    "events",
    [
        STORY[::-1],
        [OPENED, *STORY[4:]],
        [Opened("search", "s", "accuracy", 0, 0, 1, 1, "cpu", None)],
        [OPENED, STORY[-1], STORY[-1]],
        [Started(0, 1, {}, None, 9), CONFIRMATION, Ended(9, 9, "pruned", None, None, 0)],
    ],
    ids=["backwards", "no start", "no trials", "ended twice", "strangers"],
)
def test_events_in_any_order_are_survived(events: list[Event]) -> None:
    assert written(events)
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    with live(console) as watch:
        for event in events:
            watch(event)


def test_remarks_new_bests_and_failures_stay_above_the_live_view() -> None:
    stream = io.StringIO()
    with live(Console(file=stream, force_terminal=True, width=120)) as watch:
        for event in (*STORY, Ended(5, 1, "complete", 0.6, 0.75, 5), Said("wrote [reports]")):
            watch(event)
    text = stream.getvalue()
    assert "continuing cifar" in text
    assert "trial 4 failed: diverged" in text
    assert "trial 0 (baseline) complete 75.00%" in text
    assert "trial 5 complete" not in text
    assert "wrote [reports]" in text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59.6, "1 min 00 s"), (200, "3 min 20 s"), (3900, "1 h 05 min")],
)
def test_durations_are_read_in_their_two_largest_units(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text
