"""What a coordinator asks about others where there are none."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext


class Lone:
    """The answers of one that has a study to itself; see SharedWriter for those of several."""

    shared = False
    owner: str | None = None

    def kept(self, study_id: int) -> AbstractContextManager[None]:  # noqa: ARG002
        """Return a context without effect: the claim on the study says who lives."""
        return nullcontext()

    def searching(self, study_id: int) -> AbstractContextManager[None]:  # noqa: ARG002
        """Return a context without effect: nobody waits for it."""
        return nullcontext()

    def others_search(self, study_id: int) -> bool:  # noqa: ARG002
        """Return False."""
        return False

    def alone(self, study_name: str) -> AbstractContextManager[None]:  # noqa: ARG002
        """Return a context without effect: nobody else writes."""
        return nullcontext()

    def settle(self) -> None:
        """Do nothing: everything is written."""

    def is_kept(self, trial_id: int) -> bool:  # noqa: ARG002
        """Return True."""
        return True

    def mine(self, trial_id: int) -> bool:  # noqa: ARG002
        """Return True."""
        return True

    def overtaken(self, trial_id: int) -> bool:  # noqa: ARG002
        """Return False."""
        return False

    def release(self, study_id: int, number: int) -> None:
        """Do nothing."""

    def elsewhere(self, study_id: int) -> int:  # noqa: ARG002
        """Return none."""
        return 0

    def keep_up(self, study_id: int) -> bool:  # noqa: ARG002
        """Return False."""
        return False

    def take_stages(self, study_id: int) -> bool:  # noqa: ARG002
        """Return True."""
        return True

    def leave_stages(self, study_id: int) -> None:
        """Do nothing."""
