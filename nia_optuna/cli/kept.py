"""What a study kept of its winner, as a command asks the storage for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nia_optuna.record import StudyAttr
from nia_optuna.settings import NAME

if TYPE_CHECKING:
    import optuna

    from nia_optuna.search.runs import Runs

PICTURE = 3  # numbers in the shape of one: channels, height, width


class PredictError(ValueError):
    """A study, an example or a picture that cannot be predicted: said in one line."""


@dataclass(frozen=True)
class Kept:
    """The confirmed winner of a study: its weights, and what its network was trained on.

    `classes` are names, none in regression; `source` opens the data again, see
    data.plain_source; `dataset` is their name.
    """

    study: str
    trial: int
    checkpoint: Path
    dataset: str
    source: object
    fingerprint: str
    shape: tuple[int, ...]
    classes: tuple[str, ...]

    @property
    def of_pictures(self) -> bool:
        """Whether its examples are pictures of classes, which files can be."""
        return len(self.shape) == PICTURE and bool(self.classes)


def kept(stored: optuna.Study, runs: Runs) -> Kept:
    """Return what `stored` kept. Raises PredictError where that is not there."""
    name, attrs = stored.study_name, stored.user_attrs
    if StudyAttr.DATASET not in attrs:
        raise PredictError(f"study {name!r} was not made by nia-optuna, or never begun")
    chosen = attrs.get(StudyAttr.CHOSEN)
    if not chosen:
        raise PredictError(
            f"study {name!r} has no confirmed checkpoint yet; run it to the end first "
            "(of baselines alone none is confirmed)"
        )
    facts = attrs[StudyAttr.DATASET]
    if "source" not in facts:
        raise PredictError(
            f"study {name!r} was made by an older version, which kept too little to predict "
            "with; run it again, with --name for a new one"
        )
    try:
        return _read(name, chosen, facts, runs)
    except (TypeError, KeyError, ValueError, AttributeError):
        raise PredictError(f"study {name!r} does not say properly what it kept") from None


def _read(name: str, chosen: Mapping[str, Any], facts: Mapping[str, Any], runs: Runs) -> Kept:
    """Return the facts; raises one of a few errors where they are not what a run writes."""
    found = Kept(
        study=name,
        trial=int(chosen["trial"]),
        checkpoint=runs.checkpoints / _file_name(name) / _file_name(chosen["checkpoint"]),
        dataset=str(facts["name"]),
        source=facts["source"],
        fingerprint=str(facts["fingerprint"]),
        shape=tuple(map(int, facts["shape"])),
        classes=tuple(map(str, facts["classes"])),
    )
    if len(found.shape) not in (1, PICTURE) or min(found.shape) < 1:
        raise ValueError("shape")
    return found


def _file_name(text: str) -> str:
    # Whoever wrote the storage may not choose a file anywhere else.
    if not NAME.fullmatch(text):
        raise ValueError(text)
    return text
