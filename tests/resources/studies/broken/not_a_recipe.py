from nia_optuna import CNN, MLP, SGD, AdamW, Budget, ImageFolder, Recipe, Space, study


@study(dataset="digits")
def broken(space: Space) -> Recipe:
    """What is wrong here?"""
    return MLP(widths=(space.integer("width", 8, 32, default=16),))
