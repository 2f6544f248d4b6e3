"""Predicted against true numbers, with the largest errors marked."""

from __future__ import annotations

from matplotlib.lines import Line2D

from nia_optuna.findings.findings import Findings
from nia_optuna.report.plots import look

_AIR = 0.04


def predicted(found: Findings) -> bytes | None:
    """Return the picture, None where no numbers were predicted."""
    misses = found.on_test.misses if found.on_test else None
    if misses is None:
        return None
    named = {miss.example for miss in misses.largest}
    rest = [miss for miss in misses.all if miss.example not in named]
    values = [value for miss in misses.all for value in (miss.true, miss.predicted)]
    air = _AIR * (max(values) - min(values)) or 1.0
    limits = (min(values) - air, max(values) + air)
    with look.look():
        made = look.figure(height=5.6)
        axes = made.subplots()
        axes.plot(limits, limits, color=look.FADED, linewidth=1.4, zorder=1)
        axes.scatter(
            [miss.true for miss in rest],
            [miss.predicted for miss in rest],
            color=look.BEST,
            s=22,
            alpha=max(0.15, min(0.7, 150 / max(1, len(rest)))),
            linewidths=0,
        )
        axes.scatter(
            [miss.true for miss in misses.largest],
            [miss.predicted for miss in misses.largest],
            color=look.BASELINE,
            marker="D",
            s=26,
            zorder=3,
        )
        for miss in misses.largest:
            axes.annotate(
                str(miss.example),
                (miss.true, miss.predicted),
                xytext=(6, 2),
                textcoords="offset points",
                fontsize="small",
                color=look.TRIAL,
            )
        axes.set(
            xlabel="true value", ylabel="predicted value", xlim=limits, ylim=limits, aspect="equal"
        )
        handles = [
            Line2D([], [], color=look.BEST, marker="o", linestyle="", label="test example"),
            Line2D(
                [],
                [],
                color=look.BASELINE,
                marker="D",
                linestyle="",
                label="largest errors, by number",
            ),
            Line2D([], [], color=look.FADED, label="where a prediction is right"),
        ]
        made.legend(handles=handles, loc="outside upper center", ncols=3, frameon=False)
        return look.png(made)
