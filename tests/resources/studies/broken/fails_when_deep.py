from nia_optuna import CNN, MLP, SGD, AdamW, Budget, ImageFolder, Recipe, Space, study


@study(dataset="digits")
def broken(space: Space) -> Recipe:
    """What is wrong here?"""
    depth = space.integer("depth", 1, 4, default=1)
    ratio = 1 / (4 - depth)
    return Recipe(model=MLP(dropout=ratio / 4), optimizer=SGD(lr=0.1))
