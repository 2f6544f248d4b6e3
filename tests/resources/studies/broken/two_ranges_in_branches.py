from nia_optuna import CNN, MLP, SGD, AdamW, Budget, ImageFolder, Recipe, Space, study


@study(dataset="digits")
def broken(space: Space) -> Recipe:
    """What is wrong here?"""
    if space.choice("deep", (False, True), default=False):
        if space.choice("wide", (False, True), default=False):
            width = space.integer("width", 8, 256, default=16)
        else:
            width = space.integer("width", 8, 32, default=16)
        return Recipe(model=MLP(widths=(width, width)), optimizer=SGD(lr=0.1))
    return Recipe(model=MLP(), optimizer=SGD(lr=0.1))
