"""Which parameters the value hung on: shares with their intervals, by two evaluators."""

from __future__ import annotations

from matplotlib.ticker import PercentFormatter

from nia_optuna.findings.findings import Findings
from nia_optuna.report.numbers import share
from nia_optuna.report.plots import look

_MOST = 15  # parameters shown; more are unreadable
_THICK = 0.38  # of a bar, in rows
_LEAST = 0.05  # of the axis: however small the shares are, they are seen to be small


def importances(found: Findings) -> bytes | None:
    """Return the picture, None where nothing is known."""
    known = found.importances
    if known.missing:
        return None
    names = known.order[:_MOST]
    with look.look():
        made = look.figure(height=1.5 + 0.42 * len(names))
        axes = made.subplots()
        # Hatched too, so that the two are told apart in grey.
        looks = ((look.BEST, ""), (look.SECOND, "///"))
        for place, (each, (colour, hatch)) in enumerate(zip(known.evaluators, looks, strict=True)):
            shares = [each.shares[name] for name in names]
            rows = [row + (place - 0.5) * _THICK for row in range(len(names))]
            axes.barh(
                rows,
                [it.value for it in shares],
                height=_THICK,
                color=colour,
                hatch=hatch,
                edgecolor="white",
                label=each.name,
            )
            axes.errorbar(
                [it.value for it in shares],
                rows,
                xerr=[[it.value - it.low for it in shares], [it.high - it.value for it in shares]],
                fmt="none",
                ecolor=look.TRIAL,
                elinewidth=1.3,
                capsize=2.5,
            )
            for row, it in zip(rows, shares, strict=True):
                axes.annotate(
                    share(it.value),
                    (it.high, row),
                    (5, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize="x-small",
                    color=look.TRIAL,
                )
        axes.set_yticks(range(len(names)), [look.short(name) for name in names])
        axes.invert_yaxis()
        most = max(each.shares[name].high for each in known.evaluators for name in names)
        axes.set_xlim(0, 1.1 * max(most, _LEAST))
        axes.set_xlabel("share of the variance over the whole space (line: 90 % interval)")
        axes.xaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=0))
        axes.grid(visible=False, axis="y")
        if not known.verdict.rely:
            axes.set_title("Do not rely on this", loc="right", fontsize="medium")
        made.legend(loc="outside upper left", ncols=2, frameon=False)
        return look.png(made)
