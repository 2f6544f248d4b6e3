"""Ray Tune: ASHA and OptunaSearch, two trials at a time on a core each, the tutorials' loop."""

from __future__ import annotations

from functools import partial
from typing import Any

import ray
import torch
from ray import tune
from ray.tune.schedulers import ASHAScheduler
from ray.tune.search.optuna import OptunaSearch

from benchmarks.study.ask import ask
from benchmarks.study.examples import Examples, read_examples
from benchmarks.study.loop import accuracies
from benchmarks.study.peer import say, task
from benchmarks.study.space import Question

WORKERS = 2
GRACE_PERIOD = 2  # epochs before ASHA may stop a trial
REDUCTION = 3


class Told(tune.Callback):
    """Says every epoch that reaches the driver."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def on_trial_result(
        self,
        iteration: int,  # noqa: ARG002  # Ray's signature
        trials: list[Any],  # noqa: ARG002
        trial: Any,  # noqa: ANN401
        result: dict[str, Any],
        **info: object,  # noqa: ARG002
    ) -> None:
        """Say the epoch; trials are numbered in the order of their first ones."""
        number = self._numbers.setdefault(trial.trial_id, len(self._numbers))
        say(number, result["accuracy"])


def train(config: dict[str, Any], *, question: Question, examples: Examples, seed: int) -> None:
    """Train one trial in a worker, whose threads Ray has set to its one core."""
    torch.manual_seed(seed)
    for reached in accuracies(question, config, examples):
        tune.report({"accuracy": reached})


def main() -> None:
    """Search until somebody ends this process."""
    given = task()
    question = given.question
    ray.init(num_cpus=WORKERS, include_dashboard=False, log_to_driver=False)
    trainable = tune.with_parameters(
        train, question=question, examples=read_examples(given.examples), seed=given.seed
    )
    tuner = tune.Tuner(
        tune.with_resources(trainable, {"cpu": 1}),
        tune_config=tune.TuneConfig(
            metric="accuracy",
            mode="max",
            search_alg=OptunaSearch(
                space=partial(ask, question),
                metric="accuracy",
                mode="max",
                points_to_evaluate=[question.default()],
                seed=given.seed,
            ),
            scheduler=ASHAScheduler(
                max_t=question.epochs, grace_period=GRACE_PERIOD, reduction_factor=REDUCTION
            ),
            num_samples=-1,
            max_concurrent_trials=WORKERS,
            reuse_actors=True,  # a worker imports torch once, not once a trial
        ),
        run_config=tune.RunConfig(storage_path=str(given.scratch), callbacks=[Told()], verbose=0),
    )
    tuner.fit()


if __name__ == "__main__":
    main()
