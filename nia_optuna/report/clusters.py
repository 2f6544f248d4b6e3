"""What the trials that failed have in common, in words."""

from __future__ import annotations

from nia_optuna.findings.clusters import Cluster
from nia_optuna.findings.findings import Findings
from nia_optuna.report import words
from nia_optuna.report.numbers import short

_NAMED = 3


def clusters(found: Findings) -> str:
    """Return what failed trials share, with the test that shows it; empty where nothing is."""
    shown = found.clusters
    if not shown:
        return ""
    said = words.listed([_cluster(each) for each in shown[:_NAMED]])
    if len(shown) > _NAMED:
        said += f"; {words.count(len(shown) - _NAMED, 'other')} less plainly"
    tests = words.count(shown[0].tests, "comparison")
    return (
        f"Failures are clustered: {said}. Shown are differences from the trials that finished at "
        f"p < 0.05, corrected for {tests} (Holm), by Fisher's exact test for choices and Mann and "
        "Whitney's for numbers."
    )


def _cluster(each: Cluster) -> str:
    p = f"p = {each.p:.2g}"
    if each.choice is not None:
        return (
            f"{each.failed:,} of {each.of_failed:,} failed trials have {each.name} {each.choice}, "
            f"as {each.finished:,} of {each.of_finished:,} others do ({p})"
        )
    low, high = each.between
    return (
        f"failed trials tend to {each.tends} {each.name} ({_span(low, high)}, median "
        f"{short(each.middle)} against {short(each.usual)}; {p})"
    )


def _span(low: float, high: float) -> str:
    return short(low) if low == high else f"{short(low)} to {short(high)}"
