from nia_optuna import CNN, MLP, SGD, AdamW, Budget, ImageFolder, Recipe, Space, study


@study(dataset="digits")
def broken(space: Space) -> Recipe:
    """What is wrong here?"""
    rate = space.log("lr", 1e-3, 1.0, default=3.0)
    return Recipe(model=MLP(), optimizer=SGD(lr=rate))
