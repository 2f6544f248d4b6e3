"""Where pruned trials would have ended, of which a sample was trained on to its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean, stdev

from nia_optuna.findings.confirmation import Estimate, Interval, estimate
from nia_optuna.findings.facts import RunFacts, StudyFacts, TrialFacts
from nia_optuna.findings.standing import ranked

FEWEST = 5
"""Finished trials below which a rank correlation is chance."""

_SAME = 1e-9  # of a value: what writing it down may cost


@dataclass(frozen=True)
class Finished:
    """A pruned trial trained to its end, with the seeds that it had.

    `last` is its value after `epoch`, where it was pruned; `imputed` what the search took for its
    end (None where nothing complete tells), `value` that end (None where it failed on its way).
    `replayed` says whether its curve began as it did in the search.
    """

    trial: int
    epoch: int
    last: float | None
    imputed: float | None
    value: float | None
    replayed: bool
    beats_best: bool
    finalist: bool


@dataclass(frozen=True)
class Share:
    """How many of `of` finished trials, and the 95 % interval of their share of all pruned ones.

    Exact (Clopper & Pearson 1934, Biometrika 26(4)), and no further than what is known leaves
    room for: where all were finished both ends are the share.
    """

    count: int
    of: int
    ci95: Interval

    @property
    def share(self) -> float:
        """The share of those that were finished."""
        return self.count / self.of


@dataclass(frozen=True)
class Imputation:
    """How far values that were taken for the ends of pruned trials lay from their real ends.

    `bias` estimates the mean of value taken less real end, positive where too good whatever the
    direction; `deviation` is the standard deviation of these (None for one). `error` is their
    mean size, `unmended` that of the last values before pruning, both in units of the metric.
    `correlation` is Spearman's between values taken and real ends, None for fewer than FEWEST or
    values that are all the same.
    """

    bias: Estimate
    deviation: float | None
    error: float
    unmended: float
    correlation: float | None


@dataclass(frozen=True)
class PruningCheck:
    """What became of a random sample of `pruned` trials, by their numbers.

    `best` is the best value of the search, `last_finalist` that of the last whom a confirmation
    would take, both by the search's own numbers. `finalists` is None where the study confirms
    nobody. What failed on its way beats nobody.
    """

    pruned: int
    finished: tuple[Finished, ...]
    best: float | None
    last_finalist: float | None
    beat_best: Share
    finalists: Share | None
    imputation: Imputation | None

    @property
    def failed(self) -> int:
        """How many failed on their way."""
        return sum(each.value is None for each in self.finished)


def pruning_check(facts: StudyFacts) -> PruningCheck | None:
    """Return what the finished trials say of pruning; None where nobody asked for any."""
    pruned = {trial.number: trial for trial in facts.of_state("pruned")}
    runs = [run for run in facts.finished if run.trial in pruned]
    if not runs:
        return None
    best = _best(facts)
    wanted = facts.settings.get("finalists")
    places = wanted if isinstance(wanted, int) else 0
    last = _last_finalist(facts, places)

    def ahead(run: RunFacts, of: float | None) -> bool:
        value = run.validation
        return value is not None and (of is None or facts.gain(value, of) > 0)

    finished = tuple(
        _finished(
            pruned[run.trial],
            run,
            beats_best=ahead(run, best),
            finalist=places > 0 and ahead(run, last),
        )
        for run in runs
    )

    def share(of: Callable[[Finished], bool]) -> Share:
        return _share(sum(map(of, finished)), len(finished), len(pruned))

    return PruningCheck(
        pruned=len(pruned),
        finished=finished,
        best=best,
        last_finalist=last,
        beat_best=share(lambda each: each.beats_best),
        finalists=share(lambda each: each.finalist) if places else None,
        imputation=_imputation(facts, finished),
    )


def _best(facts: StudyFacts) -> float | None:
    return next((trial.value for trial in ranked(facts)), None)


def _last_finalist(facts: StudyFacts, places: int) -> float | None:
    """Return the value of the last of the best `places` configurations, baselines beside them.

    None where there is room for more.
    """
    base = [t.configuration for t in facts.of_state("complete") if t.baseline is not None]
    found: list[TrialFacts] = []
    for trial in ranked(facts):
        known = [*base, *(each.configuration for each in found)]
        if len(found) < places and trial.configuration not in known:
            found.append(trial)
    return found[-1].value if found and len(found) == places else None


def _finished(trial: TrialFacts, run: RunFacts, *, beats_best: bool, finalist: bool) -> Finished:
    measured = [epoch.metric for epoch in trial.curve if epoch.metric is not None]
    return Finished(
        trial=trial.number,
        epoch=trial.epochs,
        last=measured[-1] if measured else None,
        imputed=trial.heading,
        value=run.validation,
        replayed=_replayed(trial, run),
        beats_best=beats_best,
        finalist=finalist,
    )


def _replayed(trial: TrialFacts, run: RunFacts) -> bool:
    before = [epoch.metric for epoch in trial.curve]
    after = [epoch.metric for epoch in run.curve[: len(before)]]
    return len(before) == len(after) and all(
        one == other
        or (one is not None and other is not None and abs(one - other) <= _SAME * abs(one))
        for one, other in zip(before, after, strict=True)
    )


def _share(count: int, of: int, everyone: int) -> Share:
    from scipy.stats import binomtest  # loads slowly; status must not where nobody asked

    low, high = binomtest(count, of).proportion_ci(0.95, method="exact")
    known, possible = count / everyone, (everyone - of + count) / everyone
    return Share(count, of, (max(float(low), known), min(float(high), possible)))


def _imputation(facts: StudyFacts, finished: tuple[Finished, ...]) -> Imputation | None:
    from scipy.stats import spearmanr

    ends = [
        (each.imputed, each.last, each.value)
        for each in finished
        if each.imputed is not None and each.last is not None and each.value is not None
    ]
    if not ends:
        return None
    gains = [facts.gain(taken, value) for taken, _, value in ends]
    taken, real = [end[0] for end in ends], [end[2] for end in ends]
    ordered = len(ends) >= FEWEST and len(set(taken)) > 1 and len(set(real)) > 1
    return Imputation(
        bias=estimate(gains),
        deviation=stdev(gains) if len(gains) > 1 else None,
        error=fmean(map(abs, gains)),
        unmended=fmean(abs(last - value) for _, last, value in ends),
        correlation=float(spearmanr(taken, real).statistic) if ordered else None,
    )
