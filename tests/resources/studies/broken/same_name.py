from nia_optuna import MLP, SGD, Recipe, Space, study


@study(dataset="digits", name="same")
def one(space: Space) -> Recipe:
    """Which rate?"""
    return Recipe(model=MLP(), optimizer=SGD(lr=space.log("lr", 1e-3, 1.0, default=0.1)))


@study(dataset="digits", name="same")
def other(space: Space) -> Recipe:
    """Which rate?"""
    return Recipe(model=MLP(), optimizer=SGD(lr=space.log("lr", 1e-3, 1.0, default=0.1)))
