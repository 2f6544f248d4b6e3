"""A study whose storage is filled with very many trials; each of them uses eight parameters."""

from nia_optuna import MLP, SGD, Adam, Budget, Optimizer, Recipe, Space, Synthetic, study


@study(
    dataset=Synthetic(shape=(1, 6, 6), classes=3, train=300, test=90),
    budget=Budget(trials=10_000, epochs=20, finalists=2, seeds=2),
)
def many(space: Space) -> Recipe:
    """Which small perceptron tells three patterns apart?"""
    return Recipe(
        model=MLP(
            widths=(space.choice("width", (8, 16), default=16),),
            activation=space.choice("activation", ("relu", "gelu"), default="relu"),
            dropout=space.uniform("dropout", 0.0, 0.5, default=0.1),
        ),
        optimizer=space.one_of("optimizer", sgd, adam),
        decay=space.choice("decay", ("none", "cosine"), default="none"),
        batch_size=space.choice("batch_size", (32, 64), default=64),
    )


def sgd(space: Space) -> Optimizer:
    return SGD(
        lr=space.log("lr", 1e-3, 1.0, default=0.1), l2=space.log("l2", 1e-6, 1e-2, default=5e-4)
    )


def adam(space: Space) -> Optimizer:
    return Adam(
        lr=space.log("lr", 1e-5, 1e-1, default=1e-3), l2=space.log("l2", 1e-6, 1e-2, default=1e-4)
    )
