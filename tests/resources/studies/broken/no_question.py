from nia_optuna import MLP, SGD, Recipe, Space, study


@study(dataset="digits")
def broken(space: Space) -> Recipe:
    return Recipe(model=MLP(), optimizer=SGD(lr=space.log("lr", 1e-3, 1.0, default=0.1)))
