"""Whether the defaults and the baselines fit their data: found out before anything is trained."""

from __future__ import annotations

from nia_optuna.architectures.plain import plain
from nia_optuna.data import Splits
from nia_optuna.recipe import Recipe
from nia_optuna.search.failure import reason
from nia_optuna.settings import StudyError
from nia_optuna.study import Study

PICTURE = 3  # dimensions: channels, height, width


def check_feasible(study: Study, splits: Splits) -> None:
    """Build the network of the defaults and of every baseline, and show each two blank examples.

    What only some draws of the space ask for is found out when they are trained, and so is what a
    network of the user's own does: it may end the process it runs in, which must not be this one.
    Raises StudyError in one line.
    """
    named = {"the defaults": study.recipe({})}
    for name, given in study.baselines.items():
        recipe = given if isinstance(given, Recipe) else study.recipe(given)
        named[f"baseline {name!r}"] = recipe
    for who, recipe in named.items():
        if plain(recipe.model) is None:
            continue
        try:
            _try(recipe, splits)
        except (ValueError, RuntimeError) as error:
            raise StudyError(f"{who} cannot be trained on these data: {reason(error)}") from error


def _try(recipe: Recipe, splits: Splits) -> None:
    import torch

    if recipe.augment and len(splits.shape) != PICTURE:
        raise ValueError(f"augment={recipe.augment!r} changes pictures; these are rows of numbers")
    count = min(recipe.batch_size or 2, 2)  # batch norm needs two, and a batch may be one
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        model = recipe.model.build(splits.shape, splits.outputs).train()
        scores = model(torch.zeros(count, *splits.shape))
    if scores.shape != (count, splits.outputs):
        raise ValueError(
            f"the network gives scores of shape {tuple(scores.shape)} for {count} examples, "
            f"not {(count, splits.outputs)}"
        )
