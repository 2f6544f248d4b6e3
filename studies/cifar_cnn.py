"""A plain convolutional network on CIFAR-10: the study to begin with."""

from nia_optuna import CNN, SGD, Adam, AdamW, Budget, Optimizer, Plateau, Recipe, Space, study

# The best of ten trainings by hand, in Keras: its l2(0.001) is 0.002 here, its weights Glorot's.
BY_HAND = Recipe(
    model=CNN(
        widths=(32, 64, 128, 256),
        dropout=(0.3, 0.4, 0.4, 0.4),
        hidden=(512,),
        hidden_dropout=0.5,
        norm_before_pool=True,
    ),
    optimizer=Adam(lr=1e-3, l2=2e-3),
    decay=Plateau(factor=0.1, patience=5, floor=1e-6),
    batch_size=32,
    augment=(),
    init="glorot",
)


@study(
    dataset="cifar10",
    budget=Budget(trials=50, epochs=6),
    baselines={"by hand": BY_HAND},
    reported={"by hand": 0.8439},  # after up to 100 epochs
    augment=("flip",),
)
def cifar_cnn(space: Space) -> Recipe:
    """Which plain CNN learns CIFAR-10 best in six epochs, and what mattered?"""
    depth = space.integer("depth", 2, 4, default=4)
    width = space.choice("width", (6, 8, 12), default=12)
    hidden = space.choice("hidden", (0, 128, 512), default=0)
    return Recipe(
        model=CNN(
            widths=tuple(width * 2**block for block in range(depth)),
            activation=space.choice("activation", ("relu", "gelu", "silu", "tanh"), default="relu"),
            dropout=space.uniform("dropout", 0.0, 0.5, default=0.1),
            hidden=(hidden,) if hidden else (),
            hidden_dropout=space.uniform("hidden_dropout", 0.0, 0.6, default=0.3) if hidden else 0,
        ),
        optimizer=space.one_of("optimizer", sgd, adam, adamw),
        decay=space.choice(
            "decay", ("none", "step", "exponential", "cosine", "plateau"), default="cosine"
        ),
        batch_size=space.choice("batch_size", (32, 64, 128, 256, 512), default=128),
    )


def sgd(space: Space) -> Optimizer:
    return SGD(
        lr=space.log("lr", 1e-3, 1.0, default=0.05),
        momentum=space.uniform("momentum", 0.5, 0.98, default=0.9),
        nesterov=True,
        l2=space.log("l2", 1e-6, 1e-2, default=5e-4),
    )


def adam(space: Space) -> Optimizer:
    return Adam(
        lr=space.log("lr", 1e-5, 1e-2, default=1e-3),
        l2=space.log("l2", 1e-6, 1e-2, default=1e-4),
    )


def adamw(space: Space) -> Optimizer:
    return AdamW(
        lr=space.log("lr", 1e-5, 1e-2, default=1e-3),
        l2=space.log("l2", 1e-5, 1.0, default=1e-2),
    )
