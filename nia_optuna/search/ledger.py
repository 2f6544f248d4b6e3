"""The stored study as the coordinator writes it: ask, report, tell, put back."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from pathlib import Path
from typing import cast

import optuna
from optuna.exceptions import StorageInternalError
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from nia_optuna.recipe import Recipe
from nia_optuna.record import TrialAttr
from nia_optuna.search import tally
from nia_optuna.search.address import StorageError
from nia_optuna.search.asked import DrawError, Open
from nia_optuna.search.distributions import suggested_by
from nia_optuna.search.ending import end_attrs, value_of
from nia_optuna.search.failure import reason
from nia_optuna.search.interrupt import Interrupted
from nia_optuna.search.outbox import attempts
from nia_optuna.search.protocol import Chance, Finished, Repeat, Run, Start
from nia_optuna.search.sampler import derived_seed
from nia_optuna.search.sole_writer import OvertakenError, SoleWriter
from nia_optuna.space import Space, Value
from nia_optuna.study import Study, StudyError
from nia_optuna.training.epoch import Epoch
from nia_optuna.training.training import Training

# A trial that its trainer did not survive is tried again this often.
RETRIES = 3
MOST_LETTERS = 500  # of a reason


class Ledger:
    """One study in the storage. The storage is the only memory: nothing here outlives a run."""

    def __init__(
        self,
        study: Study,
        stored: optuna.Study,
        tensorboard: Path | None = None,
        standings: Path | None = None,
        *,
        inline: bool = False,
        sign: Path | None = None,
    ) -> None:
        self.study = study
        self.stored = stored
        self.tensorboard = tensorboard
        self.standings = standings
        self.inline = inline
        self.sign = sign
        self.grid = study.cells() if study.sampler == "grid" else []

    def enqueue(self, params: Mapping[str, Value], attrs: Mapping[str, object]) -> None:
        """Queue a configuration to be tried before the sampler's own."""
        self.stored.enqueue_trial(dict(params), user_attrs=dict(attrs))

    def ask(self) -> Open:
        """Return the next trial: one put back or enqueued, else the sampler's proposal.

        Raises DrawError where the study's function raises; the trial then stands as failed.
        """
        (asked,) = self.ask_many(1)
        if isinstance(asked, DrawError):
            raise asked
        return asked

    def ask_many(self, count: int) -> list[Open | DrawError]:
        """Return the next trials as so many calls of `ask` would, or the errors that they raise.

        Each proposal sees those before it as running. Where several coordinators share the study,
        there are no more than the budget has left over from what others train.
        """
        asked: list[Open | DrawError] = []
        with self._together():
            for trial in self._begun(count):
                try:
                    asked.append(self._ask(trial))
                except DrawError as error:
                    asked.append(error)
                except OvertakenError:
                    self._writer.release(self._id, trial.number)
        return asked

    def note_inline(self, trials: Iterable[Open]) -> None:
        """Record that trials begin to be trained, where this process itself may die of it.

        Where several share the study any death of one costs its trials an attempt.
        """
        if not self.inline or self.shared:
            return
        if self.sign:
            self.sign.touch(mode=0o600)
        with self._together():
            for opened in trials:
                opened.trial.set_user_attr(TrialAttr.INLINE, _attempt_at(opened.trial))

    def report(self, opened: Open, epoch: Epoch) -> bool:
        """Record an epoch; return whether the pruner gives the trial up."""
        return bool(self.report_all([(opened, epoch)]))

    def report_all(self, epochs: Iterable[tuple[Open, Epoch]]) -> set[Run]:
        """Record epochs in their order; return the runs that the pruner gives up.

        They are judged one by one, as by so many calls of `report`, and written at the end.
        """
        given_up: set[Run] = set()
        with self._together():
            for opened, epoch in epochs:
                # What comes behind the last one that counts was trained before the news arrived.
                if opened.run not in given_up and self._report(opened, epoch):
                    given_up.add(opened.run)
        return given_up

    def complete(self, opened: Open, message: Finished) -> float:
        """Tell the value of the epoch whose weights were kept, the mean over repeats; return it."""
        value = value_of(message, opened.curve, self.study.metric)
        attrs = {
            TrialAttr.BEST_EPOCH: message.best_epoch,
            TrialAttr.PARAMETERS: message.parameters,
            **end_attrs(opened, message.stopped, message.repeats),
        }
        self._tell(opened, attrs, value)
        return value

    def prune(self, opened: Open) -> float:
        """Tell that the trial was given up, and return its last value."""
        self._tell(opened, end_attrs(opened, "pruned"), state=TrialState.PRUNED)
        return opened.curve[-1].metric(self.study.metric)

    def fail(self, opened: Open, reason: str, repeats: Sequence[Repeat] = ()) -> None:
        """Tell that the trial failed, and why; `repeats` are those that it finished."""
        attrs = {**end_attrs(opened, "failed", repeats), TrialAttr.FAILURE: reason[:MOST_LETTERS]}
        self._tell(opened, attrs, state=TrialState.FAIL)

    def recipe_of(self, trial: FrozenTrial) -> Recipe:
        """Return the recipe of a finished trial."""
        return self._outside(trial) or self.study.recipe(trial.params)

    def start(self, run: Run, recipe: Recipe, cut: int, checkpoint: Path | None = None) -> Start:
        """Return the order to train `recipe` as the study says, once."""
        budget = self.study.budget
        training = Training(
            recipe=recipe,
            epochs=self.study.epochs(recipe),
            loss=self.study.loss,
            metric=self.study.metric,
            patience=budget.patience,
            target=budget.target,
            augment=self.study.augment if recipe.augment is None else recipe.augment,
        )
        return Start(
            run=run,
            cut=cut,
            training=training,
            checkpoint=checkpoint,
            tensorboard=self.tensorboard and self.tensorboard / f"{run.trial}-{run.seed}",
            standings=self.standings,
        )

    def start_trial(self, run: Run, recipe: Recipe, seeded: int | None = None) -> Start:
        """Return the order to train a trial of `recipe` as the study says, its repeats included.

        Their seeds are made of the number `seeded`, see `seeded_by`; None for the trial's own.
        """
        order = self.start(run, recipe, self.cut(0))
        return replace(order, repeats=self.repeats(run.trial if seeded is None else seeded))

    def cut(self, k: int) -> int:
        """Return the seed that cuts the validation examples of every trial's training `k`."""
        seed = self.study.seed
        return derived_seed(seed, "cut", k) if self.study.resplit else seed

    def repeats(self, trial: int) -> tuple[Chance, ...]:
        """Return what a trial's trainings after its first are left to."""
        return tuple(
            Chance(derived_seed(self.study.seed, trial, "repeat", k), self.cut(k))
            for k in range(1, self.study.repeats)
        )

    def lost(self, opened: Open, reason: str) -> bool:
        """Put a trial back whose trainer died; return False if it failed for good."""
        had = attempts(opened.trial.user_attrs)
        if had > RETRIES:
            self.fail(opened, f"{reason}, {had} times")
            return False
        # In one transaction: a death between the two would cost the trial another attempt.
        with self._together():
            opened.trial.set_user_attr(TrialAttr.ATTEMPTS, had + 1)
            self._put_back(opened.trial._trial_id)  # noqa: SLF001  # it has no public name
        return True

    def put_back(self, opened: Open) -> None:
        """Let a running trial wait, at no cost."""
        self._put_back(opened.trial._trial_id)  # noqa: SLF001  # it has no public name

    def count_deaths(self) -> list[tuple[int, str]]:
        """Count the attempts at which an earlier process died that trained them itself.

        Returns the numbers of those that fail for it, and why. All others are to be put back; what
        was asked for and not begun costs nothing, nor what a process could not put back that ended
        by itself, as it does on a full disk.
        """
        failed: list[tuple[int, str]] = []
        if self.sign is None or not self.sign.exists():
            return failed
        for trial in self.trials(TrialState.RUNNING):
            # Another attempt than was begun there: the death is counted, by who died of it then.
            if trial.user_attrs.get(TrialAttr.INLINE) != _attempt_at(trial):
                continue
            trial_id, had = trial._trial_id, attempts(trial.user_attrs)  # noqa: SLF001
            if had <= RETRIES:
                self._writer.set_trial_user_attr(trial_id, TrialAttr.ATTEMPTS, had + 1)
                continue
            why = f"the process died that trained it (--workers 0), {had} times"
            with self._together():
                self._writer.set_trial_user_attr(trial_id, TrialAttr.FAILURE, why)
                self._writer.set_trial_user_attr(trial_id, TrialAttr.TIMES, [time.time()] * 2)
                self._writer.set_trial_state_values(trial_id, TrialState.FAIL)
            failed.append((trial.number, why))
        return failed

    def reap(self) -> int:
        """Put back every running trial; return how many. Only who holds the study may call it.

        Where several share it, those that this coordinator has are put back. All that was said of
        trials is in the storage then: a server that is away is waited for.
        """
        if self.sign:
            # Before anything is written: a full disk refuses that, and lets every file go.
            self.sign.unlink(missing_ok=True)
        running = [t._trial_id for t in self.trials(TrialState.RUNNING)]  # noqa: SLF001
        mine = [trial_id for trial_id in running if self._writer.mine(trial_id)]
        for trial_id in mine:
            # Whatever was taken over is in other hands already.
            with suppress(OvertakenError):
                self._put_back(trial_id)
        self._writer.settle()
        return len(mine)

    def retell(self) -> int:
        """Tell what trials ended on that an earlier run could not tell; return how many did.

        Whatever ran must not have been put back before: it is then another attempt.
        """
        return self._writer.retell(self._id)

    def searching(self) -> AbstractContextManager[None]:
        """Return a context in which other coordinators know that this one may begin trials."""
        return self._writer.searching(self._id)

    def others_search(self) -> bool:
        """Return whether another coordinator may begin trials."""
        return self._writer.others_search(self._id)

    def kept(self) -> AbstractContextManager[None]:
        """Return a context in which other coordinators know that this one lives."""
        return self._writer.kept(self._id)

    def alone(self) -> AbstractContextManager[None]:
        """Return a context in which no other coordinator changes what stands at the study."""
        return self._writer.alone(self.study.name)

    def keep_up(self) -> bool:
        """Look at what other coordinators do, now and then; return whether there is news."""
        return self._writer.keep_up(self._id)

    def elsewhere(self) -> int:
        """Return how many trials other coordinators have."""
        return self._writer.elsewhere(self._id)

    def overtaken(self, asked: Iterable[Open]) -> list[Open]:
        """Return those that others took over while this process was silent; see `release`."""
        return [o for o in asked if self._writer.overtaken(o.trial._trial_id)]  # noqa: SLF001

    def release(self, run: Run) -> None:
        """Let this coordinator, too, take a trial that was taken over: its old training is over."""
        self._writer.release(self._id, run.trial)

    def take_stages(self) -> bool:
        """Return whether it is this coordinator that carries out what comes after the search."""
        return self._writer.take_stages(self._id)

    def leave_stages(self) -> None:
        """Let another coordinator carry it out."""
        self._writer.leave_stages(self._id)

    def trials(self, *states: TrialState) -> Sequence[FrozenTrial]:
        """Return the trials in any of `states`, by number."""
        return self.stored.get_trials(deepcopy=False, states=states or None)

    @property
    def shared(self) -> bool:
        """Whether other coordinators may have the study, too."""
        return self._writer.shared

    def blind(self) -> int:
        """Return how many of the next trials are drawn without regard to what others come to."""
        if self.shared:
            return 0  # what one has ahead, the others cannot have
        return tally.blind(self.trials(), self.study, len(self.grid))

    def missing(self) -> int:
        """Return how many trials the budget still asks for; those that run or wait are missing."""
        return tally.missing(self.trials(), self.study, len(self.grid))

    def finished(self) -> int:
        """Return how many trials count towards the total: complete, pruned, and failed cells."""
        return tally.finished(self.trials(), grid=bool(self.grid))

    def best(self) -> float | None:
        """Return the best value of all complete trials."""
        return tally.best(self.trials(), self.study.metric)

    @property
    def _writer(self) -> SoleWriter:
        return cast(SoleWriter, self.stored._storage)  # noqa: SLF001  # it has no public name

    @property
    def _id(self) -> int:
        return self.stored._study_id  # noqa: SLF001  # it has no public name

    def _room(self) -> int:
        return self.missing() - len(self.trials(TrialState.RUNNING))

    def _begun(self, count: int) -> Iterator[Trial]:
        for trial_id in self._writer.claim(self._id, count, self._room):
            # As Optuna's own ask does: what a sampler has remembered is of the trial before.
            self.stored._thread_local.cached_all_trials = None  # noqa: SLF001
            yield Trial(self.stored, trial_id)

    def _ask(self, trial: Trial) -> Open:
        seed = derived_seed(self.study.seed, trial.number)
        fresh = not (trial.params or trial.user_attrs)
        try:
            space = Space(suggested_by(trial))
            recipe = self._outside(trial) or self.study(space)
        except (SQLAlchemyError, StorageInternalError, StorageError, Interrupted):
            # A suggestion may have to be read or written: that is the storage's failure.
            raise
        except (Exception, SystemExit) as error:
            why = reason(error)
            for name, fact in self._told().items():
                trial.set_user_attr(name, fact)
            self._fail(trial, why)
            raise DrawError(Run(trial.number, seed), why) from error
        # Only what the sampler proposed for branches not taken is news beside the parameters.
        if fresh:
            proposed = trial.relative_params
            if proposed.keys() - space.values.keys():
                trial.set_user_attr(TrialAttr.DRAWN, proposed)
        trial.set_user_attr(TrialAttr.SEED, seed)
        trial.set_user_attr(TrialAttr.EPOCHS, self.study.epochs(recipe))
        return Open(trial, recipe, Run(trial.number, seed), self._reported(trial, fresh=fresh))

    def _report(self, opened: Open, epoch: Epoch) -> bool:
        opened.curve.append(epoch)
        value = epoch.metric(self.study.metric)
        if epoch.number in opened.reported:
            return False
        opened.trial.report(value, step=epoch.number)
        if epoch.last:
            return False
        # A baseline is asked too, though never given up: its rungs are what others compete with.
        return opened.trial.should_prune() and opened.baseline is None

    def _together(self) -> AbstractContextManager[None]:
        """Return a context that writes the values of trials at its end, in one transaction."""
        return self._writer.together()

    def _outside(self, trial: Trial | FrozenTrial) -> Recipe | None:
        """Return the recipe of a baseline that lies outside the space; None for all others."""
        if TrialAttr.RECIPE not in trial.user_attrs:
            return None
        name = trial.user_attrs[TrialAttr.BASELINE]
        recipe = self.study.baselines.get(name)
        if not isinstance(recipe, Recipe):
            raise StudyError(f"baseline {name!r} is no recipe in the study file any more")
        return recipe

    def _reported(self, trial: Trial, *, fresh: bool) -> frozenset[int]:
        if fresh:
            return frozenset()
        running = self.trials(TrialState.RUNNING)
        return frozenset(
            s for t in running if t.number == trial.number for s in t.intermediate_values
        )

    def _put_back(self, trial_id: int) -> None:
        """Let a running trial wait: it keeps its number, its draw and with them its seed."""
        # Optuna's storages allow this step, though its Study class has no word for it.
        self._writer.set_trial_state_values(trial_id, TrialState.WAITING)

    def _tell(
        self,
        opened: Open,
        attrs: Mapping[str, object],
        value: float | None = None,
        state: TrialState | None = None,
    ) -> None:
        """Write how a trial ended, and drop where its trainings stood once that is on a disk.

        What is not dropped then the next run drops.
        """
        with self._together():
            for name, fact in {**attrs, **self._told(opened)}.items():
                opened.trial.set_user_attr(name, fact)
            self.stored.tell(opened.trial, value, state)
        if self._writer.is_kept(opened.trial._trial_id):  # noqa: SLF001  # it has no public name
            self.start_trial(opened.run, opened.recipe).forget()

    def _told(self, opened: Open | None = None) -> dict[str, object]:
        """Return by whom a trial is told, and when it was asked for, ended and begun, see TIMES.

        Without one it ended when it was asked for.
        """
        now = time.time()
        times = [opened.asked if opened else now, now]
        if opened and opened.begun is not None:
            times.append(opened.begun)
        attrs: dict[str, object] = {TrialAttr.TIMES: times}
        if self._writer.owner is not None:
            attrs[TrialAttr.COORDINATOR] = self._writer.owner
        return attrs

    def _fail(self, trial: Trial, reason: str) -> None:
        trial.set_user_attr(TrialAttr.FAILURE, reason[:MOST_LETTERS])
        self.stored.tell(trial, state=TrialState.FAIL)


def _attempt_at(trial: Trial | FrozenTrial) -> list[object]:
    """Return what tells this start of a trial from its others, and which attempt it is, as JSON."""
    return [str(trial.datetime_start), attempts(trial.user_attrs)]
