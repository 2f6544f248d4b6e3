from nia_optuna import CNN, MLP, SGD, AdamW, Budget, ImageFolder, Recipe, Space, study


@study(dataset="digits")
def broken(space: Space) -> Recipe:
    """What is wrong here?"""
    rate = space.uniform("lr", 0.0, 1.0, default=0.1)
    return Recipe(model=MLP(), optimizer=SGD(lr=rate))
