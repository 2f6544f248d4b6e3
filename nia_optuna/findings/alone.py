"""One configuration by itself: what the findings would be if there were no other."""

from __future__ import annotations

from dataclasses import replace

from nia_optuna.findings.facts import TrialFacts
from nia_optuna.findings.findings import Findings
from nia_optuna.findings.learned import learned
from nia_optuna.findings.on_test import Load, nothing_stored, on_test_of
from nia_optuna.findings.scored import scored_runs


def alone(found: Findings, trial: TrialFacts, load: Load = nothing_stored) -> Findings:
    """Return `found` with `trial` in the winner's place, without baselines to hold it against.

    On the test part it is represented by its first training that met it. For pictures of one
    configuration; what is said of the whole study stays as it is.
    """
    run = next(iter(scored_runs(found.facts, trial.number)), None)
    return replace(
        found,
        winner=trial,
        reference=None,
        baselines=(),
        learned=(learned(found.facts, trial),),
        on_test=on_test_of(found.facts, run, None, load),
    )
