"""What the runs say, as a table. Pure: a run that did not reach its target counts as at least."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.study.race import Epoch

OURS, USUAL = "nia-optuna", "Optuna, usual loop"


@dataclass(frozen=True)
class Trace:
    """One peer with one seed: `bests` are the epochs that were better than all before them.

    Each has its seconds since the start and its validation accuracy. The run lasted `seconds`, in
    which `trials` finished an epoch or more and `epochs` were finished altogether; `load` is the
    machine's in the minute before.
    """

    question: str
    peer: str
    seed: int
    seconds: float
    trials: int
    epochs: int
    load: float
    bests: Sequence[tuple[float, float]]

    @property
    def about(self) -> tuple[str, str, int]:
        """Question, peer and seed."""
        return self.question, self.peer, self.seed

    @property
    def best(self) -> float:
        """The highest accuracy, 0 where no epoch was finished."""
        return self.bests[-1][1] if self.bests else 0.0

    def until(self, target: float) -> Figure:
        """Return the seconds until an epoch reached `target`, or that of the run as a bound."""
        reached = (seconds for seconds, accuracy in self.bests if accuracy >= target)
        first = next(reached, None)
        return Figure(self.seconds, at_least=True) if first is None else Figure(first)


@dataclass(frozen=True)
class Figure:
    """A number, or, where it is `at_least`, one that the true number is not below."""

    value: float
    at_least: bool = False

    def text(self, digits: int) -> str:
        """Return the number for reading, behind "≥" where it is a bound."""
        return f"{'≥ ' if self.at_least else ''}{self.value:.{digits}f}"


def traced(
    epochs: Sequence[Epoch], question: str, peer: str, seed: int, *, cap: float, load: float
) -> Trace:
    """Return the trace of these epochs, in the order in which they were heard of.

    A run lasts to its last epoch where that ended it, else for `cap` seconds.
    """
    bests: list[tuple[float, float]] = []
    for epoch in epochs:
        if not bests or epoch.accuracy > bests[-1][1]:
            bests.append((round(epoch.seconds, 2), epoch.accuracy))
    return Trace(
        question,
        peer,
        seed,
        seconds=round(epochs[-1].seconds, 2) if peer == USUAL and epochs else cap,
        trials=len({epoch.trial for epoch in epochs}),
        epochs=len(epochs),
        load=load,
        bests=bests,
    )


def targets(runs: Iterable[Trace]) -> dict[int, float]:
    """Return the target of every seed: the median of the usual loop's bests with the other seeds.

    `runs` are of one question. Seeds without another have none.
    """
    reached = {run.seed: run.best for run in runs if run.peer == USUAL}
    others = {seed: [best for other, best in reached.items() if other != seed] for seed in reached}
    return {seed: statistics.median(bests) for seed, bests in others.items() if bests}


def ratio(took: Figure, ours: Figure) -> Figure:
    """Return how many times as long as ours a run took; raises ValueError where ours is a bound."""
    if ours.at_least:
        raise ValueError(f"{OURS} did not reach the target")
    return Figure(took.value / ours.value, took.at_least)


def median(figures: Sequence[Figure]) -> Figure:
    """Return the median, as a bound where a bound at or below it might really lie above it."""
    values = [figure.value for figure in figures]
    edge = statistics.median_high(values)
    unsure = any(figure.at_least and figure.value <= edge for figure in figures)
    return Figure(statistics.median(values), unsure)


def table(runs: Sequence[Trace], questions: Sequence[str], peers: Sequence[str]) -> list[str]:
    """Return the runs as Markdown, a row a question and peer in the order of these."""
    head = (
        "| study | peer | seconds | over the repeats | trials an hour | epochs an hour "
        "| times nia-optuna's | over the repeats |"
    )
    rows = [head, "|:--|:--|--:|--:|--:|--:|--:|--:|"]
    for question in questions:
        mine = [run for run in runs if run.question == question]
        rows += [_row([run for run in mine if run.peer == peer], mine) for peer in peers]
    said = [
        f"{question}: targets {', '.join(f'{100 * each:.2f} %' for each in known.values())}"
        for question in questions
        if (known := targets([run for run in runs if run.question == question]))
    ]
    return [*rows, "", *said]


def _row(mine: Sequence[Trace], all_peers: Sequence[Trace]) -> str:
    aims = targets(all_peers)
    ours = {run.seed: run.until(aims[run.seed]) for run in all_peers if run.peer == OURS}
    times = [run.until(aims[run.seed]) for run in mine]
    known = all(run.seed in ours and not ours[run.seed].at_least for run in mine)
    ratios = [ratio(t, ours[run.seed]) for run, t in zip(mine, times, strict=True)] if known else []
    cells = [
        mine[0].question,
        mine[0].peer,
        median(times).text(1),
        _spread(times),
        f"{statistics.median(3600 * run.trials / run.seconds for run in mine):.0f}",
        f"{statistics.median(3600 * run.epochs / run.seconds for run in mine):.0f}",
        median(ratios).text(1) if ratios else "not known",
        _spread(ratios) if ratios else "",
    ]
    return f"| {' | '.join(cells)} |"


def _spread(figures: Iterable[Figure]) -> str:
    # Of a number and a bound of the same value the bound is the larger one.
    ordered = sorted(figures, key=lambda figure: (figure.value, figure.at_least))
    return f"{ordered[0].text(1)} to {ordered[-1].text(1)}"
