"""The tables beside Optuna's in which coordinators that share a study say what they have."""

from optuna.storages._rdb import models
from sqlalchemy import Column, DateTime, ForeignKey, MetaData, String, Table

TABLES = MetaData()
COORDINATORS = Table(
    "nia_optuna_coordinators",
    TABLES,
    Column("owner", String(36), primary_key=True),
    Column(
        "study_id",
        ForeignKey(models.StudyModel.study_id, ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("expires", DateTime(timezone=True), nullable=False),
)
CLAIMS = Table(
    "nia_optuna_claims",
    TABLES,
    Column(
        "trial_id",
        ForeignKey(models.TrialModel.trial_id, ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column(
        "owner",
        ForeignKey(COORDINATORS.c.owner, ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
)
STAGES = Table(
    "nia_optuna_stages",
    TABLES,
    Column(
        "study_id",
        ForeignKey(models.StudyModel.study_id, ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column(
        "owner",
        ForeignKey(COORDINATORS.c.owner, ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
)
SEARCHES = Table(
    "nia_optuna_searches",
    TABLES,
    Column("owner", ForeignKey(COORDINATORS.c.owner, ondelete="CASCADE"), primary_key=True),
)
