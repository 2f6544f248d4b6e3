from nia_optuna import CNN, MLP, SGD, AdamW, Budget, ImageFolder, Recipe, Space, study


def plain(space: Space) -> MLP:
    return MLP()


def own(space: Space) -> MLP:
    class Inner(MLP):
        pass

    return Inner()


@study(dataset="digits")
def broken(space: Space) -> Recipe:
    """What is wrong here?"""
    return Recipe(
        model=space.one_of("model", plain, own),
        optimizer=SGD(lr=space.log("lr", 1e-3, 1.0, default=0.1)),
    )
