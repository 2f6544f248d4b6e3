"""The study of the soak: epochs of some tens of milliseconds, trials of a second or so."""

from nia_optuna import MLP, SGD, Adam, Budget, Optimizer, Recipe, Space, Synthetic, study


@study(
    dataset=Synthetic(shape=(1, 8, 8), classes=5, train=3000, test=500, noise=0.8),
    budget=Budget(trials=14, epochs=12, finalists=2, seeds=2),
    baselines={"wide": {"width": 48}},
)
def question(space: Space) -> Recipe:
    """Which small perceptron tells five noisy patterns apart?"""
    return Recipe(
        model=MLP(
            widths=(space.integer("width", 8, 64, default=24),)
            * space.integer("layers", 1, 2, default=1),
            activation=space.choice("activation", ("relu", "tanh"), default="relu"),
        ),
        optimizer=space.one_of("optimizer", sgd, adam),
        batch_size=space.choice("batch_size", (16, 32, 64), default=32),
    )


def sgd(space: Space) -> Optimizer:
    return SGD(lr=space.log("lr", 1e-3, 1.0, default=0.1))


def adam(space: Space) -> Optimizer:
    return Adam(lr=space.log("lr", 1e-4, 3e-2, default=1e-3))
