"""An Optuna study → StudyFacts: the only place that knows how facts stand in the storage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.study import StudyDirection
from optuna.trial import TrialState

from nia_optuna.findings.clean import clean, clean_text
from nia_optuna.findings.curve import Curve, mapping, number, whole
from nia_optuna.findings.facts import (
    DatasetFacts,
    EpochFacts,
    ExtendsFacts,
    FactsError,
    ParameterFacts,
    RangeFacts,
    RepeatFacts,
    RunFacts,
    SessionFacts,
    State,
    StudyFacts,
    TrialFacts,
    Value,
)
from nia_optuna.imputation import imputed, in_space
from nia_optuna.record import StudyAttr, TrialAttr

if TYPE_CHECKING:
    import optuna

Json = Mapping[str, object]

_STATES: dict[TrialState, State] = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "running",
    TrialState.WAITING: "waiting",
}
# A curve is most of what a study holds, and only its numbers are read.
_CLEANED = frozenset(TrialAttr) - {TrialAttr.CURVE, TrialAttr.DRAWN}


def read(study: optuna.Study) -> StudyFacts:
    """Return what the storage holds of `study`; what it does not hold is None or empty.

    Any single-objective Optuna study can be read, one that nia-optuna never saw included.
    Raises FactsError for a study with several objectives.
    """
    directions = study.directions
    name = clean_text(study.study_name)
    if len(directions) != 1:
        raise FactsError(f"study {name!r} has {len(directions)} objectives; one can be written up")
    attrs = mapping(clean(study.user_attrs))
    metric = _text(attrs.get(StudyAttr.METRIC)) or "value"
    chosen = mapping(attrs.get(StudyAttr.CHOSEN))
    dataset = mapping(attrs.get(StudyAttr.DATASET))
    trials = study.get_trials(deepcopy=False)
    headings = _headings(trials, directions[0])
    return StudyFacts(
        name=name,
        direction="maximize" if directions[0] == StudyDirection.MAXIMIZE else "minimize",
        metric=metric,
        question=_text(attrs.get(StudyAttr.QUESTION)) or "",
        dataset=DatasetFacts(
            name=_text(dataset.get("name")),
            fingerprint=_text(dataset.get("fingerprint")),
            shape=tuple(n for n in map(whole, _list(dataset.get("shape"))) if n is not None),
            classes=len(_list(dataset.get("classes"))) or None,
            train=whole(dataset.get("train")),
            validation=whole(dataset.get("validation")),
            test=whole(dataset.get("test")),
            class_names=tuple(map(str, _list(dataset.get("classes")))),
        ),
        space=tuple(_parameter(p) for p in map(mapping, _list(attrs.get(StudyAttr.SPACE))))
        or _drawn_from(trials),
        settings=mapping(attrs.get(StudyAttr.SETTINGS)),
        environment=mapping(attrs.get(StudyAttr.ENVIRONMENT)),
        command=_text(attrs.get(StudyAttr.COMMAND)),
        source=mapping(attrs.get(StudyAttr.SOURCE)),
        sessions=tuple(_session(s) for s in map(mapping, _list(attrs.get(StudyAttr.SESSIONS)))),
        runs=tuple(_runs(mapping(attrs.get(StudyAttr.CONFIRMATION)), metric)),
        chosen=whole(chosen.get("trial")),
        finalists=tuple(n for n in map(whole, _list(chosen.get("finalists"))) if n is not None),
        rehearsal=_text(attrs.get(StudyAttr.REHEARSAL)),
        trials=tuple(_trial(trial, metric, headings.get(trial.number)) for trial in trials),
        checkpoint=_text(chosen.get("checkpoint")),
        task="regression" if attrs.get(StudyAttr.TASK) == "regression" else "classification",
        loss=_text(attrs.get(StudyAttr.LOSS)),
        recipe=_text(attrs.get(StudyAttr.RECIPE)),
        finished=tuple(_runs(mapping(attrs.get(StudyAttr.FINISHED)), metric)),
        extends=_extends(mapping(attrs.get(StudyAttr.EXTENDS))),
    )


def _extends(link: Json) -> ExtendsFacts | None:
    old = _text(link.get("study"))
    if old is None:
        return None
    return ExtendsFacts(old, whole(link.get("trials")), whole(link.get("migrated")))


def _headings(
    trials: Sequence[optuna.trial.FrozenTrial], direction: StudyDirection
) -> dict[int, float]:
    """Return where pruned trials were heading, by the sampler's rule as it stands at the end.

    In the midst of the search fewer trials were complete: what the sampler was told then differed.
    """
    found = imputed(filter(in_space, trials), direction)
    return found.pruned if found.complete else {}


def _trial(trial: optuna.trial.FrozenTrial, metric: str, heading: float | None) -> TrialFacts:
    stored = trial.user_attrs
    attrs = mapping(clean({name: stored[name] for name in stored if name in _CLEANED}))
    curve: Sequence[EpochFacts] = Curve(_list(stored.get(TrialAttr.CURVE)), metric)
    if not curve:
        # A trial that is still running, or whose trainer was killed, has left only its reports.
        curve = tuple(
            EpochFacts(number=epoch, metric=number(clean(value)))
            for epoch, value in sorted(trial.intermediate_values.items())
        )
    asked, begun, told = _times(trial, _list(attrs.get(TrialAttr.TIMES)))
    return TrialFacts(
        number=trial.number,
        state=_STATES[trial.state],
        value=number(clean(trial.values[0])) if trial.values else None,
        params=cast("Mapping[str, Value]", clean(dict(trial.params))),
        baseline=_text(attrs.get(TrialAttr.BASELINE)),
        seed=whole(attrs.get(TrialAttr.SEED)),
        seconds=number(attrs.get(TrialAttr.SECONDS)),
        parameters=whole(attrs.get(TrialAttr.PARAMETERS)),
        best_epoch=whole(attrs.get(TrialAttr.BEST_EPOCH)),
        stopped=_text(attrs.get(TrialAttr.STOPPED)),
        attempts=whole(attrs.get(TrialAttr.ATTEMPTS)) or 1,
        failure=_text(attrs.get(TrialAttr.FAILURE)),
        curve=curve,
        repeats=tuple(map(_repeat, map(mapping, _list(attrs.get(TrialAttr.REPEATS))))),
        most_epochs=whole(attrs.get(TrialAttr.EPOCHS)),
        recipe=_text(attrs.get(TrialAttr.RECIPE)),
        heading=heading,
        cell=whole(attrs.get(TrialAttr.CELL)),
        asked=asked,
        begun=begun,
        told=told,
        worker=whole(attrs.get(TrialAttr.WORKER)),
        coordinator=_text(attrs.get(TrialAttr.COORDINATOR)),
        path=_text(attrs.get(TrialAttr.PATH)),
        migrated=whole(attrs.get(TrialAttr.MIGRATED)),
    )


def _times(
    trial: optuna.trial.FrozenTrial, told: Sequence[object]
) -> tuple[datetime | None, datetime | None, datetime | None]:
    """Return when a trial was asked for, when a worker had it and when its end was told, in UTC.

    Optuna's own times do not say of which zone they are: they are taken for this machine's.
    """
    try:
        match [number(each) for each in told]:
            case [float() as start, float() as end]:
                return _utc(start), None, _utc(end)
            case [float() as start, float() as end, float() as begun]:
                return _utc(start), _utc(begun), _utc(end)
        began, ended = trial.datetime_start, trial.datetime_complete
        return began and began.astimezone(UTC), None, ended and ended.astimezone(UTC)
    except (OverflowError, ValueError, OSError):
        return None, None, None  # no year that there could be


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _repeat(entry: Json) -> RepeatFacts:
    return RepeatFacts(
        seed=whole(entry.get("seed")),
        value=number(entry.get("value")),
        seconds=number(entry.get("seconds")),
        values=tuple(map(number, _list(entry.get("values")))),
    )


def _runs(entries: Json, metric: str) -> Iterator[RunFacts]:
    """Yield trainings after the search by trial and seed; the storage keeps no order."""
    found = [
        (trial, seed, entry)
        for entry in map(mapping, entries.values())
        if (trial := whole(entry.get("trial"))) is not None
        and (seed := whole(entry.get("seed"))) is not None
    ]
    for trial, seed, entry in sorted(found, key=lambda run: run[:2]):
        curve = Curve(_list(entry.get("curve")), metric)
        repeats = [_repeat(each) for each in map(mapping, _list(entry.get("repeats")))]
        yield RunFacts(
            trial=trial,
            seed=seed,
            validation=number(entry.get("validation")),
            test=number(entry.get("test")),
            seconds=number(entry.get("seconds")),
            epochs=len(curve) + sum(len(repeat.values) for repeat in repeats),
            failure=_text(entry.get("failure")),
            checkpoint=_text(entry.get("checkpoint")),
            losses=_losses(mapping(entry.get("losses"))),
            confusion=_confusion(_list(entry.get("confusion"))),
            predictions=_text(entry.get("predictions")),
            curve=curve,
            repeats=len(repeats),
            path=_text(entry.get("path")),
        )


def _losses(entry: Json) -> dict[str, float]:
    known = {name: number(value) for name, value in entry.items()}
    return {name: value for name, value in known.items() if value is not None}


def _confusion(entry: list[object]) -> tuple[tuple[int, ...], ...]:
    """Return the counts where they are a square of whole numbers from 0 on, else nothing."""
    counts = [list(map(whole, _list(row))) for row in entry]
    told = [tuple(n for n in row if n is not None and n >= 0) for row in counts]
    return tuple(told) if all(len(row) == len(entry) for row in (*counts, *told)) else ()


def _session(entry: Json) -> SessionFacts:
    return SessionFacts(
        started=_text(entry.get("started")) or "",
        wall_seconds=number(entry.get("wall_seconds")) or 0.0,
        workers=whole(entry.get("workers")),
        device=_text(entry.get("device")) or "",
        stage=_text(entry.get("stage")) or "",
    )


def _parameter(entry: Json) -> ParameterFacts:
    low, high = number(entry.get("low")), number(entry.get("high"))
    log = entry.get("kind") == "log" or entry.get("log") is True
    between = None
    if entry.get("kind") == "choice":
        searched = ", ".join(map(str, _list(entry.get("choices"))))
    elif low is not None and high is not None:
        searched = f"{low:g} to {high:g}" + (" (log)" if log else "")
        between = RangeFacts(low, high, log=log)
    else:
        searched = ""
    return ParameterFacts(
        name=str(entry.get("name")),
        default=cast("Value", entry.get("default")),
        searched=searched,
        choices=tuple(cast("list[Value]", _list(entry.get("choices")))),
        between=between,
    )


def _drawn_from(trials: Sequence[optuna.trial.FrozenTrial]) -> tuple[ParameterFacts, ...]:
    """Return the space of a study that nia-optuna never saw, by name: what Optuna drew from.

    A range that changed between trials stands with its outermost ends.
    """
    found: dict[str, dict[str, object]] = {}
    for trial in trials:
        for name, given in trial.distributions.items():
            known = found.setdefault(clean_text(name), {"name": clean_text(name)})
            if isinstance(given, CategoricalDistribution):
                known |= {"kind": "choice", "choices": clean(given.choices)}
            elif isinstance(given, FloatDistribution | IntDistribution):
                low, high = number(known.get("low")), number(known.get("high"))
                known |= {
                    "low": given.low if low is None else min(low, given.low),
                    "high": given.high if high is None else max(high, given.high),
                    "log": given.log,
                }
    return tuple(_parameter(found[name]) for name in sorted(found))


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
