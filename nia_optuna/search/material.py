"""What the trainers of a study need to find its data and its code."""

from __future__ import annotations

from pathlib import Path

from nia_optuna.search.trainer import Material
from nia_optuna.study import Study


def material_of(study: Study, data_dir: Path) -> Material:
    """Return where trainers find what a study trains on."""
    return Material(
        source=study.dataset,
        data_dir=data_dir,
        validation=study.validation,
        subset=study.subset,
        normalise=study.normalise,
        study_file=study.path.resolve() if study.path else None,
    )
