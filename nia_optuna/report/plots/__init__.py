"""Findings → PNG pictures, one file an idea."""

from nia_optuna.findings.findings import Findings
from nia_optuna.report.plots.curves import curves
from nia_optuna.report.plots.history import history
from nia_optuna.report.plots.importances import importances

_DRAWN = {"history.png": history, "curves.png": curves, "importances.png": importances}
NAMES = tuple(_DRAWN)
"""Every picture that a report may have."""


def draw(found: Findings) -> dict[str, bytes]:
    """Return the PNGs that there is something to show on, by file name."""
    drawn = {name: picture(found) for name, picture in _DRAWN.items()}
    return {name: png for name, png in drawn.items() if png is not None}
