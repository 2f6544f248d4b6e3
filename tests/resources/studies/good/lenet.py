"""Three studies: one is called like the file, one is renamed."""

from nia_optuna import MLP, SGD, Recipe, Space, study


def perceptron(space: Space) -> Recipe:
    return Recipe(
        model=MLP(widths=(space.integer("width", 8, 32, default=16),)), optimizer=SGD(lr=0.1)
    )


@study(dataset="digits")
def lenet(space: Space) -> Recipe:
    """Which width?"""
    return perceptron(space)


@study(dataset="mnist")
def mnist(space: Space) -> Recipe:
    """Which width on MNIST?"""
    return perceptron(space)


@study(dataset="fashion_mnist", name="clothes-v2")
def clothes(space: Space) -> Recipe:
    """Which width on clothes?"""
    return perceptron(space)
