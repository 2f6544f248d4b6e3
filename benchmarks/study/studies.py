"""The two questions as nia-optuna's study files ask them; a test holds them against `space.py`."""

from nia_optuna import CNN, MLP, SGD, Adam, Budget, Optimizer, Recipe, Space, study


@study(dataset="mnist", subset=55_000, validation=5_000, budget=Budget(epochs=10, finalists=0))
def mnist_mlp(space: Space) -> Recipe:
    """Which small multilayer perceptron reads digits best?"""
    layers = space.integer("layers", 1, 3, default=1)
    width = space.choice("width", (32, 64, 128), default=128)
    return Recipe(
        model=MLP(
            widths=(width,) * layers,
            dropout=space.uniform("dropout", 0.0, 0.6, default=0.0),
            batch_norm=space.choice("batch_norm", (False, True), default=False),
        ),
        batch_size=space.choice("batch_size", (64, 128, 256, 512), default=128),
        optimizer=space.one_of("optimizer", sgd, adam, default=adam),
    )


@study(dataset="cifar10", subset=10_000, validation=2_500, budget=Budget(epochs=6, finalists=0))
def cifar_cnn(space: Space) -> Recipe:
    """Which convolutional network of four blocks learns most from 10,000 pictures?"""
    width = space.choice("width", (6, 8, 12), default=8)
    dropout = space.uniform("dropout", 0.0, 0.5, default=0.2)
    hidden = space.choice("hidden", (0, 128, 512), default=128)
    return Recipe(
        model=CNN(
            widths=(width, 2 * width, 4 * width, 8 * width),
            dropout=dropout,
            hidden=(hidden,) if hidden else (),
            hidden_dropout=dropout if hidden else 0.0,
            batch_norm=space.choice("batch_norm", (False, True), default=False),
        ),
        batch_size=space.choice("batch_size", (32, 64, 128, 256), default=128),
        optimizer=space.one_of("optimizer", sgd, adam, default=adam),
    )


def sgd(space: Space) -> Optimizer:
    return SGD(lr=space.log("lr", 1e-3, 0.3, default=0.03), momentum=0.9, nesterov=True)


def adam(space: Space) -> Optimizer:
    return Adam(lr=space.log("lr", 1e-4, 1e-2, default=1e-3))
