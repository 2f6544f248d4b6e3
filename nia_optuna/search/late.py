"""What a coordinator says of its trials, perhaps late: it counts unless they are another's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from optuna.trial import FrozenTrial
from sqlalchemy.orm import Session

from nia_optuna.search.ends import Rows, id_of, is_told, retell
from nia_optuna.search.leases import Leases, unclaim
from nia_optuna.search.transactions import lock, transaction, upserts


@dataclass(frozen=True, eq=False)
class Late:
    """What is written together: values of trials, and the end of one, which comes last."""

    rows: Rows
    end: FrozenTrial | None

    @property
    def ids(self) -> set[int]:
        """The trials that something is said of."""
        return {row["trial_id"] for _, row in self.rows} | (
            {id_of(self.end)} if self.end else set()
        )


def written(
    leases: Leases, late: Sequence[Late], study_of: Mapping[int, int]
) -> tuple[set[int], set[int]]:
    """Write what is said of trials that it has; return those that are another's, and those told.

    The latter are trials that it had no more, and whose ends count all the same. `study_of` says
    which study a trial is of.
    """
    ids = set[int]().union(*(each.ids for each in late))
    with transaction(leases.engine) as session:
        held = leases.held(session, ids)
        for each in late:
            mine = [(model, row) for model, row in each.rows if row["trial_id"] in held]
            upserts(session, mine)
            if each.end and id_of(each.end) in held:
                leases.end(session, each.end)
    # What ended here and was put back counts until somebody begins it again: who does holds
    # the study, and so must this, in transactions of their own.
    ends = [each.end for each in late if each.end and each.end.state.is_finished()]
    back = [end for end in ends if id_of(end) not in held]
    told = {id_of(end) for end in back if _told(leases, study_of[id_of(end)], end)}
    return ids - held - told, told


def retold(session: Session, study_id: int, ended: FrozenTrial) -> int | None:
    """Write an end, after which nobody has the trial; return the trial's id, see `retell`."""
    lock(session, study_id)
    trial_id = retell(session, study_id, ended)
    if trial_id is not None:
        unclaim(session, trial_id)
    return trial_id


def _told(leases: Leases, study_id: int, end: FrozenTrial) -> bool:
    with transaction(leases.engine) as session:
        return is_told(session, end) or retold(session, study_id, end) is not None
