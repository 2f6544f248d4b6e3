"""What stands at a study is neither much nor often asked for: the database has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from optuna.storages import BaseStorage, RDBStorage
from optuna.study import StudyDirection
from optuna.study._frozen import FrozenStudy


class StudyStorage(BaseStorage):
    """The half of an Optuna storage that is about studies, as `database` has it."""

    def __init__(self, database: RDBStorage) -> None:
        self._database = database

    def create_new_study(
        self, directions: Sequence[StudyDirection], study_name: str | None = None
    ) -> int:
        """Make a study; return its id."""
        return self._database.create_new_study(directions, study_name)

    def delete_study(self, study_id: int) -> None:
        """Take a study away with everything in it."""
        self._database.delete_study(study_id)

    def set_study_user_attr(self, study_id: int, key: str, value: Any) -> None:  # noqa: ANN401
        """Set a user attribute of a study."""
        self._database.set_study_user_attr(study_id, key, value)

    def set_study_system_attr(self, study_id: int, key: str, value: Any) -> None:  # noqa: ANN401
        """Set a system attribute of a study."""
        self._database.set_study_system_attr(study_id, key, value)

    def get_study_id_from_name(self, study_name: str) -> int:
        """Return the id of a study."""
        return self._database.get_study_id_from_name(study_name)

    def get_study_name_from_id(self, study_id: int) -> str:
        """Return the name of a study."""
        return self._database.get_study_name_from_id(study_id)

    def get_study_directions(self, study_id: int) -> list[StudyDirection]:
        """Return what a study does with its values."""
        return self._database.get_study_directions(study_id)

    def get_study_user_attrs(self, study_id: int) -> dict[str, Any]:
        """Return the user attributes of a study."""
        return self._database.get_study_user_attrs(study_id)

    def get_study_system_attrs(self, study_id: int) -> dict[str, Any]:
        """Return the system attributes of a study."""
        return self._database.get_study_system_attrs(study_id)

    def get_all_studies(self) -> list[FrozenStudy]:
        """Return all studies in the database."""
        return self._database.get_all_studies()
