"""What the runs say, as a table. Pure: a run that did not reach its target counts as at least."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.study.figure import Figure, median, spread
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
        return Figure.at_least(self.seconds) if first is None else Figure.exactly(first)


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
    ratios = [
        Figure.exactly(1) if run.peer == OURS else took.over(ours[run.seed])
        for run, took in zip(mine, times, strict=True)
        if run.seed in ours
    ]
    cells = [
        mine[0].question,
        mine[0].peer,
        str(median(times)),
        spread(times),
        f"{statistics.median(3600 * run.trials / run.seconds for run in mine):.0f}",
        f"{statistics.median(3600 * run.epochs / run.seconds for run in mine):.0f}",
        str(median(ratios)) if ratios else "not known",
        spread(ratios) if ratios else "",
    ]
    return f"| {' | '.join(cells)} |"
