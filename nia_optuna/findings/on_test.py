"""The recommended network on the test part: what the storage says, and what it answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from nia_optuna.findings.by_class import ByClass, by_class, class_names, recall_gains
from nia_optuna.findings.confirmation import Estimate
from nia_optuna.findings.costliest import Costly, costliest
from nia_optuna.findings.errors import Errors, errors
from nia_optuna.findings.facts import RunFacts, StudyFacts, TrialFacts
from nia_optuna.findings.losses import Losses, losses
from nia_optuna.findings.misses import Misses, misses
from nia_optuna.findings.mistakes import Mistake, mistakes
from nia_optuna.findings.scored import is_kept, kept, scored_runs
from nia_optuna.findings.standing import reference
from nia_optuna.predictions import Predictions, from_bytes

Load = Callable[[str], bytes | None]
"""The content of an artifact by its id, None where there is none. May raise OSError."""

Source = Literal["read", "not recorded", "not found", "not readable"]


@dataclass(frozen=True, eq=False)
class OnTest:
    """One training of the recommended configuration on the test part, beside the baselines.

    `is_kept` says that its weights are the ones that were kept. `classes`, `gains` (against the
    reference baseline, by class) and `confusion` are empty in regression; `mistakes`, `costliest`
    and `misses` come from its predictions, and `source` says whether there were any.
    """

    run: RunFacts
    is_kept: bool
    errors: tuple[Errors, ...]
    losses: tuple[Losses, ...]
    names: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    classes: tuple[ByClass, ...]
    gains: tuple[Estimate | None, ...]
    source: Source
    mistakes: tuple[Mistake, ...]
    costliest: tuple[Costly, ...]
    misses: Misses | None


def nothing_stored(_: str) -> None:
    """Return nothing: the loader of a study whose artifacts are elsewhere."""


def on_test(facts: StudyFacts, load: Load = nothing_stored) -> OnTest | None:
    """Return what is known of the winner on the test part; `load` is asked for one artifact.

    None where it never met the test part, or no more was recorded of it than its metric.
    """
    return on_test_of(facts, kept(facts), reference(facts), load)


def on_test_of(
    facts: StudyFacts, run: RunFacts | None, base: TrialFacts | None, load: Load
) -> OnTest | None:
    """Return what is known of one training on the test part, `base` being what it is held against.

    None where no more was recorded of it than its metric.
    """
    if run is None or not (run.confusion or run.losses or run.predictions):
        return None
    predictions, source = _predictions(run, load)
    count = len(run.confusion) or (_classes(predictions) if predictions else 0)
    names = class_names(count, facts.dataset.class_names)
    return OnTest(
        run=run,
        is_kept=is_kept(facts, run),
        errors=errors(facts),
        losses=losses(facts),
        names=names,
        confusion=run.confusion,
        classes=by_class(run.confusion, names) if run.confusion else (),
        gains=recall_gains(scored_runs(facts, run.trial), scored_runs(facts, base.number))
        if base and run.confusion
        else (),
        source=source,
        mistakes=mistakes(predictions, names) if predictions else (),
        costliest=costliest(predictions, names) if predictions else (),
        misses=misses(predictions) if predictions else None,
    )


def _predictions(run: RunFacts, load: Load) -> tuple[Predictions | None, Source]:
    if run.predictions is None:
        return None, "not recorded"
    try:
        content = load(run.predictions)
        if content is None:
            return None, "not found"
        read = from_bytes(content)
    except (OSError, ValueError):
        return None, "not readable"
    # Answers to another question than the storage counted: not those of this training.
    foreign = run.confusion and len(run.confusion) != _classes(read)
    return (None, "not readable") if foreign else (read, "read")


def _classes(predictions: Predictions) -> int:
    """Return how many classes were told apart, 0 in regression."""
    return predictions.outputs.shape[1] if predictions.outputs.ndim > 1 else 0
