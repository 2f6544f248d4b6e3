"""A multilayer perceptron on scikit-learn's 1,797 digits: no download, done in a minute."""

from nia_optuna import MLP, SGD, AdamW, Budget, Cosine, Optimizer, Recipe, Space, study


@study(dataset="digits", budget=Budget(trials=30, epochs=12), validation=0.2)
def digits_mlp(space: Space) -> Recipe:
    """How far does a multilayer perceptron get on small digits in twelve epochs?"""
    layers = space.integer("layers", 1, 3, default=1)
    width = space.integer("width", 16, 256, default=64, log=True)
    return Recipe(
        model=MLP(
            widths=(width,) * layers,
            activation=space.choice("activation", ("relu", "gelu", "tanh"), default="relu"),
            dropout=space.uniform("dropout", 0.0, 0.5, default=0.0),
        ),
        optimizer=space.one_of("optimizer", sgd, adamw),
        decay=Cosine(),
        batch_size=space.choice("batch_size", (32, 64, 128), default=32),
    )


def sgd(space: Space) -> Optimizer:
    return SGD(lr=space.log("lr", 1e-3, 1.0, default=0.1), momentum=0.9)


def adamw(space: Space) -> Optimizer:
    return AdamW(lr=space.log("lr", 1e-4, 3e-2, default=1e-3))
