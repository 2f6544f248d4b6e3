"""Which trials are best, which are the baselines, and how the best so far rose."""

from nia_optuna.findings.facts import StudyFacts, TrialFacts
from nia_optuna.findings.failed import failed
from nia_optuna.record import DEFAULTS


def ranked(facts: StudyFacts) -> tuple[TrialFacts, ...]:
    """Return the complete trials that have a finite value, best first; the earlier wins a tie."""
    valued = [(t.value, t) for t in facts.of_state("complete") if t.value is not None]
    sign = -1 if facts.direction == "maximize" else 1
    return tuple(t for _, t in sorted(valued, key=lambda pair: (sign * pair[0], pair[1].number)))


def baselines(facts: StudyFacts) -> tuple[TrialFacts, ...]:
    """Return one trial a baseline, "default" first, then as they were run.

    Where a baseline was run more than once, the first that finished stands for it.
    """
    standing: dict[str, TrialFacts] = {}
    for trial in facts.trials:
        if trial.baseline is None:
            continue
        held = standing.setdefault(trial.baseline, trial)
        if held.value is None and trial.value is not None:
            standing[trial.baseline] = trial
    return tuple(sorted(standing.values(), key=lambda t: (t.baseline != DEFAULTS, t.number)))


def best_searched(facts: StudyFacts) -> TrialFacts | None:
    """Return the best trial that is no baseline, or is a cell of a grid; None without any.

    It is the best by the search's own numbers, whatever the confirmation said later.
    """
    return next((t for t in ranked(facts) if t.baseline is None or t.cell is not None), None)


def winner(facts: StudyFacts) -> TrialFacts | None:
    """Return the trial to recommend: the confirmation's choice, else the best of the search.

    One that failed on a fresh seed is passed over while there is another. None where no trial
    is complete with a finite value.
    """
    if (chosen := facts.trial(facts.chosen)) is not None:
        return chosen
    known, out = ranked(facts), failed(facts)
    return next((t for t in known if t.number not in out), next(iter(known), None))


def reference(facts: StudyFacts) -> TrialFacts | None:
    """Return the baseline to hold the winner against: the default, else the first other one.

    None where no baseline but the winner itself has a value.
    """
    best = winner(facts)
    return next((t for t in baselines(facts) if t.value is not None and t is not best), None)


def reported(facts: StudyFacts, trial: TrialFacts) -> float | None:
    """Return what the author of a baseline reported for it on the test part, where it is told."""
    told = facts.settings.get("reported")
    figure = told.get(trial.baseline) if isinstance(told, dict) else None
    known = isinstance(figure, int | float) and not isinstance(figure, bool)
    return float(figure) if known and figure is not None else None


def best_so_far(facts: StudyFacts) -> tuple[tuple[int, float], ...]:
    """Return (trial number, best value up to it) for every complete trial, by number."""
    steps: list[tuple[int, float]] = []
    for trial in facts.of_state("complete"):
        if trial.value is None:
            continue
        best = steps[-1][1] if steps else trial.value
        steps.append((trial.number, trial.value if facts.gain(trial.value, best) > 0 else best))
    return tuple(steps)


def overtaken(facts: StudyFacts) -> TrialFacts | None:
    """Return the best of the search where the confirmation has not looked at it, else None.

    It happens when a study is continued after its confirmation.
    """
    best = next(iter(ranked(facts)), None)
    if facts.chosen is None or best is None or best.baseline is not None:
        return None
    confirmed = {run.trial for run in facts.runs} | set(facts.finalists)
    return best if best.number not in confirmed else None
