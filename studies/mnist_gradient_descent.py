"""Learning rate, width and kind of gradient descent, all 27 combinations of them."""

from nia_optuna import MLP, SGD, Budget, Recipe, Space, study


@study(
    dataset="mnist",
    budget=Budget(trials=27, epochs=8, finalists=2),
    sampler="grid",
    pruner="none",
    subset=6000,
    normalise=(0, 1),
)
def mnist_gradient_descent(space: Space) -> Recipe:
    """How do width, learning rate and the size of a batch play together in gradient descent?"""
    width = space.choice("width", (25, 50, 100), default=50)
    return Recipe(
        model=MLP(widths=(784, width), activation="sigmoid"),
        optimizer=SGD(lr=space.choice("lr", (10.0, 1.0, 0.01), default=1.0)),
        # One picture, some pictures, or all of them a step.
        batch_size=space.choice("batch_size", (1, 64, None), default=64),
    )
