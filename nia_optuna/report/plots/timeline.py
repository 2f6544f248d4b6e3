"""One lane a worker, one bar a trial: what ran when, and who waited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.patches import Patch
from matplotlib.ticker import StrMethodFormatter

from nia_optuna.findings.findings import Findings
from nia_optuna.findings.timeline import Bar, Timeline
from nia_optuna.report import words
from nia_optuna.report.numbers import share
from nia_optuna.report.plots import look
from nia_optuna.report.plots.clock import unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAMED = 24  # lanes; names of more would touch
_APART = 0.2  # of the axis' width, so that the lengths of two pauses do not touch
_OUTLINED = 400  # bars; outlines of more would hide them
_STATES = {
    "complete": (look.TRIAL, "", "trained to the end"),
    "pruned": (look.FADED, "", "pruned"),
    "failed": (look.SECOND, "xxxx", "failed"),
}


def timeline(found: Findings) -> bytes | None:
    """Return the picture, None where the times of trials are not known."""
    seen = found.timeline
    if seen is None:
        return None
    second, name = unit(seen.seconds)
    lanes = len(seen.busy)
    with look.look():
        made = look.figure(height=1.6 + min(4.0, 0.42 * lanes))
        axes = made.subplots()
        best = found.winner.number if found.winner else None
        handles = []
        for state, (colour, hatch, label) in _STATES.items():
            bars = [bar for bar in seen.bars if bar.state == state and bar.trial != best]
            if bars:
                _bars(axes, seen, bars, colour, hatch=hatch)
                handles.append(Patch(facecolor=colour, hatch=hatch, edgecolor="white", label=label))
        chosen = [bar for bar in seen.bars if bar.trial == best]
        if chosen and found.winner is not None:
            _bars(axes, seen, chosen, look.BEST, on_top=True)
            label = f"{look.short(words.name(found.winner), 30)}, recommended"
            handles.append(Patch(facecolor=look.BEST, label=label))
        _pauses(axes, seen, second)
        axes.set(xlim=(0, seen.seconds / second), ylim=(lanes - 0.5, -0.5))
        axes.set_xlabel(f"{name} of work")
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
        axes.set_yticks([])
        axes.grid(visible=False, axis="y")
        if lanes <= _NAMED:
            names = [
                f"{lane_name(seen, lane)}, busy {share(part)}" for lane, part in seen.busy.items()
            ]
            axes.set_yticks(range(lanes), names)
        else:
            axes.set_ylabel(f"{lanes} workers")
        made.legend(handles=handles, loc="outside upper center", ncols=4, frameon=False)
        return look.png(made)


def lane_name(seen: Timeline, lane: int) -> str:
    """Return what a lane is called: machines have no names in a report."""
    if not seen.recorded:
        return f"lane {lane}"
    coordinator, worker = divmod(lane, seen.slots)
    return f"coordinator {coordinator}, worker {worker}" if seen.shared else f"worker {worker}"


def _bars(
    axes: Axes,
    seen: Timeline,
    bars: list[Bar],
    colour: str,
    *,
    hatch: str = "",
    on_top: bool = False,
) -> None:
    second, _ = unit(seen.seconds)
    outlined = len(seen.bars) <= _OUTLINED
    for row, lane in enumerate(seen.busy):
        axes.broken_barh(
            [
                (bar.start / second, (bar.end - bar.start) / second)
                for bar in bars
                if bar.lane == lane
            ],
            (row - 0.36, 0.72),
            facecolor=colour,
            edgecolor="white" if outlined else colour,
            linewidth=0.6 if outlined else 0.0,
            hatch=hatch,
            zorder=3 if on_top else 2,
        )


def _pauses(axes: Axes, seen: Timeline, second: float) -> None:
    told: list[float] = []
    for pause in sorted(seen.pauses, key=lambda pause: -pause.seconds):
        axes.axvline(pause.at / second, color=look.BASELINE, linestyle=(0, (1, 1.5)))
        if any(abs(pause.at - at) < _APART * seen.seconds for at in told):
            continue
        told.append(pause.at)
        axes.annotate(
            f"{words.duration(pause.seconds)} later",
            (pause.at / second, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            fontsize="small",
            color=look.BASELINE,
        )
