"""Where pruned trials would have ended, of which a sample was trained on to its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
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

    `last` is its value after `epoch`, where it was pruned; `imputed` its end by the rule that the
    search goes by, as that rule stands with all trials (None where nothing complete tells), and
    `value` that end (None where it failed on its way). `gains` counts the complete trials whose
    median gain from `epoch` on is in `imputed`. `replayed` says whether its curve began as it did
    in the search. `beats_best` and `finalist` hold it by itself against the search as it was.
    """

    trial: int
    epoch: int
    last: float | None
    imputed: float | None
    value: float | None
    gains: int
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
    """How far imputed ends of pruned trials lay from their real ends.

    Imputed by the rule as it stands at the end; in the midst of the search it had fewer complete
    trials to go by. `bias` estimates the mean of imputed less real end, positive where too good
    whatever the direction, without an interval where every pruned trial was finished: then there is
    nothing to estimate. `deviation` is the standard deviation of these (None for one). `error` is
    their mean size, `unmended` that of the last values before pruning, both in units of the metric.
    `correlation` is Spearman's between imputed and real ends, None for fewer than FEWEST or values
    that are all the same. `gains` are the fewest and the most complete trials whose median gain is
    in an imputed end.
    """

    bias: Estimate
    deviation: float | None
    error: float
    unmended: float
    correlation: float | None
    gains: tuple[int, int]


@dataclass(frozen=True)
class PruningCheck:
    """What became of a random sample of `pruned` trials, by their numbers.

    `best` is the best value of the search, `last_finalist` that of the last whom a confirmation
    would take, both by the search's own numbers. `finalists` is None where the study confirms
    nobody, and where fewer different configurations were complete beside the baselines than the
    confirmation has places: `rivals` of them, None in every other case. What failed on its way
    beats nobody.
    """

    pruned: int
    finished: tuple[Finished, ...]
    best: float | None
    last_finalist: float | None
    rivals: int | None
    beat_best: Share
    finalists: Share | None
    imputation: Imputation | None

    @property
    def whole(self) -> bool:
        """Whether every pruned trial was finished, so that nothing is left to estimate."""
        return len(self.finished) == self.pruned

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
    taken = _finalists(facts, places)
    contested = 0 < places == len(taken)
    last = taken[-1].value if contested else None

    def ahead(run: RunFacts, of: float | None) -> bool:
        value = run.validation
        return value is not None and (of is None or facts.gain(value, of) > 0)

    finished = tuple(
        _finished(
            facts,
            pruned[run.trial],
            run,
            beats_best=ahead(run, best),
            finalist=contested and ahead(run, last),
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
        rivals=len(taken) if len(taken) < places else None,
        beat_best=share(lambda each: each.beats_best),
        finalists=share(lambda each: each.finalist) if contested else None,
        imputation=_imputation(facts, finished, whole=len(runs) == len(pruned)),
    )


def _best(facts: StudyFacts) -> float | None:
    return next((trial.value for trial in ranked(facts)), None)


def _finalists(facts: StudyFacts, places: int) -> list[TrialFacts]:
    """Return the best `places` configurations, baselines aside; fewer where there are no more."""
    base = [t.configuration for t in facts.of_state("complete") if t.baseline is not None]
    found: list[TrialFacts] = []
    for trial in ranked(facts):
        known = [*base, *(each.configuration for each in found)]
        if len(found) < places and trial.configuration not in known:
            found.append(trial)
    return found


def _finished(
    facts: StudyFacts, trial: TrialFacts, run: RunFacts, *, beats_best: bool, finalist: bool
) -> Finished:
    measured = [epoch.metric for epoch in trial.curve if epoch.metric is not None]
    return Finished(
        trial=trial.number,
        epoch=trial.last_epoch,
        last=measured[-1] if measured else None,
        imputed=trial.heading,
        value=run.validation,
        gains=sum(_tells(other, trial.last_epoch) for other in facts.of_state("complete")),
        replayed=_replayed(trial, run),
        beats_best=beats_best,
        finalist=finalist,
    )


def _tells(trial: TrialFacts, epoch: int) -> bool:
    """Return whether a complete trial says what is gained from an epoch on, see imputation.py."""
    if trial.recipe is not None or trial.value is None:
        return False
    return any(each.number == epoch and each.metric is not None for each in trial.curve)


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


def _imputation(
    facts: StudyFacts, finished: tuple[Finished, ...], *, whole: bool
) -> Imputation | None:
    from scipy.stats import spearmanr

    ends = [
        (each.imputed, each.last, each.value, each.gains)
        for each in finished
        if each.imputed is not None and each.last is not None and each.value is not None
    ]
    if not ends:
        return None
    gains = [facts.gain(taken, value) for taken, _, value, _ in ends]
    taken, real = [end[0] for end in ends], [end[2] for end in ends]
    told_by = [end[3] for end in ends]
    bias = estimate(gains)
    ordered = len(ends) >= FEWEST and len(set(taken)) > 1 and len(set(real)) > 1
    return Imputation(
        bias=replace(bias, ci95=None) if whole else bias,
        deviation=stdev(gains) if len(gains) > 1 else None,
        error=fmean(map(abs, gains)),
        unmended=fmean(abs(last - value) for _, last, value, _ in ends),
        correlation=float(spearmanr(taken, real).statistic) if ordered else None,
        gains=(min(told_by), max(told_by)),
    )
