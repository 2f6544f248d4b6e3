"""The best value so far of several searches, against epochs trained and against time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from nia_optuna.findings.anytime import Span, Steps, spans
from nia_optuna.findings.comparison import Comparison, Standing
from nia_optuna.findings.confirmation import Estimate
from nia_optuna.findings.facts import StudyFacts
from nia_optuna.report.plots import look
from nia_optuna.report.plots.steep import steep
from nia_optuna.report.plots.window import window

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 12
"""Lines in a panel: those of the first studies."""

_DODGE = 0.015  # of the axis
_AIR = 0.04
_UNITS = ((2 * 3600.0, 3600.0, "h"), (120.0, 60.0, "min"), (0.0, 1.0, "s"))


@dataclass(frozen=True)
class _Line:
    """One search, or several of one method, and how it is drawn."""

    label: str
    searches: tuple[Standing, ...]
    style: look.Series


def compared(found: Comparison) -> bytes | None:
    """Return the picture, a row for each group of two studies or more whose values compare.

    None where there is no such group with a value.
    """
    rows = _rows(found)
    if not rows:
        return None
    timed = is_timed(found)
    lines = sum(map(len, rows))
    with look.look():
        made = look.figure(height=3.4 * len(rows) + 0.6 + 0.22 * ((lines + 1) // 2))
        panels = made.subplots(len(rows), 2 if timed else 1, squeeze=False, sharey="row")
        for row, drawn in zip(panels, rows, strict=True):
            for axes, by_time in zip(row, (False, True), strict=False):
                _panel(axes, drawn, by_time=by_time)
            name, _ = look.metric_axis(_facts(drawn))
            data = f", {_facts(drawn).dataset.name or ''}" if len(rows) > 1 else ""
            row[0].set_ylabel(f"best {name} so far{look.short(data)}")
        handles = [handle for row in panels for handle in row[0].get_legend_handles_labels()[0]]
        made.legend(handles=handles, loc="outside upper center", ncols=2, frameon=False)
        return look.png(made)


def is_timed(found: Comparison) -> bool:
    """Return whether the time at work is known of every search that is drawn."""
    searches = [each for row in _rows(found) for line in row for each in line.searches]
    return all(each.anytime.by_seconds is not None for each in searches)


def _rows(found: Comparison) -> list[list[_Line]]:
    rows, number = [], 0
    for group in found.groups:
        known = {n: s for n in group if (s := found.standing(n)).anytime.by_epochs}
        if len(group) < 2 or not known:  # noqa: PLR2004  # nothing beside it
            continue
        lines: list[_Line] = []
        for searches in _drawn(found, known)[:MOST]:
            lines.append(_Line(_label(searches), searches, look.series(number)))
            number += 1
        rows.append(lines)
    return rows


def _drawn(found: Comparison, known: Mapping[str, Standing]) -> list[tuple[Standing, ...]]:
    """Return the searches of each line: a method's together where there is another beside it."""
    groups = [tuple(known[n] for n in m.studies if n in known) for m in found.methods]
    several = [searches for searches in groups if searches]
    return several if len(several) > 1 else [(search,) for search in known.values()]


def _label(searches: Sequence[Standing]) -> str:
    name = look.short(searches[0].facts.name, 34)
    if len(searches) == 1:
        return name
    return f"{name} ({len(searches)} searches)"


def _facts(lines: Sequence[_Line]) -> StudyFacts:
    return lines[0].searches[0].facts


def _panel(axes: Axes, lines: Sequence[_Line], *, by_time: bool) -> None:
    facts = _facts(lines)
    steps = {
        line.label: [_steps(each, by_time=by_time) for each in line.searches] for line in lines
    }
    longest = max(each[-1][0] for drawn in steps.values() for each in drawn)
    unit, name = _unit(longest) if by_time else (1.0, "epochs trained in the search")
    shown: list[float] = []
    for line in lines:
        points = spans(steps[line.label])
        shown += [value for point in points for value in (point.low, point.high)]
        _draw(axes, line, points, unit)
    for place, line in enumerate(lines):
        # Lines may end together: marks beside each other stay readable.
        end = max(each[-1][0] for each in steps[line.label])
        _mark(axes, line, (end + _DODGE * longest * (1 + place)) / unit)
    axes.set(xlabel=name, ylim=_limits(facts, lines, shown))
    axes.set_xlim(left=0)
    if facts.direction == "minimize":
        steep(axes, [*shown, *(mark.mean for line in lines if (mark := _marked(line)))])
    _, ticks = look.metric_axis(facts)
    if ticks:
        axes.yaxis.set_major_formatter(ticks)


def _draw(axes: Axes, line: _Line, points: Sequence[Span], unit: float) -> None:
    costs = [point.cost / unit for point in points]
    axes.step(
        costs,
        [point.mean for point in points],
        where="post",
        color=line.style.colour,
        linestyle=line.style.line,
        marker=line.style.mark,
        markersize=4.0,
        linewidth=2.0,
        zorder=3,
        label=line.label,
    )
    if any(point.high > point.low for point in points):
        axes.fill_between(
            costs,
            [point.low for point in points],
            [point.high for point in points],
            step="post",
            color=line.style.colour,
            alpha=0.16,
            linewidth=0,
        )


def _limits(facts: StudyFacts, lines: Sequence[_Line], shown: list[float]) -> tuple[float, float]:
    """Return the window of the lines and their marks; a wide interval is cut off."""
    marks = [mark for line in lines if (mark := _marked(line))]
    low, high = window(facts, shown, [mark.mean for mark in marks])
    span = high - low
    return (
        min([low, *(max(mark.low - _AIR * span, low - span / 2) for mark in marks)]),
        max([high, *(min(mark.high + _AIR * span, high + span / 2) for mark in marks)]),
    )


def _marked(line: _Line) -> Span | None:
    """Return the confirmed mean and its interval; of several searches their mean and range."""
    found = [estimate for each in line.searches if (estimate := _fresh(each))]
    if len(found) < len(line.searches):
        return None
    means = [each.mean for each in found]
    ends = (found[0].ci95 if len(found) == 1 else None) or (min(means), max(means))
    return Span(0.0, fmean(means), *ends)


def _mark(axes: Axes, line: _Line, place: float) -> None:
    mark = _marked(line)
    if mark is None:
        return
    axes.errorbar(
        [place],
        [mark.mean],
        yerr=[[mark.mean - mark.low], [mark.high - mark.mean]],
        color=line.style.colour,
        marker=line.style.mark,
        markersize=9,
        markeredgecolor="white",
        capsize=4,
        linewidth=1.6,
        zorder=5,
    )


def _fresh(each: Standing) -> Estimate | None:
    whole = each.confirmed is not None and each.failed is None
    return each.confirmed.validation if whole and each.confirmed else None


def _steps(each: Standing, *, by_time: bool) -> Steps:
    return (each.anytime.by_seconds or ()) if by_time else each.anytime.by_epochs


def _unit(seconds: float) -> tuple[float, str]:
    size, name = next((size, name) for least, size, name in _UNITS if seconds >= least)
    return size, f"time of the search in {name}"
