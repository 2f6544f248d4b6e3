"""How much a study may spend."""

from __future__ import annotations

from dataclasses import dataclass

from nia_optuna.numbers import finite, positive, whole


@dataclass(frozen=True)
class Budget:
    """How much a study may spend.

    `trials` is the total of finished trials, complete and pruned together; `epochs` the most a
    trial trains; `timeout` seconds for the search; `patience` epochs without a better validation
    metric before a training stops early; `target` the validation metric that ends a training as
    soon as it is reached. After the search the `finalists` best configurations and the baseline
    are trained again with `seeds` fresh seeds each.
    """

    trials: int = 50
    epochs: int = 9
    timeout: float | None = None
    patience: int | None = None
    target: float | None = None
    finalists: int = 3
    seeds: int = 3

    def __post_init__(self) -> None:
        whole("trials", self.trials)
        whole("epochs", self.epochs)
        if self.timeout is not None:
            positive("timeout", self.timeout)
        if self.patience is not None:
            whole("patience", self.patience)
        if self.target is not None:
            finite("target", self.target)
        whole("finalists", self.finalists, at_least=0)
        whole("seeds", self.seeds)
