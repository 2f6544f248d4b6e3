from nia_optuna import CNN, MLP, SGD, AdamW, Budget, ImageFolder, Recipe, Space, study


@study(dataset="digits")
def broken(space: Space) -> Recipe:
    """What is wrong here?"""
    return Recipe(model=MLP(), optimizer=SGD(lr=0.1))
