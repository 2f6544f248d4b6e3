"""LeNet: saturating or rectified units?"""

from nia_optuna import SGD, Adam, Budget, LeNet, Optimizer, Recipe, Resized, Space, study

# By hand: plain SGD at 0.1, 20 epochs, batches of 64, and one of two kinds of unit.
BY_HAND = {
    "sigmoid and tanh": Recipe(LeNet("sigmoid", "tanh"), SGD(lr=0.1), batch_size=64),
    "relu": Recipe(LeNet("relu", "relu"), SGD(lr=0.1), batch_size=64),
}


@study(
    name="lenet_mnist",
    dataset="mnist",
    budget=Budget(trials=20, epochs=20, finalists=2),
    baselines=BY_HAND,
    reported={"sigmoid and tanh": 0.9847, "relu": 0.9902},
    normalise=(0, 1),
)
def mnist(space: Space) -> Recipe:
    """Saturating or rectified units: which LeNet reads MNIST best in eight epochs?"""
    return lenet(space, epochs=8)


@study(
    name="lenet_cifar10",
    dataset=Resized("cifar10", 28),
    budget=Budget(trials=20, epochs=20, finalists=2),
    baselines=BY_HAND,
    reported={"sigmoid and tanh": 0.5331, "relu": 0.6114},
    normalise=(0.5, 0.5),
)
def cifar10(space: Space) -> Recipe:
    """Saturating or rectified units: which LeNet learns CIFAR-10 best in fifteen epochs?"""
    return lenet(space, epochs=15)


def lenet(space: Space, epochs: int) -> Recipe:
    """The same space for both; `epochs` are fewer than by hand."""
    units = ("sigmoid", "tanh", "relu", "gelu")
    width = space.choice("width", (1, 2), default=1)
    return Recipe(
        model=LeNet(
            activation=space.choice("activation", units, default="relu"),
            head_activation=space.choice("head_activation", units, default="relu"),
            filters=(6 * width, 16 * width),
            pool=space.choice("pool", ("average", "max"), default="average"),
            batch_norm=space.choice("batch_norm", (False, True), default=False),
            dropout=space.uniform("dropout", 0.0, 0.6, default=0.0),
        ),
        optimizer=space.one_of("optimizer", sgd, adam),
        decay=space.choice("decay", ("none", "cosine", "exponential"), default="cosine"),
        batch_size=space.choice("batch_size", (32, 64, 128), default=64),
        epochs=epochs,
    )


def sgd(space: Space) -> Optimizer:
    return SGD(
        lr=space.log("lr", 1e-2, 0.5, default=0.1),
        momentum=space.uniform("momentum", 0.0, 0.95, default=0.0),
        l2=space.log("l2", 1e-6, 1e-2, default=1e-5),
    )


def adam(space: Space) -> Optimizer:
    return Adam(lr=space.log("lr", 1e-4, 1e-2, default=1e-3))
