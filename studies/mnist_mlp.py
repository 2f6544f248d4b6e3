"""A multilayer perceptron on MNIST, against five that were tuned one change at a time."""

from nia_optuna import MLP, SGD, Adam, Budget, Exponential, Optimizer, Recipe, RMSprop, Space, study

# A chain of hand-made changes. The learning rate of its SGD was not written down: 0.1 is ours.
ONE_CHANGE_AT_A_TIME = {
    "sgd, sigmoid, 128": {"optimizer": "sgd", "activation": "sigmoid", "layers": 1, "width": 128},
    "adam": {"optimizer": "adam", "activation": "sigmoid", "layers": 1, "width": 128},
    "relu": {"optimizer": "adam", "activation": "relu", "layers": 1, "width": 128},
    "256 units": {"optimizer": "adam", "activation": "relu", "layers": 1, "width": 256},
    "two layers": {"optimizer": "adam", "activation": "relu", "layers": 2, "width": 256},
}


REPORTED = (0.9157, 0.9619, 0.9741, 0.9776, 0.9790)


@study(
    dataset="mnist",
    budget=Budget(trials=40, epochs=20),
    baselines=ONE_CHANGE_AT_A_TIME,
    reported=dict(zip(ONE_CHANGE_AT_A_TIME, REPORTED, strict=True)),
)
def mnist_mlp(space: Space) -> Recipe:
    """Which multilayer perceptron reads MNIST best, and does it beat five hand-made ones?"""
    layers = space.integer("layers", 1, 3, default=2)
    width = space.choice("width", (128, 256, 512, 1024), default=512)
    return Recipe(
        model=MLP(
            widths=(width,) * layers,
            activation=space.choice("activation", ("sigmoid", "relu", "gelu"), default="relu"),
            dropout=space.uniform("dropout", 0.0, 0.6, default=0.0),
            batch_norm=space.choice("batch_norm", (False, True), default=False),
        ),
        optimizer=space.one_of("optimizer", sgd, adam, rmsprop, default=adam),
        decay=space.choice(
            "decay",
            ("none", "cosine", "step", Exponential(rate=0.1, start=3)),
            default="none",
        ),
        batch_size=space.choice("batch_size", (64, 128, 256, 512), default=256),
        epochs=space.choice("epochs", (10, 20), default=10),
        augment=space.choice("augment", ((), ("crop",)), default=()),
    )


def sgd(space: Space) -> Optimizer:
    return SGD(lr=space.log("lr", 1e-2, 1.0, default=0.1), momentum=0.0)


def adam(space: Space) -> Optimizer:
    return Adam(lr=space.log("lr", 1e-4, 1e-2, default=1e-3))


def rmsprop(space: Space) -> Optimizer:
    return RMSprop(lr=space.log("lr", 1e-4, 1e-2, default=1e-3))
