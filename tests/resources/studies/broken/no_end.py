from nia_optuna import MLP, SGD, Recipe, Space, study


@study(dataset="digits")
def broken(space: Space) -> Recipe:
    """How many layers?"""
    widths = [16]
    while space.choice(f"layer{len(widths)}", (False, True), default=False):
        widths.append(16)
    return Recipe(MLP(tuple(widths)), SGD(lr=0.1))
