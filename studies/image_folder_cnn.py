"""CIFAR-10 as a folder of pictures in four shards: merged, or one after the other?

The folder is made by

    nia-optuna data cifar10 --export data/cifar10 --shards 4 --validation 10000
"""

from nia_optuna import CNN, AdamW, Budget, ImageFolder, Recipe, Space, study

FOLDER = "data/cifar10"


@study(
    name="image_folder_merged",
    dataset=ImageFolder(FOLDER, shards="merged"),
    budget=Budget(trials=6, epochs=5, finalists=1),
    validation="own",
)
def merged(space: Space) -> Recipe:
    """How well does a small CNN learn pictures from four folders that are shuffled together?"""
    return network(space)


@study(
    name="image_folder_in_turn",
    dataset=ImageFolder(FOLDER, shards="in turn"),
    budget=Budget(trials=6, epochs=5, finalists=1),
    validation="own",
)
def in_turn(space: Space) -> Recipe:
    """How well does it learn when every epoch goes through the four folders in turn?"""
    return network(space)


def network(space: Space) -> Recipe:
    return Recipe(
        model=CNN(widths=(12, 24, 48), dropout=space.uniform("dropout", 0.0, 0.4, default=0.1)),
        optimizer=AdamW(lr=space.log("lr", 3e-4, 1e-2, default=2e-3)),
        decay="cosine",
        batch_size=128,
    )
