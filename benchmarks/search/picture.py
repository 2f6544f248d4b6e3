"""Anytime regret of all contestants, with bands, as one picture."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import pandas as pd
import seaborn as sns

from benchmarks.search.settings import SETTINGS


def draw(found: pd.DataFrame, to: Path) -> None:
    """Draw the mean regret over the cost, a panel a setting; bands are 95 % intervals."""
    mpl.use("Agg")
    grid = sns.relplot(
        found,
        kind="line",
        x="cost",
        y="regret",
        hue="contestant",
        col="setting",
        col_wrap=2,
        errorbar=("ci", 95),
        seed=0,
        n_boot=500,
        height=3.6,
        aspect=1.5,
        facet_kws={"sharex": False, "sharey": False},
    )
    grid.set(yscale="log")
    for setting, axes in grid.axes_dict.items():
        axes.set_title(setting)
        axes.set_xlim(1, SETTINGS[setting].budget)
        axes.set_xlabel("cost in full trainings")
        axes.set_ylabel("mean regret in points")
    grid.savefig(to, dpi=110)
