"""One look for every picture: calm, colour-blind safe, told apart in grey by shape and width."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, NamedTuple

import matplotlib as mpl
import seaborn as sns
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from PIL import Image

from nia_optuna.findings.facts import StudyFacts
from nia_optuna.report import words

LineStyle = Literal["-"] | tuple[float, tuple[float, ...]]

# Okabe & Ito (2008), told apart with every common colour blindness.
BEST = "#0072B2"
BASELINE = "#D55E00"
SECOND = "#E69F00"
CHECKED = "#009E73"
TRIAL = "#444444"
FADED = "#A8A8A8"

_SIZE = (8.0, 4.4)  # inches
_DPI = 110


_COLOURS = (BEST, BASELINE, CHECKED, "#CC79A7", SECOND, "#56B4E9")
_LINES: tuple[LineStyle, ...] = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)))
_MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")


class Series(NamedTuple):
    """Colour, line style and mark of one of several lines."""

    colour: str
    line: LineStyle
    mark: str


@contextmanager
def look() -> Iterator[None]:
    """Set the look for figures made inside; nothing outside is touched."""
    ours = mpl.rc_context(
        {
            "axes.edgecolor": "#888888",
            "grid.color": "#E4E4E4",
            "font.family": "DejaVu Sans",  # comes with matplotlib: the same letters everywhere
            "text.parse_math": False,  # a $ in a parameter's name is a $
            "axes.unicode_minus": True,
        }
    )
    with sns.axes_style("whitegrid"), sns.plotting_context("notebook", font_scale=0.9), ours:
        yield


def figure(height: float = _SIZE[1], width: float = _SIZE[0]) -> Figure:
    """Return an empty figure, of the report's width unless told; both are in inches."""
    made = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(made)
    return made


def png(made: Figure, *, light: bool = False) -> bytes:
    """Return the figure as PNG; the same figure gives the same bytes.

    A `light` one has 128 colours, by which lines, dots and enlarged pixels lose nothing that shows.
    """
    buffer = io.BytesIO()
    made.savefig(buffer, format="png", dpi=_DPI, metadata={"Software": None})
    if not light:
        return buffer.getvalue()
    lighter = io.BytesIO()
    with Image.open(buffer) as full:
        few = full.convert("RGB").quantize(128, dither=Image.Dither.NONE)
    few.save(lighter, "PNG", optimize=True)
    return lighter.getvalue()


def metric_axis(facts: StudyFacts) -> tuple[str, PercentFormatter | None]:
    """Return the label of an axis of the study's metric, and how its ticks are written."""
    if facts.metric == "accuracy":
        return "validation accuracy", PercentFormatter(xmax=1)
    return f"validation {words.measure(facts.metric)}", None


def series(number: int) -> Series:
    """Return how the line of that number is drawn, from 0 on: 48 ways, told apart in grey too."""
    return Series(
        _COLOURS[number % len(_COLOURS)],
        _LINES[number // len(_COLOURS) % len(_LINES)],
        _MARKS[number % len(_MARKS)],
    )


def better(facts: StudyFacts) -> str:
    """Return the colour map in which the better a value is, the darker it stands."""
    return "viridis_r" if facts.direction == "maximize" else "viridis"


def faint(lines: int) -> float:
    """Return how opaque each of that many lines is, so that many do not become one dark mass."""
    return min(0.6, max(0.06, 18 / lines))


def short(name: str, most: int = 28) -> str:
    """Return `name` so that it fits beside an axis."""
    return name if len(name) <= most else name[: most - 1] + "…"
