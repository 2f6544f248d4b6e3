"""A convolutional network that sees only 800 pictures of Fashion-MNIST."""

from nia_optuna import CNN, SGD, Budget, Cosine, Plateau, Recipe, Space, Step, study


@study(
    dataset="fashion_mnist",
    budget=Budget(trials=40, epochs=40, patience=15),
    baselines={"by hand": {"lr": 0.05, "momentum": 0.8, "decay": "none", "batch_size": 64}},
    subset=800,
    augment=("flip",),
)
def fashion_cnn(space: Space) -> Recipe:
    """How well can a CNN tell clothes apart that has seen only 800 of them?"""
    depth = space.integer("depth", 2, 4, default=3)
    width = space.choice("width", (16, 32, 48), default=32)
    return Recipe(
        model=CNN(
            widths=tuple(width * 2 ** min(block, 2) for block in range(depth)),
            activation=space.choice("activation", ("relu", "gelu", "tanh"), default="relu"),
            dropout=space.uniform("dropout", 0.0, 0.6, default=0.2),
            kernel=space.choice("kernel", (3, 5), default=3),
        ),
        optimizer=SGD(
            lr=space.log("lr", 1e-3, 0.5, default=0.05),
            momentum=space.uniform("momentum", 0.0, 0.98, default=0.9),
            l2=space.log("l2", 1e-6, 1e-1, default=5e-4),
        ),
        decay=space.choice(
            "decay",
            ("none", Cosine(), Step(every=10, factor=0.3), Plateau(factor=0.3, patience=4)),
            default=Cosine(),
        ),
        batch_size=space.choice("batch_size", (16, 32, 64), default=64),
    )
