from nia_optuna import CNN, MLP, SGD, AdamW, Budget, ImageFolder, Recipe, Space, study


@study(dataset="digits", baselines={"mine": {"optimizer": "sgd", "adamw.lr": 0.01}})
def broken(space: Space) -> Recipe:
    """What is wrong here?"""
    def sgd(space: Space) -> SGD:
        return SGD(lr=space.log("lr", 1e-3, 1.0, default=0.1))

    def adamw(space: Space) -> AdamW:
        return AdamW(lr=space.log("lr", 1e-4, 1e-1, default=1e-3))

    return Recipe(model=MLP(), optimizer=space.one_of("optimizer", sgd, adamw))
