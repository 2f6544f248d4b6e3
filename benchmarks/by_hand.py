"""What settings found by hand reach when they are trained as their authors trained them.

A report holds an author's figure beside ours, but our trainings learn without the validation
examples and keep the epoch that was best on those. An author without a validation part learned from
the whole training part and kept the epoch that was best on the test part. This trains the settings
that way, once each, so that a gap is explained by the way of measuring or is a gap of ours:

    python benchmarks/by_hand.py studies/lenet.py:cifar10

It writes `by_hand.md` beside itself; the column "confirmed" is read from `reports/`.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from nia_optuna.data import Splits, View, default_data_dir, open_data, silent, split
from nia_optuna.load import load
from nia_optuna.recipe import Recipe
from nia_optuna.search.environment import environment
from nia_optuna.study import Study
from nia_optuna.training.device import Device
from nia_optuna.training.fit import fit
from nia_optuna.training.training import Training

HERE = Path(__file__).parent
CPU = Device("cpu")
SEED = 1


def as_by_hand(study: Study) -> Splits:
    """Return the splits of an author who learns from all and chooses by the test part."""
    data = open_data(study.dataset, default_data_dir(), silent)
    splits = split(
        data,
        validation=study.validation,
        subset=study.subset,
        seed=study.seed,
        normalise=study.normalise,
    )
    return replace(
        splits, train=View(data.train, np.arange(len(data.train))), validation=splits.test
    )


def reached(study: Study, recipe: Recipe, splits: Splits) -> tuple[float, int]:
    """Return the best test metric over the epochs of one training, and in which epoch."""
    training = Training(
        recipe,
        study.epochs(recipe),
        loss=study.loss,
        metric=study.metric,
        augment=study.augment if recipe.augment is None else recipe.augment,
    )
    epochs = fit(training, splits, seed=SEED, device=CPU)
    while True:
        try:
            epoch = next(epochs)
            print(f"  epoch {epoch.number}: {epoch.metric(study.metric):.4f}", file=sys.stderr)
        except StopIteration as end:
            best = end.value.best
            return best.metric(study.metric), best.number


def confirmed(study: Study, name: str) -> str:
    """Return what a report says the baseline reached on the test part with fresh seeds."""
    file = HERE.parent / "reports" / study.name / "summary.json"
    if not file.is_file():
        return "—"
    baselines = json.loads(file.read_text(encoding="utf-8"))["baselines"]
    known = {each["name"]: each.get("confirmed") for each in baselines}
    test = (known.get(name) or {}).get("test")
    return "—" if test is None else f"{test['mean']:.2%}"


def rows(study: Study) -> list[str]:
    """Return a row a baseline whose author reported a figure."""
    splits = as_by_hand(study)
    made = []
    for name, figure in study.reported.items():
        given = study.baselines[name]
        recipe = given if isinstance(given, Recipe) else study.recipe(given)
        print(f"{study.name}, {name}", file=sys.stderr)
        best, epoch = reached(study, recipe, splits)
        cells = [
            study.name,
            name,
            f"{figure:.2%}",
            f"{best:.2%}",
            f"{epoch} of {study.epochs(recipe)}",
            confirmed(study, name),
        ]
        made.append(f"| {' | '.join(cells)} |")
    return made


def main(files: list[str]) -> None:
    """Train every reported baseline of the studies and write the table."""
    table = [row for file in files for row in rows(load(file))]
    machine = environment(CPU)
    text = [
        "# Settings found by hand, trained as by hand",
        "",
        'Written by `python benchmarks/by_hand.py`. "As by hand": one training on the whole',
        'training part, the epoch chosen on the test part. "Confirmed": as the reports measure it,',
        "without the validation examples, the epoch chosen on those, mean over fresh seeds.",
        "",
        "| study | baseline | reported | as by hand | in epoch | confirmed |",
        "|:--|:--|--:|--:|--:|--:|",
        *table,
        "",
        f"{machine['cpu']}, torch {machine['torch']}, {machine['precision']}, seed {SEED}.",
        "",
    ]
    (HERE / "by_hand.md").write_text("\n".join(text), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
