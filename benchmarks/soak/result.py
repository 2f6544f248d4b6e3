"""What a soak has shown of one storage: figures, and every sentence against it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

from benchmarks.soak.aftermath import integrity, leftovers, refusals
from benchmarks.soak.audit import Faults, audit
from benchmarks.soak.ordeal import Place, Soaked

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True)
class Result:
    """Counts of one storage. `lost` to `troubles` have to be empty, `integrity` not to complain.

    `attempts` counts ended trials by how many attempts they took; `stages` kills by what the
    coordinator was at; `gave_up` coordinators that ended because too many trainers had died;
    `leftovers` files that killed writers left and nobody has swept yet.
    """

    storage: str
    seconds: float
    studies: int
    trials: dict[str, int]
    attempts: dict[str, int]
    trainers_killed: int
    coordinators_killed: int
    stages: dict[str, int]
    gave_up: int
    leftovers: int
    integrity: str
    lost: Sequence[str]
    twice: Sequence[str]
    unfinished: Sequence[str]
    off_budget: Sequence[str]
    failed_for_nothing: Sequence[str]
    troubles: Sequence[str]

    @property
    def wrong(self) -> list[str]:
        """Every sentence against it."""
        kinds = [field.name for field in fields(Faults)]
        said = [each for kind in kinds for each in getattr(self, kind)]
        whole = self.integrity in ("ok", "not asked")
        return said + list(self.troubles) + ([] if whole else [f"the database: {self.integrity}"])


def result(storage: str, place: Place, soaked: Soaked) -> Result:
    """Audit what is left, and let the commands read it."""
    studies = [each.evidence for each in soaked.ordeals]
    faults = [audit(each) for each in studies]
    left = [trial for study in studies for trial in study.left.values()]
    return Result(
        storage=storage,
        seconds=round(soaked.seconds, 1),
        studies=len(studies),
        trials=dict(Counter(trial.state.lower() for trial in left)),
        attempts=dict(sorted(Counter(str(trial.attempts) for trial in left).items())),
        trainers_killed=soaked.killed("trainer"),
        coordinators_killed=soaked.killed("coordinator"),
        stages=dict(sorted(soaked.stages.items())),
        gave_up=sum(each.gave_up for each in soaked.ordeals),
        leftovers=len(leftovers(place)),
        integrity=integrity(place.url),
        lost=[said for each in faults for said in each.lost],
        twice=[said for each in faults for said in each.twice],
        unfinished=[said for each in faults for said in each.unfinished],
        off_budget=[said for each in faults for said in each.off_budget],
        failed_for_nothing=[said for each in faults for said in each.failed_for_nothing],
        troubles=[t for each in soaked.ordeals for t in each.troubles] + refusals(place, studies),
    )


def table(results: Sequence[Result]) -> Table:
    """Return the figures, a column a storage; of what has to be empty its number."""
    from rich.table import Table

    shown = Table(box=None, header_style="bold", pad_edge=False)
    shown.add_column("")
    for each in results:
        shown.add_column(each.storage, justify="right")
    plain = [asdict(each) for each in results]
    for field in fields(Result)[1:]:
        shown.add_row(field.name.replace("_", " "), *(_cell(each[field.name]) for each in plain))
    return shown


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {count}" for name, count in value.items())
    return str(len(value)) if isinstance(value, list) else str(value)
