from nia_optuna import Recipe, Space


def forgot_the_decorator(space: Space) -> Recipe: ...
