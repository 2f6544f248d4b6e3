"""All findings of a study in one value: what a report is written from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from threadpoolctl import threadpool_limits

from nia_optuna.findings.ablation import Ablation, ablation
from nia_optuna.findings.against import Against, against_winner
from nia_optuna.findings.anytime import Anytime, anytime
from nia_optuna.findings.cheaper import Cheaper, cheaper
from nia_optuna.findings.clusters import Cluster, clusters
from nia_optuna.findings.confirmation import Confirmed, confirmed, optimism
from nia_optuna.findings.cost import Cost, cost
from nia_optuna.findings.edges import Edge, edges
from nia_optuna.findings.facts import StudyFacts, TrialFacts
from nia_optuna.findings.failed import Failed, failed
from nia_optuna.findings.first_loss import FirstLosses, first_losses
from nia_optuna.findings.frames import trials_frame
from nia_optuna.findings.grid import Grid, grid
from nia_optuna.findings.importances import Importances, importances
from nia_optuna.findings.landscape import Landscape, landscape
from nia_optuna.findings.learned import Learned, compared
from nia_optuna.findings.looked import Looked, looked
from nia_optuna.findings.on_test import Load, OnTest, nothing_stored, on_test
from nia_optuna.findings.pruning import PruningAudit, pruning_audit
from nia_optuna.findings.pruning_check import PruningCheck, pruning_check
from nia_optuna.findings.reached import Reached, reached
from nia_optuna.findings.read import read
from nia_optuna.findings.rivals import Rival, rivals
from nia_optuna.findings.standing import (
    baselines,
    best_so_far,
    overtaken,
    ranked,
    reference,
    winner,
)
from nia_optuna.findings.strays import Strays, strays
from nia_optuna.findings.timeline import Timeline, timeline
from nia_optuna.findings.usable import usable

if TYPE_CHECKING:
    import optuna
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Findings:
    """What is known of a study; see the functions of the same names.

    `learned` has the recommended configuration, then every baseline, those that recorded epochs;
    `reached` tells of them in that order. `optimism` is by trial number, of what was confirmed.
    """

    facts: StudyFacts
    trials: pd.DataFrame
    ranked: tuple[TrialFacts, ...]
    best_so_far: tuple[tuple[int, float], ...]
    baselines: tuple[TrialFacts, ...]
    winner: TrialFacts | None
    reference: TrialFacts | None
    overtaken: TrialFacts | None
    confirmed: Mapping[int, Confirmed]
    failed: Mapping[int, Failed]
    optimism: Mapping[int, float]
    against_winner: Mapping[int, Against]
    cheaper: Cheaper | None
    rivals: tuple[Rival, ...]
    strays: tuple[Strays, ...]
    first_losses: FirstLosses
    edges: tuple[Edge, ...]
    clusters: tuple[Cluster, ...]
    pruning: PruningAudit | None
    pruning_check: PruningCheck | None
    importances: Importances
    ablation: Ablation | None
    cost: Cost
    learned: tuple[Learned, ...]
    reached: tuple[Reached, ...]
    grid: Grid | None
    on_test: OnTest | None
    timeline: Timeline | None
    anytime: Anytime
    looked: Looked | None
    landscape: Landscape | None


def find(study: optuna.Study, load: Load = nothing_stored) -> Findings:
    """Return every finding of `study`; `load` gives the content of an artifact by its id.

    Raises FactsError for several objectives.
    """
    # Matrices of a hundred rows: more threads than one cost several times what they save.
    with threadpool_limits(limits=1, user_api="blas"):
        return _found(study, load)


def _found(study: optuna.Study, load: Load) -> Findings:
    facts = read(study)
    means, curves = confirmed(facts), tuple(each for each in compared(facts) if each.curves)
    gaps = {number: optimism(facts, means, number) for number in means}
    mattered = importances(study)
    shares = {name: mattered.mean(name) for name in mattered.order}
    times, where, tried = timeline(facts), looked(facts, shares), usable(study)
    return Findings(
        facts=facts,
        trials=trials_frame(facts),
        ranked=ranked(facts),
        best_so_far=best_so_far(facts),
        baselines=baselines(facts),
        winner=winner(facts),
        reference=reference(facts),
        overtaken=overtaken(facts),
        confirmed=means,
        failed=failed(facts),
        optimism={number: gap for number, gap in gaps.items() if gap is not None},
        against_winner=against_winner(facts),
        cheaper=cheaper(facts),
        rivals=rivals(facts),
        strays=strays(facts),
        first_losses=first_losses(facts),
        edges=edges(facts),
        clusters=clusters(facts),
        pruning=pruning_audit(facts),
        pruning_check=pruning_check(facts),
        importances=mattered,
        ablation=ablation(facts, tried),
        cost=cost(facts),
        learned=curves,
        reached=reached(facts, curves),
        grid=grid(facts),
        on_test=on_test(facts, load),
        timeline=times,
        anytime=anytime(facts),
        looked=where,
        landscape=landscape(tried, mattered.order),
    )
