"""Learning rate, width and kind of gradient descent, all 27 combinations of them."""

from nia_optuna import MLP, SGD, Budget, Recipe, Space, study

# One picture, some, or all of them a step; the more there are to a step, the more epochs fit.
EPOCHS = {1: 5, 64: 20, None: 100}


@study(
    dataset="mnist",
    budget=Budget(trials=27, epochs=100, finalists=2),
    sampler="grid",
    pruner="none",
    subset=6000,
    validation=1000,
    normalise=(0, 1),
)
def mnist_gradient_descent(space: Space) -> Recipe:
    """How do width, learning rate and the size of a batch play together in gradient descent?"""
    batch_size = space.choice("batch_size", tuple(EPOCHS), default=64)
    return Recipe(
        model=MLP((784, space.choice("width", (25, 50, 100), default=50)), activation="sigmoid"),
        optimizer=SGD(lr=space.choice("lr", (10.0, 1.0, 0.01), default=1.0)),
        batch_size=batch_size,
        epochs=EPOCHS[batch_size],
    )
