"""Inception, residual or plain blocks on 800 pictures of Fashion-MNIST."""

from nia_optuna import CNN, SGD, Architecture, Budget, Inception, Recipe, ResNet, Space, study

# By hand: 100 epochs of SGD at 0.05 with momentum 0.8, batches of 64.
BY_HAND = {
    "inception": Recipe(Inception(), SGD(lr=0.05, momentum=0.8), batch_size=64),
    "resnet": Recipe(ResNet(), SGD(lr=0.05, momentum=0.8), batch_size=64),
}


@study(
    dataset="fashion_mnist",
    budget=Budget(trials=24, epochs=100, finalists=2),
    baselines=BY_HAND,
    reported={"inception": 0.758, "resnet": 0.800},
    subset=800,
    validation=1000,
)
def fashion_blocks(space: Space) -> Recipe:
    """Which blocks tell clothes apart best that have seen only 800 of them, in forty epochs?"""
    return Recipe(
        model=space.one_of("network", residual, plain, inception),
        optimizer=SGD(
            lr=space.log("lr", 5e-3, 0.5, default=0.05),
            momentum=space.uniform("momentum", 0.5, 0.95, default=0.8),
            l2=space.log("l2", 1e-5, 1e-1, default=5e-3),
        ),
        decay="cosine",
        batch_size=space.choice("batch_size", (16, 32, 64), default=32),
        epochs=40,
        augment=space.choice("augment", ((), ("flip",), ("flip", "crop")), default=("flip",)),
    )


def residual(space: Space) -> Architecture:
    width = space.choice("width", (16, 32), default=32)
    return ResNet((width, 2 * width, 4 * width), batch_norm=True)


def plain(space: Space) -> Architecture:
    width = space.choice("width", (16, 32), default=16)
    return CNN((width, 2 * width, 4 * width), dropout=space.uniform("dropout", 0, 0.5, default=0.2))


def inception(space: Space) -> Architecture:
    narrow = space.choice("narrow", (8, 16), default=8)
    return Inception(((narrow,) * 6, (2 * narrow,) * 6), batch_norm=True)
