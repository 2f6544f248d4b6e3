"""Which parameters the value hung on, by two evaluators side by side."""

from __future__ import annotations

import pandas as pd
import seaborn as sns
from matplotlib.container import BarContainer
from matplotlib.ticker import PercentFormatter

from nia_optuna.findings.findings import Findings
from nia_optuna.report.numbers import share
from nia_optuna.report.plots import look

_MOST = 15  # parameters shown; more are unreadable


def importances(found: Findings) -> bytes | None:
    """Return the picture, None where neither evaluator found anything."""
    shown = [each for each in found.importances if each.shares]
    if not shown:
        return None
    names = list(shown[0].shares)[:_MOST]
    shares = pd.DataFrame(
        [
            {
                "parameter": look.short(name),
                "share": each.shares.get(name, 0.0),
                "evaluator": each.evaluator,
            }
            for each in shown
            for name in names
        ]
    )
    with look.look():
        made = look.figure(height=1.3 + 0.36 * len(names))
        axes = made.subplots()
        sns.barplot(
            shares,
            x="share",
            y="parameter",
            hue="evaluator",
            palette=[look.BEST, look.SECOND],
            saturation=1,
            edgecolor="white",
            legend=False,
            ax=axes,
        )
        # Hatched too, so that the two are told apart in grey.
        bar_groups = [group for group in axes.containers if isinstance(group, BarContainer)]
        for bars, each, hatch in zip(bar_groups, shown, ("", "///"), strict=False):
            for bar in bars:
                bar.set_hatch(hatch)
            axes.bar_label(
                bars,
                [share(each.shares[n]) if n in each.shares else "cannot judge" for n in names],
                padding=4,
                fontsize="small",
                color=look.TRIAL,
            )
        axes.margins(x=0.09)
        axes.set(xlabel="share of importance", ylabel="")
        axes.xaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=0))
        axes.grid(visible=False, axis="y")
        handles = [group.patches[0] for group in bar_groups]
        names_shown = [each.evaluator for each in shown]
        made.legend(handles, names_shown, loc="outside upper center", ncols=2, frameon=False)
        return look.png(made)
