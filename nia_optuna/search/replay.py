"""A trial trained again as it was, to see whether it measures the same; nothing is written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from nia_optuna.data import open_data, silent
from nia_optuna.record import StudyAttr, TrialAttr
from nia_optuna.search.environment import device_of
from nia_optuna.search.executor import Inline
from nia_optuna.search.failure import reason
from nia_optuna.search.identity import ChangedError, changes, facts_of
from nia_optuna.search.interrupt import Wish
from nia_optuna.search.ledger import Ledger
from nia_optuna.search.material import material_of
from nia_optuna.search.orders import Orders
from nia_optuna.search.protocol import Chance, Failed, Finished, Run, Start
from nia_optuna.search.replayed import Replayed, Told, compared, curve_of
from nia_optuna.search.sampler import seeded_by
from nia_optuna.search.storage import open_storage
from nia_optuna.search.watch import Advanced, Ended, EndState, Event, Opened, Said, Watch
from nia_optuna.study import Study, check_space
from nia_optuna.training.device import Device, devices
from nia_optuna.training.epoch import Epoch
from nia_optuna.training.stacked.kind import Kind

if TYPE_CHECKING:
    from nia_optuna.search.run import Place


class ReplayError(ValueError):
    """A trial that cannot be trained again: said in one line."""


def replay(
    study: Study,
    place: Place,
    device: Device,
    number: int,
    watch: Watch,
    *,
    given: Collection[str] = (),
) -> Replayed:
    """Train a trial of a stored study again in this process, with its seeds, and compare.

    It trains as its path says where that device is there, else on `device`. `given` names what the
    user asked for, of "seed", "epochs" and "device"; for the rest the storage is asked.

    Raises ReplayError where the trial cannot be trained again, ChangedError where the study asks
    another question now.
    """
    stored = _stored(study, place)
    study = _as_recorded(study, stored, given)
    parameters = check_space(study)
    data = open_data(study.dataset, place.data_dir, silent)
    material = material_of(study, place.data_dir)
    splits = material.open()(study.seed)
    for what in changes(stored.user_attrs, facts_of(study, parameters, data, splits)):
        raise ChangedError(
            f"trial {number} of study {study.name!r} cannot be trained again: {what}; "
            "undo the change"
        )
    trial = _ended(stored, number)
    ledger = Ledger(study, stored)
    order = _order(ledger, trial)
    path = trial.user_attrs.get(TrialAttr.PATH)
    device = _device(path, device, watch, chosen="device" in given)
    watch(
        Opened(
            "replay", study.name, study.metric, 0, 1, order.training.epochs, 1, device.name, None
        )
    )
    if TrialAttr.ATTEMPTS in trial.user_attrs:
        watch(Said("its trainer died under it, which it may do to this process, too"))
    told = _train(Inline(material, device), order, trial, watch)
    found = compared(ledger, trial, splits, told)
    watch(_ended_now(found))
    return found


def _stored(study: Study, place: Place) -> optuna.Study:
    storage = open_storage(place.storage, place.runs.path, create=False)
    try:
        return optuna.load_study(study_name=study.name, storage=storage)
    except KeyError:
        raise ReplayError(f"there is no study {study.name!r} in the storage") from None


def _as_recorded(study: Study, stored: optuna.Study, given: Collection[str]) -> Study:
    """Return the study with the seed and the epochs that it was run with."""
    settings: Mapping[str, Any] = stored.user_attrs.get(StudyAttr.SETTINGS, {})
    if "seed" not in given:
        study = replace(study, seed=settings.get("seed", study.seed))
    if "epochs" not in given:
        epochs = settings.get("epochs", study.budget.epochs)
        study = replace(study, budget=replace(study.budget, epochs=epochs))
    return study


def _ended(stored: optuna.Study, number: int) -> FrozenTrial:
    trials = stored.get_trials(deepcopy=False)
    found = next((trial for trial in trials if trial.number == number), None)
    name = stored.study_name
    if found is None:
        there = f"its trials are 0 to {trials[-1].number}" if trials else "it has none"
        raise ReplayError(f"study {name!r} has no trial {number}: {there}")
    if not found.state.is_finished():
        word = "is running" if found.state == TrialState.RUNNING else "waits to be trained"
        raise ReplayError(f"trial {number} of study {name!r} {word}: there is nothing to compare")
    if TrialAttr.SEED not in found.user_attrs:
        why = found.user_attrs.get(TrialAttr.FAILURE, "nothing tells its seed")
        raise ReplayError(f"trial {number} of study {name!r} was never begun: {why}")
    return found


def _order(ledger: Ledger, trial: FrozenTrial) -> Start:
    """Return the order that the trial was trained by."""
    run = Run(trial.number, trial.user_attrs[TrialAttr.SEED])
    try:
        order = ledger.start_trial(run, ledger.recipe_of(trial), seeded_by(trial))
    except Exception as error:
        why = reason(error)
        raise ReplayError(f"trial {trial.number} makes no recipe any more: {why}") from error
    known = [repeat["seed"] for repeat in trial.user_attrs.get(TrialAttr.REPEATS, ())]
    repeats = tuple(
        Chance(seed, chance.cut)
        for seed, chance in zip(
            [*known, *(c.seed for c in order.repeats[len(known) :])], order.repeats, strict=True
        )
    )
    epochs = trial.user_attrs.get(TrialAttr.EPOCHS, order.training.epochs)
    return replace(order, repeats=repeats, training=replace(order.training, epochs=epochs))


def _device(path: str | None, device: Device, watch: Watch, *, chosen: bool) -> Device:
    """Return the device of a path; `device` where it is unknown, not here or another is chosen."""
    if path is None:
        return device
    was = device_of(path)
    if chosen and was.name != device.name:
        return device
    try:
        devices(was.name)
    except ValueError as error:
        watch(Said(f"{error}: it is trained on {device.name}"))
        return device
    return was


def _train(executor: Inline, order: Start, trial: FrozenTrial, watch: Watch) -> Told:
    """Carry an order out, up to where the trial was stopped if it was pruned."""
    epochs: list[Epoch] = []
    wish = Wish()
    most = len(curve_of(trial)) if trial.state == TrialState.PRUNED else None

    def listen(event: Event) -> None:
        watch(event)
        if isinstance(event, Advanced):
            epochs.append(event.epoch)
            if len(epochs) == most:
                wish.ask()

    outcomes = Orders(executor, listen, wish, lambda _: Kind(), "replay").carry_out([order])
    try:
        message = next((outcome.message for outcome in outcomes), None)
    finally:
        executor.close()
    end = message if isinstance(message, Finished | Failed) else None
    return Told(executor.devices[0], tuple(epochs), end)


def _ended_now(found: Replayed) -> Ended:
    """Return the event that tells of the end."""
    state: EndState = "complete" if found.value is not None else "pruned"
    return Ended(
        trial=found.trial.number,
        seed=found.trial.user_attrs[TrialAttr.SEED],
        state="failed" if found.failure else state,
        value=found.value,
        best=None,
        done=1,
        reason=found.failure or "",
    )
