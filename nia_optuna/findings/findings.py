"""All findings of a study in one value: what a report is written from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nia_optuna.findings.confirmation import Confirmed, confirmed
from nia_optuna.findings.cost import Cost, cost
from nia_optuna.findings.facts import StudyFacts, TrialFacts
from nia_optuna.findings.failed import Failed, failed
from nia_optuna.findings.frames import curves_frame, trials_frame
from nia_optuna.findings.importances import Importances, importances
from nia_optuna.findings.learned import Learned, compared
from nia_optuna.findings.on_test import Load, OnTest, nothing_stored, on_test
from nia_optuna.findings.read import read
from nia_optuna.findings.standing import baselines, ranked, reference, winner

if TYPE_CHECKING:
    import optuna
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Findings:
    """What is known of a study; see the functions of the same names.

    `learned` has the recommended configuration, then every baseline.
    """

    facts: StudyFacts
    trials: pd.DataFrame
    curves: pd.DataFrame
    ranked: tuple[TrialFacts, ...]
    baselines: tuple[TrialFacts, ...]
    winner: TrialFacts | None
    reference: TrialFacts | None
    confirmed: dict[int, Confirmed]
    failed: Mapping[int, Failed]
    importances: tuple[Importances, Importances]
    cost: Cost
    learned: tuple[Learned, ...]
    on_test: OnTest | None


def find(study: optuna.Study, load: Load = nothing_stored) -> Findings:
    """Return every finding of `study`; `load` gives the content of an artifact by its id.

    Raises FactsError for several objectives.
    """
    facts = read(study)
    return Findings(
        facts=facts,
        trials=trials_frame(facts),
        curves=curves_frame(facts),
        ranked=ranked(facts),
        baselines=baselines(facts),
        winner=winner(facts),
        reference=reference(facts),
        confirmed=confirmed(facts),
        failed=failed(facts),
        importances=importances(study),
        cost=cost(facts),
        learned=compared(facts),
        on_test=on_test(facts, load),
    )
