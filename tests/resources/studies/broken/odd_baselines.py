from nia_optuna import CNN, MLP, SGD, AdamW, Budget, ImageFolder, Recipe, Space, study


@study(dataset="digits", baselines=["mine"])
def broken(space: Space) -> Recipe:
    """What is wrong here?"""
    return Recipe(model=MLP(), optimizer=SGD(lr=space.log("lr", 1e-3, 1.0, default=0.1)))
