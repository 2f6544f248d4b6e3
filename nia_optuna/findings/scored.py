"""Which trainings met the test part, and which of them is the network that was kept."""

from nia_optuna.findings.facts import RunFacts, StudyFacts, TrialFacts
from nia_optuna.findings.standing import baselines, winner

Scored = tuple[TrialFacts, tuple[RunFacts, ...]]


def scored(facts: StudyFacts) -> tuple[Scored, ...]:
    """Return every configuration that met the test part with its trainings, by seed.

    The recommended one is first, then the baselines in their order, then others by number.
    """
    best = winner(facts)
    order = dict.fromkeys(
        trial.number for trial in (*([best] if best else []), *baselines(facts), *facts.trials)
    )
    found = ((facts.trial(number), scored_runs(facts, number)) for number in order)
    return tuple((trial, runs) for trial, runs in found if trial is not None and runs)


def scored_runs(facts: StudyFacts, trial: int) -> tuple[RunFacts, ...]:
    """Return the trainings of `trial` that met the test part, by seed."""
    return tuple(run for run in facts.runs if run.trial == trial and run.test is not None)


def kept(facts: StudyFacts) -> RunFacts | None:
    """Return the scored training whose weights were kept, else the winner's first scored one.

    None where the winner never met the test part.
    """
    best = winner(facts)
    runs = scored_runs(facts, best.number) if best else ()
    first = next(iter(runs), None)
    return next((run for run in runs if run.checkpoint and is_kept(facts, run)), first)


def is_kept(facts: StudyFacts, run: RunFacts) -> bool:
    """Return whether the study kept the weights of `run`."""
    return run.checkpoint is not None and run.checkpoint == facts.checkpoint
