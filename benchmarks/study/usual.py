"""Optuna as its PyTorch examples use it: one process, its default sampler, MedianPruner."""

from __future__ import annotations

import optuna
import torch

from benchmarks.study.ask import ask
from benchmarks.study.examples import read_examples
from benchmarks.study.loop import accuracies
from benchmarks.study.peer import say, task


def main() -> None:
    """Search until somebody ends this process."""
    given = task()
    examples = read_examples(given.examples)
    torch.manual_seed(given.seed)

    def objective(trial: optuna.Trial) -> float:
        settings = ask(given.question, trial)
        reached = 0.0
        for epoch, reached in enumerate(accuracies(given.question, settings, examples), 1):
            say(trial.number, reached)
            trial.report(reached, epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return reached

    study = optuna.create_study(
        direction="maximize",
        sampler=optuna.samplers.TPESampler(seed=given.seed),  # the default one, with a seed
        pruner=optuna.pruners.MedianPruner(),
    )
    study.enqueue_trial(given.question.default())
    study.optimize(objective)


if __name__ == "__main__":
    main()
