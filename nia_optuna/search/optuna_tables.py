"""The tables that Optuna makes in any database, by their names. Imports no torch."""

from optuna.storages._rdb import models

# Holds the version of the tables, and is written last.
STAMP = "alembic_version"
STAMPED = f"SELECT 1 FROM {STAMP}"  # noqa: S608  # no text of a user's
# All of them, and those that are in every version.
OURS = frozenset((*models.BaseModel.metadata.tables, STAMP))
ALWAYS = frozenset(("version_info", STAMP, "studies", "trials"))
