"""The stable machine-readable answer: `summary.json`, and `status --json`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from nia_optuna.findings.confirmation import Confirmed, Estimate, confirmed
from nia_optuna.findings.cost import cost
from nia_optuna.findings.facts import StudyFacts, TrialFacts
from nia_optuna.findings.progress import asked
from nia_optuna.findings.pruning_check import Share, pruning_check
from nia_optuna.findings.read import read
from nia_optuna.findings.standing import baselines, best_searched, reported, winner
from nia_optuna.record import DEFAULTS

if TYPE_CHECKING:
    import optuna

Json = dict[str, Any]

_ENVIRONMENT = (
    "python",
    "torch",
    "optuna",
    "nia_optuna",
    "cpu",
    "cores",
    "device",
    "precision",
    "platform",
)


def summary_of(study: optuna.Study) -> Json:
    """Return the summary of a stored study. Raises FactsError for several objectives."""
    return summary(read(study))


def summary(facts: StudyFacts) -> Json:
    """Return the study in a few JSON values; what is unknown is None, nothing is NaN.

    `asked` is the total that complete and pruned trials are to reach, or the cells of a grid.
    `best` is the confirmation's choice once the confirmation is whole (`chosen_by` says which),
    and `confirmed` belongs to it. `searched_best` is the search's own best by its value, baselines
    left out but for the cells of a grid. `reported` is what a baseline's author reported on the
    test part. `value` is on the validation part, from the one seed of the search or the mean over
    its repeats; `confirmed.values` are on the validation part too, in the order of `seeds`, and
    `confirmed.test` on the test part. Accuracies are fractions. `ci95` is a t-interval, in
    `pruning` that of a share. `extends` is the study of another space whose trials this one began
    with: how many it had, and how many were `migrated`, which `trials` and `cost` count, too.
    `pruning` is what trained pruned trials to their end told, see docs/pruning-check.md, None where
    nobody asked.
    """
    found = confirmed(facts)
    known = baselines(facts)
    best, searched = winner(facts), best_searched(facts)
    spent = cost(facts)
    return {
        "study": facts.name,
        "question": facts.question or None,
        "dataset": {"name": facts.dataset.name, "fingerprint": facts.dataset.fingerprint},
        "task": facts.task,
        "loss": facts.loss,
        "metric": facts.metric,
        "direction": facts.direction,
        "trials": {
            state: len(facts.of_state(state))
            for state in ("complete", "pruned", "failed", "running", "waiting")
        },
        "asked": asked(facts),
        "extends": asdict(facts.extends) if facts.extends else None,
        "baseline": next(
            (_baseline(facts, t, found) for t in known if t.baseline == DEFAULTS), None
        ),
        "baselines": [_baseline(facts, trial, found) for trial in known],
        "best": _configuration(best)
        | {"chosen_by": "search" if facts.trial(facts.chosen) is None else "confirmation"}
        if best
        else None,
        "searched_best": {"number": searched.number, "value": searched.value} if searched else None,
        "confirmed": _confirmed(found[best.number])
        if best and facts.chosen == best.number and best.number in found
        else None,
        "pruning": _pruning(facts),
        "cost": {
            "wall_seconds": spent.wall_seconds,
            "epochs_trained": spent.epochs_trained,
            "epochs_saved": spent.epochs_saved,
        },
        "environment": environment(facts),
    }


def _pruning(facts: StudyFacts) -> Json | None:
    found = pruning_check(facts)
    if found is None:
        return None
    told = found.imputation
    return {
        "pruned": found.pruned,
        "finished": len(found.finished),
        "failed": found.failed,
        "epochs": cost(facts).pruning_check.epochs,
        "beat_best": _share(found.beat_best),
        "among_finalists": _share(found.finalists) if found.finalists else None,
        "imputation": {
            "bias": told.bias.mean,
            "ci95": _interval(told.bias),
            "deviation": told.deviation,
            "error": told.error,
            "error_of_last_value": told.unmended,
            "rank_correlation": told.correlation,
        }
        if told
        else None,
        "trials": [
            {
                "number": each.trial,
                "pruned_after": each.epoch,
                "last": each.last,
                "imputed": each.imputed,
                "value": each.value,
            }
            for each in found.finished
        ],
    }


def _share(found: Share) -> Json:
    return {"count": found.count, "share": found.share, "ci95": list(found.ci95)}


def environment(facts: StudyFacts) -> Json:
    """Return versions and hardware: the recorded names only, whatever else stands there."""
    return {name: facts.environment[name] for name in _ENVIRONMENT if name in facts.environment}


def _configuration(trial: TrialFacts) -> Json:
    return {
        "number": trial.number,
        "value": trial.value,
        "params": dict(sorted(trial.configuration.items())),
    }


def _baseline(facts: StudyFacts, trial: TrialFacts, found: dict[int, Confirmed]) -> Json:
    return (
        {"name": trial.baseline, "reported": reported(facts, trial)}
        | _configuration(trial)
        | {"confirmed": _confirmed(found[trial.number]) if trial.number in found else None}
    )


def _confirmed(found: Confirmed) -> Json:
    return {
        "seeds": list(found.seeds),
        "values": list(found.validation.values),
        "mean": found.validation.mean,
        "ci95": _interval(found.validation),
        "test": {"mean": found.test.mean, "ci95": _interval(found.test)} if found.test else None,
    }


def _interval(found: Estimate) -> list[float] | None:
    return None if found.ci95 is None else list(found.ci95)
