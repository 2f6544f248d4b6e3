from nia_optuna import Recipe, Space, study

import no_such_library
