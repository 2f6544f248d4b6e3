"""Regrets of many searches as means with intervals: pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

RESAMPLED = 2000


@dataclass(frozen=True)
class Spread:
    """The mean regret in points with its 95 % interval, the median and the worst tenth's begin."""

    mean: float
    low: float
    high: float
    median: float
    worst_tenth: float


def frame(records: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return a row for every search and cost: setting, contestant, task, seed, cost, regret.

    A regret is floored at 0: the best of many random configurations is not the best there is. Costs
    before the first whole training are left out.
    """
    return pd.DataFrame(
        {
            **{key: each[key] for key in ("setting", "contestant", "task", "seed")},
            "cost": cost,
            "regret": max(regret, 0.0),
        }
        for each in records
        for cost, regret in enumerate(each["regrets"], start=1)
        if regret is not None
    )


def spread(found: pd.DataFrame) -> Spread:
    """Return the spread of searches at one cost: columns task, seed and regret.

    The tasks are the benchmark's own, so the interval is over seeds: those of every task are drawn
    again with replacement (percentile bootstrap).
    """
    table = found.pivot_table(index="task", columns="seed", values="regret").to_numpy()
    low, high = np.quantile(_resampled(table), (0.025, 0.975))
    return Spread(
        mean=float(np.nanmean(table)),
        low=float(low),
        high=float(high),
        median=float(np.nanmedian(table)),
        worst_tenth=float(np.nanquantile(table, 0.9)),
    )


def _resampled(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return means of tables in which the seeds of each row were drawn anew."""
    rng = np.random.default_rng(0)
    tasks, seeds = table.shape
    drawn = rng.integers(seeds, size=(RESAMPLED, tasks, seeds))
    means: NDArray[np.float64] = np.nanmean(table[np.arange(tasks)[:, None], drawn], axis=(1, 2))
    return means


def table(found: pd.DataFrame, costs: Sequence[int]) -> str:
    """Return the Markdown table of one setting: a line a contestant, the best mean first."""
    spreads = {
        (str(name), cost): spread(of[of["cost"] == cost])
        for name, of in found.groupby("contestant")
        for cost in costs
    }
    names = sorted({name for name, _ in spreads}, key=lambda name: spreads[name, costs[-1]].mean)
    head = "| | " + " | ".join(f"mean at {c} | median | worst tenth" for c in costs) + " |"
    lines = [head, "|---" * (1 + 3 * len(costs)) + "|"]
    for name in names:
        cells = (_cells(spreads[name, cost]) for cost in costs)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cells(each: Spread) -> str:
    mean = f"{each.mean:.2f} ({each.low:.2f} to {each.high:.2f})"
    return f"{mean} | {each.median:.2f} | {each.worst_tenth:.2f}"
