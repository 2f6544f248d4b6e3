"""One study, with a neighbour, a branch within a branch and a baseline."""

from neighbour import WIDEST

from nia_optuna import MLP, SGD, Budget, Recipe, Space, study


@study(dataset="digits", budget=Budget(trials=4, epochs=2), baselines={"wide": {"width": WIDEST}})
def small(space: Space) -> Recipe:
    """Is wider better?"""
    return Recipe(
        model=MLP(widths=(space.choice("width", (8, 16, WIDEST), default=16),)),
        optimizer=SGD(lr=space.log("lr", 1e-3, 1.0, default=0.1)),
    )
