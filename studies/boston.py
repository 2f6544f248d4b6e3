"""Boston Housing: what a decaying learning rate and the batch size do to a small network."""

import math

from nia_optuna import MLP, Adam, Budget, Constant, Exponential, Recipe, Space, study

# The test part's mean squared error that each batch size reached by hand.
BATCHES = {2: 22.47, 4: 19.14, 8: 23.93, 16: 21.63, 32: 25.31, 64: 23.75, 128: 30.69, 256: 129.76}


@study(
    name="boston_decay",
    dataset="boston_housing",
    budget=Budget(trials=40, epochs=50, seeds=20),
    baselines={
        "A: Adam as it comes": {"output": "relu", "decay": False, "lr": 1e-3},
        "B: Adam that decays": {"output": "relu", "lr": 0.02, "rate": 0.05, "start": 10},
    },
    reported={"A: Adam as it comes": 28, "B: Adam that decays": 23},
    validation=0.2,
    repeats=10,
    resplit=True,  # 81 validation rows are too few to choose by: every seed has others
    pruner="none",  # ten seeds a trial cost seconds, and one of them says little
)
def decay(space: Space) -> Recipe:
    """Does a decaying learning rate help a small network to price houses?"""
    decays = space.choice("decay", (False, True), default=True)
    rate = space.log("rate", 0.01, 0.3, default=0.05) if decays else 0.0
    start = space.integer("start", 2, 25, default=10) if decays else 1
    return Recipe(
        model=network(space),
        optimizer=Adam(lr=space.log("lr", 3e-4, 0.1, default=0.01)),
        decay=Exponential(rate, start) if decays else Constant(),
        batch_size=space.choice("batch_size", (8, 16, 32, 64), default=32),
        init="glorot",
    )


@study(
    name="boston_batch_size",
    dataset="boston_housing",
    budget=Budget(trials=40, epochs=17, seeds=20),
    baselines={
        f"batch {n}": {"batch_size": n, "lr": 0.02, "rate": 0.1, "output": "relu"} for n in BATCHES
    },
    reported={f"batch {n}": error for n, error in BATCHES.items()},
    validation=0.2,
    repeats=10,
    resplit=True,  # 81 validation rows are too few to choose by: every seed has others
    pruner="none",  # ten seeds a trial cost seconds, and one of them says little
)
def batch_size(space: Space) -> Recipe:
    """Which batch size prices houses best, where larger ones may train for more epochs?"""
    size = space.choice("batch_size", tuple(BATCHES), default=16)
    return Recipe(
        model=network(space),
        optimizer=Adam(lr=space.log("lr", 3e-4, 0.1, default=0.01)),
        decay=Exponential(rate=space.log("rate", 0.01, 0.5, default=0.1), start=6),
        batch_size=size,
        epochs=math.floor(math.log2(512 * size)),
        init="glorot",
    )


def network(space: Space) -> MLP:
    """By hand there were 16 and 8 units, all rectified, the answer too."""
    width = space.choice("width", (16, 32, 64), default=16)
    return MLP(
        widths=(width, width // 2),
        activation=space.choice("activation", ("relu", "gelu", "tanh"), default="relu"),
        output=space.choice("output", ("relu", "identity"), default="identity"),
    )
