"""An Optuna study → StudyFacts: the only place that knows how facts stand in the storage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast

from optuna.study import StudyDirection
from optuna.trial import TrialState

from nia_optuna.findings.clean import clean, clean_text
from nia_optuna.findings.facts import (
    DatasetFacts,
    EpochFacts,
    FactsError,
    ParameterFacts,
    RunFacts,
    SessionFacts,
    State,
    StudyFacts,
    TrialFacts,
    Value,
)
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


def read(study: optuna.Study) -> StudyFacts:
    """Return what the storage holds of `study`; what it does not hold is None or empty.

    Any single-objective Optuna study can be read, one that nia-optuna never saw included.
    Raises FactsError for a study with several objectives.
    """
    directions = study.directions
    name = clean_text(study.study_name)
    if len(directions) != 1:
        raise FactsError(f"study {name!r} has {len(directions)} objectives; one can be written up")
    attrs = _mapping(clean(study.user_attrs))
    metric = _text(attrs.get(StudyAttr.METRIC)) or "value"
    chosen = _mapping(attrs.get(StudyAttr.CHOSEN))
    dataset = _mapping(attrs.get(StudyAttr.DATASET))
    trials = study.get_trials(deepcopy=False)
    return StudyFacts(
        name=name,
        direction="maximize" if directions[0] == StudyDirection.MAXIMIZE else "minimize",
        metric=metric,
        question=_text(attrs.get(StudyAttr.QUESTION)) or "",
        dataset=DatasetFacts(
            name=_text(dataset.get("name")),
            fingerprint=_text(dataset.get("fingerprint")),
            shape=tuple(n for n in map(_whole, _list(dataset.get("shape"))) if n is not None),
            classes=len(_list(dataset.get("classes"))) or None,
            train=_whole(dataset.get("train")),
            validation=_whole(dataset.get("validation")),
            test=_whole(dataset.get("test")),
        ),
        space=tuple(_parameter(p) for p in map(_mapping, _list(attrs.get(StudyAttr.SPACE)))),
        settings=_mapping(attrs.get(StudyAttr.SETTINGS)),
        environment=_mapping(attrs.get(StudyAttr.ENVIRONMENT)),
        command=_text(attrs.get(StudyAttr.COMMAND)),
        source=_mapping(attrs.get(StudyAttr.SOURCE)),
        sessions=tuple(_session(s) for s in map(_mapping, _list(attrs.get(StudyAttr.SESSIONS)))),
        runs=tuple(_runs(_mapping(attrs.get(StudyAttr.CONFIRMATION)))),
        chosen=_whole(chosen.get("trial")),
        finalists=tuple(n for n in map(_whole, _list(chosen.get("finalists"))) if n is not None),
        rehearsal=_text(attrs.get(StudyAttr.REHEARSAL)),
        trials=tuple(_trial(trial, metric) for trial in trials),
    )


def _trial(trial: optuna.trial.FrozenTrial, metric: str) -> TrialFacts:
    attrs = _mapping(clean(trial.user_attrs))
    curve = _curve(_list(attrs.get(TrialAttr.CURVE)), metric)
    if not curve:
        # A trial that is still running, or whose trainer was killed, has left only its reports.
        curve = tuple(
            EpochFacts(number=epoch, metric=_number(clean(value)))
            for epoch, value in sorted(trial.intermediate_values.items())
        )
    return TrialFacts(
        number=trial.number,
        state=_STATES[trial.state],
        value=_number(clean(trial.values[0])) if trial.values else None,
        params=cast("Mapping[str, Value]", clean(dict(trial.params))),
        baseline=_text(attrs.get(TrialAttr.BASELINE)),
        seed=_whole(attrs.get(TrialAttr.SEED)),
        seconds=_number(attrs.get(TrialAttr.SECONDS)),
        parameters=_whole(attrs.get(TrialAttr.PARAMETERS)),
        best_epoch=_whole(attrs.get(TrialAttr.BEST_EPOCH)),
        stopped=_text(attrs.get(TrialAttr.STOPPED)),
        attempts=_whole(attrs.get(TrialAttr.ATTEMPTS)) or 1,
        failure=_text(attrs.get(TrialAttr.FAILURE)),
        curve=curve,
    )


def _curve(entries: list[object], metric: str) -> tuple[EpochFacts, ...]:
    judged = f"validation_{metric}"
    return tuple(
        EpochFacts(
            number=_whole(entry.get("number")) or place,
            train_loss=_number(entry.get("train_loss")),
            train_accuracy=_number(entry.get("train_accuracy")),
            validation_loss=_number(entry.get("validation_loss")),
            validation_accuracy=_number(entry.get("validation_accuracy")),
            lr=_number(entry.get("lr")),
            seconds=_number(entry.get("seconds")),
            metric=_number(entry.get(judged)),
        )
        for place, entry in enumerate(map(_mapping, entries), start=1)
    )


def _runs(confirmation: Json) -> Iterator[RunFacts]:
    """Yield the confirmation's trainings by trial and seed; the storage keeps no order."""
    found = [
        (trial, seed, entry)
        for entry in map(_mapping, confirmation.values())
        if (trial := _whole(entry.get("trial"))) is not None
        and (seed := _whole(entry.get("seed"))) is not None
    ]
    for trial, seed, entry in sorted(found, key=lambda run: run[:2]):
        yield RunFacts(
            trial=trial,
            seed=seed,
            validation=_number(entry.get("validation")),
            test=_number(entry.get("test")),
            seconds=_number(entry.get("seconds")),
            epochs=len(_list(entry.get("curve"))),
            failure=_text(entry.get("failure")),
        )


def _session(entry: Json) -> SessionFacts:
    return SessionFacts(
        started=_text(entry.get("started")) or "",
        wall_seconds=_number(entry.get("wall_seconds")) or 0.0,
        workers=_whole(entry.get("workers")),
        device=_text(entry.get("device")) or "",
        stage=_text(entry.get("stage")) or "",
    )


def _parameter(entry: Json) -> ParameterFacts:
    low, high = _number(entry.get("low")), _number(entry.get("high"))
    if entry.get("kind") == "choice":
        searched = ", ".join(map(str, _list(entry.get("choices"))))
    elif low is not None and high is not None:
        searched = f"{low:g} to {high:g}"
        searched += " (log)" if entry.get("kind") == "log" or entry.get("log") is True else ""
    else:
        searched = ""
    return ParameterFacts(
        name=str(entry.get("name")),
        default=cast("Value", entry.get("default")),
        searched=searched,
    )


def _mapping(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
