"""Why a training may not measure again what it measured before: what is known to differ. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from nia_optuna.search.environment import BFLOAT16
from nia_optuna.training.epoch import IN_FLOAT32

# What decides how numbers are rounded, and in which order they are added.
_DECISIVE = ("nia_optuna", "torch", "python", "platform", "cpu", "device")


def causes(
    path: str | None,
    path_now: str | None,
    environment: Mapping[str, object],
    environment_now: Mapping[str, object],
) -> list[str]:
    """Return what differs between a trial and its replay, a sentence each.

    `path` is as TrialAttr.PATH has it, `environment` as StudyAttr.ENVIRONMENT; both are None or
    empty where nothing was recorded.
    """
    found = _paths(path, path_now)
    found += [
        f"{name.replace('_', '-')} was {environment[name]} when the study was last run, "
        f"and is {environment_now.get(name)}"
        for name in _DECISIVE
        if name in environment and environment[name] != environment_now.get(name)
    ]
    if any("cuda" in each for each in (path, path_now) if each):
        found.append("a GPU need not add twice in the same order")
    return found


def _paths(path: str | None, path_now: str | None) -> list[str]:
    if path is None or path_now is None:
        return ["how it was trained is not recorded"] if path is None else []
    (settings, _, way), (settings_now, _, way_now) = path.partition(": "), path_now.partition(": ")
    found = []
    if settings != settings_now:
        found.append(f"it was trained on {settings}, and now on {settings_now}")
    if way != way_now:
        bfloat16 = BFLOAT16 in path and IN_FLOAT32 not in path
        rough = ", and bfloat16 keeps two or three digits" if bfloat16 else ""
        found.append(
            f"it was trained as {way}, and now as {way_now}: products round otherwise{rough}"
        )
    return found
