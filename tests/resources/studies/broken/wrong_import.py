from nia_optuna import Recipy
