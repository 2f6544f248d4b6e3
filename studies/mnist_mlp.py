"""A multilayer perceptron on MNIST, against five that were tuned one change at a time."""

from nia_optuna import MLP, SGD, Adam, Budget, Exponential, Optimizer, Recipe, RMSprop, Space, study

# A chain of changes by hand, one at a time, in batches of 256. The learning rate of its SGD and
# the number of epochs were not written down: 0.1 and 10 are ours.
BY_HAND = {
    "layers": 1,
    "width": 128,
    "dropout": 0.0,
    "batch_norm": False,
    "optimizer": "adam",
    "decay": "none",
    "batch_size": 256,
    "epochs": 10,
}
CHAIN = {
    "sgd, sigmoid, 128": {**BY_HAND, "optimizer": "sgd", "sgd.lr": 0.1, "activation": "sigmoid"},
    "adam": {**BY_HAND, "activation": "sigmoid"},
    "relu": BY_HAND,
    "256 units": {**BY_HAND, "width": 256},
    "two layers": {**BY_HAND, "width": 256, "layers": 2},
}
REPORTED = (0.9157, 0.9619, 0.9741, 0.9776, 0.9790)


@study(
    dataset="mnist",
    budget=Budget(trials=30, epochs=20, finalists=2),
    baselines=CHAIN,
    reported=dict(zip(CHAIN, REPORTED, strict=True)),
)
def mnist_mlp(space: Space) -> Recipe:
    """Which multilayer perceptron reads MNIST best, and does it beat five hand-made ones?"""
    layers = space.integer("layers", 1, 3, default=2)
    width = space.choice("width", (128, 256, 512, 1024), default=1024)
    return Recipe(
        model=MLP(
            widths=(width,) * layers,
            activation=space.choice("activation", ("sigmoid", "relu", "gelu"), default="relu"),
            dropout=space.uniform("dropout", 0.0, 0.6, default=0.4),
            batch_norm=space.choice("batch_norm", (False, True), default=True),
        ),
        optimizer=space.one_of("optimizer", sgd, adam, rmsprop),
        decay=space.choice(
            "decay",
            ("none", "cosine", "step", Exponential(rate=0.1, start=3)),
            default="cosine",
        ),
        batch_size=space.choice("batch_size", (64, 128, 256, 512), default=128),
        epochs=space.choice("epochs", (10, 20), default=20),
        augment=space.choice("augment", ((), ("crop",)), default=()),
    )


def sgd(space: Space) -> Optimizer:
    return SGD(lr=space.log("lr", 1e-2, 1.0, default=0.3))


def adam(space: Space) -> Optimizer:
    return Adam(lr=space.log("lr", 1e-4, 1e-2, default=1e-3))


def rmsprop(space: Space) -> Optimizer:
    return RMSprop(lr=space.log("lr", 1e-4, 1e-2, default=1e-3))
