"""When asked: a sample of pruned trials trained to their end, to tell how often pruning was wrong.

They stay pruned, and neither the sampler nor the test part ever meets what comes of it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from optuna.trial import FrozenTrial, TrialState

from nia_optuna.record import StudyAttr, TrialAttr
from nia_optuna.search.contest import key
from nia_optuna.search.coordinator import POLL_SECONDS
from nia_optuna.search.crew import KindOf
from nia_optuna.search.ending import plain_repeats, value_of
from nia_optuna.search.executor import Executor, names_of
from nia_optuna.search.interrupt import Wish
from nia_optuna.search.ledger import Ledger
from nia_optuna.search.orders import Orders, Outcome
from nia_optuna.search.protocol import Failed, Finished, Repeat, Run, Start
from nia_optuna.search.sampler import derived_seed, seeded_by
from nia_optuna.search.watch import Ended, EndState, Opened, Watch


def sample(
    trials: Sequence[FrozenTrial], count: int, seed: int, finished: Collection[int] = ()
) -> list[FrozenTrial]:
    """Return `count` of the pruned trials, all of them where there are no more, in random order.

    Every one is as likely as any other, and a larger sample holds the smaller. Those that were
    `finished` before, by number, come first and count: in a study that went on since, they were
    drawn among fewer.
    """
    pruned = [trial for trial in trials if trial.state == TrialState.PRUNED]
    drawn = sorted(
        pruned,
        key=lambda t: (t.number not in finished, derived_seed(seed, "finish pruned", t.number)),
    )
    return drawn[:count]


def left_to_finish(ledger: Ledger, count: int) -> list[FrozenTrial]:
    """Return the trials of the sample that are not yet finished."""
    records = ledger.stored.user_attrs.get(StudyAttr.FINISHED, {})
    known = {record["trial"] for record in records.values()}
    drawn = sample(ledger.trials(TrialState.PRUNED), count, ledger.study.seed, known)
    return [trial for trial in drawn if trial.number not in known]


def said_of(ledger: Ledger, count: int) -> str:
    """Return in one line how what was asked for differs from what there is; empty where not."""
    pruned = len(ledger.trials(TrialState.PRUNED))
    if count and not pruned:
        return "nothing was pruned, so there is nothing to finish"
    if count > pruned:
        end = "will be" if left_to_finish(ledger, count) else "are"
        return f"{count} pruned trials are asked for, and there are {pruned}: all {end} finished"
    return ""


@dataclass
class PruningCheck:
    """Finishes `count` pruned trials in all; interrupted, it goes on where it was."""

    ledger: Ledger
    executor: Executor
    watch: Watch
    wish: Wish
    kind_of: KindOf
    count: int

    def __post_init__(self) -> None:
        self._records = dict(self.ledger.stored.user_attrs.get(StudyAttr.FINISHED, {}))

    def run(self) -> None:
        """Train what is left of the sample, each with the seeds and cuts that it had."""
        left = left_to_finish(self.ledger, self.count)
        self._open(len(left))
        self._wait_for_trainers()
        orders = Orders(self.executor, self.watch, self.wish, self.kind_of, "pruning check")
        for outcome in orders.carry_out(self._start(trial) for trial in left):
            self._end(outcome)

    def _start(self, trial: FrozenTrial) -> Start:
        run = Run(trial.number, trial.user_attrs[TrialAttr.SEED])
        order = self.ledger.start_trial(run, self.ledger.recipe_of(trial), seeded_by(trial))
        # The events of its search stay as they are.
        folder = order.tensorboard
        return replace(order, tensorboard=folder and folder.with_name(f"{folder.name}-finished"))

    def _wait_for_trainers(self) -> None:
        """Let trainings that the search gave up end: one of them may be begun again here."""
        while self.executor.busy and not self.wish.stop:
            self.executor.poll(POLL_SECONDS)

    def _open(self, left: int) -> None:
        study = self.ledger.study
        self.watch(
            Opened(
                stage="pruning check",
                study=study.name,
                metric=study.metric,
                done=len(self._records),
                total=len(self._records) + left,
                epochs=study.budget.epochs,
                workers=len(self.executor.devices),
                device=names_of(self.executor.devices),
                best=self.ledger.best(),
            )
        )

    def _end(self, outcome: Outcome) -> None:
        run = outcome.run
        match outcome.message:
            case Finished() as message:
                value = value_of(message, outcome.curve, self.ledger.study.metric)
                self._record(
                    outcome,
                    message.repeats,
                    validation=value,
                    best_epoch=message.best_epoch,
                    stopped=message.stopped,
                )
                self._ended(run, "complete", value)
            case Failed(reason=why, repeats=repeats):
                self._record(outcome, repeats, failure=why, validation=None)
                self._ended(run, "failed", None, why)

    def _record(self, outcome: Outcome, repeats: Sequence[Repeat], **facts: object) -> None:
        run, curve = outcome.run, outcome.curve
        self._records[key(run)] = {
            "trial": run.trial,
            "seed": run.seed,
            **facts,
            "seconds": sum(e.seconds for e in curve) + sum(r.seconds for r in repeats),
            "curve": [epoch.plain() for epoch in curve],
            "path": outcome.path,
            "repeats": plain_repeats(repeats),
        }
        self.ledger.stored.set_user_attr(StudyAttr.FINISHED, self._records)

    def _ended(self, run: Run, state: EndState, value: float | None, why: str = "") -> None:
        self.watch(Ended(*run, state, value, self.ledger.best(), len(self._records), why))
