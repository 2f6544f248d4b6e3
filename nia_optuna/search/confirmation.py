"""After the search: the best few and the baselines again, with seeds the search never saw.

A search reports the luckiest of many noisy values. Fresh seeds tell what its winner is worth;
the test part is then scored once, for that winner and the baselines.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from optuna.trial import FrozenTrial

from nia_optuna.artifact_store import keep
from nia_optuna.recipe import Recipe
from nia_optuna.record import StudyAttr
from nia_optuna.search.contest import (
    best_mean,
    contenders,
    fresh_seeds,
    key,
    runs_of,
    to_keep,
    unscored,
)
from nia_optuna.search.coordinator import SearchError
from nia_optuna.search.crew import KindOf
from nia_optuna.search.executor import Executor, names_of
from nia_optuna.search.interrupt import Wish
from nia_optuna.search.ledger import Ledger
from nia_optuna.search.orders import Orders, Outcome
from nia_optuna.search.protocol import Failed, Finished, Run, Score, Scored, Start
from nia_optuna.search.runs import Runs, drop, private_folder
from nia_optuna.search.watch import Ended, EndState, Opened, Said, Watch


@dataclass
class Confirmation:
    """Trains and scores what is not yet recorded; interrupted, it goes on where it was."""

    ledger: Ledger
    executor: Executor
    watch: Watch
    wish: Wish
    kind_of: KindOf
    runs: Runs

    def __post_init__(self) -> None:
        self._orders = Orders(self.executor, self.watch, self.wish, self.kind_of, "confirmation")
        self._wanted: set[str] = set()
        self._records = dict(self.ledger.stored.user_attrs.get(StudyAttr.CONFIRMATION, {}))

    def run(self) -> None:
        """Confirm finalists and baseline, as far as the user lets it."""
        study = self.ledger.study
        best, base = contenders(self.ledger)
        if not [*best, *base]:
            return
        private_folder(self._folder)
        recipes = {t.number: self.ledger.recipe_of(t) for t in [*best, *base]}
        runs = runs_of([*best, *base], fresh_seeds(study.seed, study.budget.seeds))
        self._open(runs)
        self._train(runs, recipes, [t.number for t in base])
        if self.wish.stop:
            return
        winner = best_mean(self._records, runs, study.metric)
        if winner is None:
            self.watch(Said("no configuration survived its confirmation: none is chosen"))
            return
        self._carry_out(
            Score(
                run,
                self._cut(run),
                recipes[run.trial],
                study.loss,
                self._checkpoint(run),
                self._checkpoint(run).with_suffix(".npz"),
            )
            for run in unscored(self._records, runs, {winner, *(t.number for t in base)})
        )
        if not self.wish.stop:
            self._choose([run for run in runs if run.trial == winner], best, base)

    def _train(
        self, runs: Sequence[Run], recipes: Mapping[int, Recipe], base: Collection[int]
    ) -> None:
        """Train what is not recorded, then what is needed and lies with one that died."""
        missing = [run for run in runs if key(run) not in self._records]
        while not self.wish.stop:
            missing = missing or self._gone(runs, base)
            if not missing:
                return
            self._carry_out(
                self.ledger.start(run, recipes[run.trial], self._cut(run), self._checkpoint(run))
                for run in missing
            )
            missing = []

    def _gone(self, runs: Sequence[Run], base: Collection[int]) -> list[Run]:
        """Return the runs that are to be scored or kept, and whose weights are not here.

        What was recorded of them is dropped: elsewhere the same training ends with slightly other
        weights.
        """
        winner = best_mean(self._records, runs, self.ledger.study.metric)
        if winner is None:
            return []
        wanted = unscored(self._records, runs, {winner, *base})
        winning = [run for run in runs if run.trial == winner]
        kept = to_keep(self._records, winning, self.ledger.study)
        if kept not in wanted and self._checkpoint(kept).name != self._handed_over():
            wanted.append(kept)
        gone = [run for run in wanted if not self._checkpoint(run).is_file()]
        for run in gone:
            del self._records[key(run)]
        return gone

    def _cut(self, run: Run) -> int:
        """Return the seed of a run's validation cut: fresh like its own, so that none is known."""
        study = self.ledger.study
        return run.seed if study.resplit else study.seed

    def _choose(
        self, winning: Sequence[Run], best: Sequence[FrozenTrial], base: Sequence[FrozenTrial]
    ) -> None:
        """Record the choice, and hand the weights of one of its seeds to the artifact store."""
        run = to_keep(self._records, winning, self.ledger.study)
        checkpoint = self._records[key(run)]["checkpoint"]
        if checkpoint != self._handed_over():
            self._keep(self._folder / checkpoint)
        self.ledger.stored.set_user_attr(
            StudyAttr.CHOSEN,
            {
                "trial": winning[0].trial,
                "finalists": [t.number for t in best],
                "baselines": [t.number for t in base],
                "checkpoint": checkpoint,
            },
        )

    def _handed_over(self) -> str | None:
        """Return the file whose weights were kept last, which may have been on another machine."""
        chosen = self.ledger.stored.user_attrs.get(StudyAttr.CHOSEN, {})
        name: str | None = chosen.get("checkpoint")
        return name

    @property
    def _folder(self) -> Path:
        return self.runs.checkpoints / self.ledger.study.name

    def _checkpoint(self, run: Run) -> Path:
        return self._folder / f"{run.trial}-{run.seed}.safetensors"

    def _open(self, runs: Sequence[Run]) -> None:
        study = self.ledger.study
        self._wanted = {key(run) for run in runs}
        self.watch(
            Opened(
                stage="confirmation",
                study=study.name,
                metric=study.metric,
                done=self._done(),
                total=len(runs),
                epochs=study.budget.epochs,
                workers=len(self.executor.devices),
                device=names_of(self.executor.devices),
                best=self.ledger.best(),
            )
        )

    def _carry_out(self, orders: Iterable[Start | Score]) -> None:
        for outcome in self._orders.carry_out(orders):
            run = outcome.run
            match outcome.message:
                case Finished() as message:
                    self._record_training(outcome, message)
                case Scored() as message:
                    self._record_score(run, message)
                case Failed(reason=why):
                    self._record(run, trial=run.trial, seed=run.seed, failure=why, validation=None)
                    self._ended(run, None, why)

    def _record_training(self, outcome: Outcome, message: Finished) -> None:
        run, curve = outcome.run, outcome.curve
        best = curve[message.best_epoch - 1]
        value = best.metric(self.ledger.study.metric)
        self._record(
            run,
            trial=run.trial,
            seed=run.seed,
            validation=value,
            **{f"validation_{name}": mean for name, mean in best.validation.items()},
            best_epoch=message.best_epoch,
            stopped=message.stopped,
            seconds=sum(epoch.seconds for epoch in curve),
            curve=[epoch.plain() for epoch in curve],
            path=outcome.path,
            checkpoint=self._checkpoint(run).name,
        )
        self._ended(run, value)

    def _record_score(self, run: Run, message: Scored) -> None:
        answers = self._checkpoint(run).with_suffix(".npz")
        kept = self._keep(answers)
        drop(answers)
        self._record(
            run,
            test=message.measures[self.ledger.study.metric],
            **{f"test_{name}": mean for name, mean in message.measures.items()},
            losses=dict(message.losses),
            confusion=message.confusion,
            predictions=kept,
        )

    def _keep(self, file: Path) -> str:
        """Copy a file into the artifact store, which optuna-dashboard shows; return its id."""
        folder = private_folder(self.runs.artifacts)
        try:
            return keep(self.ledger.stored, file, folder)
        except OSError as error:
            raise SearchError(f"{file} cannot be copied to {folder}: {error.strerror}") from error

    def _record(self, run: Run, **facts: object) -> None:
        self._records[key(run)] = {**self._records.get(key(run), {}), **facts}
        self.ledger.stored.set_user_attr(StudyAttr.CONFIRMATION, self._records)

    def _ended(self, run: Run, value: float | None, why: str = "") -> None:
        state: EndState = "failed" if value is None else "complete"
        self.watch(Ended(*run, state, value, self.ledger.best(), self._done(), why))

    def _done(self) -> int:
        return len(self._wanted & self._records.keys())
