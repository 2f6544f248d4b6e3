from nia_optuna import Recipe, Space, study


@study(dataset="digits")
def broken(space: Space) -> Recipe
    """Where is the colon?"""
