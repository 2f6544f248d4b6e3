"""Two studies, neither called like the file."""

from nia_optuna import MLP, SGD, Recipe, Space, study


@study(dataset="digits")
def first(space: Space) -> Recipe:
    """Which rate?"""
    return Recipe(model=MLP(), optimizer=SGD(lr=space.log("lr", 1e-3, 1.0, default=0.1)))


@study(dataset="digits")
def second(space: Space) -> Recipe:
    """Which momentum?"""
    momentum = space.uniform("momentum", 0.0, 0.9, default=0.5)
    return Recipe(model=MLP(), optimizer=SGD(lr=0.1, momentum=momentum))
