"""Findings → PNG pictures, one file an idea."""

from collections.abc import Callable

from nia_optuna.findings.findings import Findings
from nia_optuna.report.plots.ablation import ablation
from nia_optuna.report.plots.anytime import anytime
from nia_optuna.report.plots.confusion import confusion
from nia_optuna.report.plots.contour import contour
from nia_optuna.report.plots.convergence import convergence
from nia_optuna.report.plots.curves import curves
from nia_optuna.report.plots.grid import grid
from nia_optuna.report.plots.history import history
from nia_optuna.report.plots.importances import importances
from nia_optuna.report.plots.learning import learning
from nia_optuna.report.plots.mistakes import mistakes
from nia_optuna.report.plots.parallel import parallel
from nia_optuna.report.plots.predicted import predicted
from nia_optuna.report.plots.slices import slices
from nia_optuna.report.plots.timeline import timeline

Picture = Callable[[Findings], bytes | None]

_DRAWN: dict[str, Picture] = {
    "history.png": history,
    "anytime.png": anytime,
    "timeline.png": timeline,
    "curves.png": curves,
    "slices.png": slices,
    "contour.png": contour,
    "parallel.png": parallel,
    "convergence.png": convergence,
    "learning.png": learning,
    "grid.png": grid,
    "importances.png": importances,
    "ablation.png": ablation,
    "confusion.png": confusion,
    "mistakes.png": mistakes,
    "predicted.png": predicted,
}
NAMES = tuple(_DRAWN)
"""Every picture that a report may have."""


def draw(found: Findings) -> dict[str, bytes]:
    """Return the PNGs that there is something to show on, by file name."""
    drawn = {name: picture(found) for name, picture in _DRAWN.items()}
    return {name: png for name, png in drawn.items() if png is not None}


_OF_ONE = ("learning.png", "confusion.png", "mistakes.png", "predicted.png")


def draw_one(found: Findings) -> dict[str, bytes]:
    """Return the PNGs of one configuration, that of `found.winner`, by file name."""
    drawn = {name: _DRAWN[name](found) for name in _OF_ONE}
    return {name: png for name, png in drawn.items() if png is not None}
