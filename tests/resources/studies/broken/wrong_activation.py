from nia_optuna import CNN, MLP, SGD, AdamW, Budget, ImageFolder, Recipe, Space, study


@study(dataset="digits")
def broken(space: Space) -> Recipe:
    """What is wrong here?"""
    activation = space.choice("activation", ("relu", "rellu"), default="relu")
    return Recipe(model=MLP(activation=activation), optimizer=SGD(lr=0.1))
