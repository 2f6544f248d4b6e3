"""What the runs say, as a table. Pure: a run that did not reach its target counts as at least."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.study.race import Epoch

OURS = "nia-optuna"


@dataclass(frozen=True)
class Run:
    """One peer with one seed; `seconds` is None where `cap` of them were not enough.

    `trials` finished an epoch or more; `epochs` counts those of all trials together; `best` is the
    highest validation accuracy among them, 0 where none was finished.
    """

    question: str
    peer: str
    seed: int
    cap: float
    seconds: float | None
    trials: int
    epochs: int
    best: float


@dataclass(frozen=True)
class Figure:
    """A number, or, where it is `at_least`, one that the true number is not below."""

    value: float
    at_least: bool = False

    def text(self, digits: int) -> str:
        """Return the number for reading, behind "≥" where it is a bound."""
        return f"{'≥ ' if self.at_least else ''}{self.value:.{digits}f}"


def run_of(
    epochs: Sequence[Epoch], question: str, peer: str, seed: int, *, target: float, cap: float
) -> Run:
    """Return the run that these epochs make, in the order in which they were heard of."""
    reached = (epoch.seconds for epoch in epochs if epoch.accuracy >= target)
    return Run(
        question,
        peer,
        seed,
        cap,
        seconds=next(reached, None),
        trials=len({epoch.trial for epoch in epochs}),
        epochs=len(epochs),
        best=max((epoch.accuracy for epoch in epochs), default=0.0),
    )


def time_of(run: Run) -> Figure:
    """Return the seconds of a run, or its cap as a bound."""
    return Figure(run.cap, at_least=True) if run.seconds is None else Figure(run.seconds)


def ratio(run: Run, ours: Run) -> Figure:
    """Return how many times as long as ours a run took; raises ValueError where ours has no end."""
    if ours.seconds is None:
        raise ValueError(f"{OURS} did not reach the target with seed {ours.seed}")
    took = time_of(run)
    return Figure(took.value / ours.seconds, took.at_least)


def median(figures: Sequence[Figure]) -> Figure:
    """Return the median, as a bound where a bound at or below it might really lie above it."""
    values = [figure.value for figure in figures]
    edge = statistics.median_high(values)
    unsure = any(figure.at_least and figure.value <= edge for figure in figures)
    return Figure(statistics.median(values), unsure)


def table(runs: Sequence[Run], questions: Sequence[str], peers: Sequence[str]) -> list[str]:
    """Return the runs as Markdown, a row a question and peer in the order of these."""
    head = "| study | peer | seconds | over the repeats | trials | epochs | times nia-optuna's |"
    rows = [_row(runs, question, peer) for question in questions for peer in peers]
    return [head, "|:--|:--|--:|--:|--:|--:|--:|", *rows]


def _row(runs: Sequence[Run], question: str, peer: str) -> str:
    mine = [run for run in runs if (run.question, run.peer) == (question, peer)]
    times = [time_of(run) for run in mine]
    cells = [
        question,
        peer,
        median(times).text(1),
        _spread(times),
        f"{statistics.median(run.trials for run in mine):g}",
        f"{statistics.median(run.epochs for run in mine):g}",
        _against(mine, [run for run in runs if (run.question, run.peer) == (question, OURS)]),
    ]
    return f"| {' | '.join(cells)} |"


def _against(mine: Sequence[Run], ours: Sequence[Run]) -> str:
    """Return the median of the ratios within the repeats; none where ours missed a target."""
    by_seed = {run.seed: run for run in ours}
    pairs = [(run, by_seed[run.seed]) for run in mine if run.seed in by_seed]
    if not pairs or any(other.seconds is None for _, other in pairs):
        return "not known"
    return median([ratio(run, other) for run, other in pairs]).text(1)


def _spread(figures: Iterable[Figure]) -> str:
    # Of a number and a bound of the same value the bound is the larger one.
    ordered = sorted(figures, key=lambda figure: (figure.value, figure.at_least))
    return f"{ordered[0].text(1)} to {ordered[-1].text(1)}"
