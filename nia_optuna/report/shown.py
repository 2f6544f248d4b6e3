"""A report → what the dashboard shows of it: a note on the study, and pictures as artifacts.

Both stand in the storage beside what Optuna keeps there, and findings read neither, so a report
is the same before and after.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from optuna.artifacts import FileSystemArtifactStore, upload_artifact
from optuna.exceptions import StorageInternalError
from optuna_dashboard import get_note, save_note
from optuna_dashboard.artifact import get_artifact_path

from nia_optuna.findings.alone import alone
from nia_optuna.findings.findings import Findings
from nia_optuna.findings.on_test import Load
from nia_optuna.record import NOTE, StudyAttr
from nia_optuna.report.artifacts import artifacts, is_id
from nia_optuna.report.files import ReportError, write
from nia_optuna.report.note import confirmed_trials, note
from nia_optuna.report.plots import draw_one

if TYPE_CHECKING:
    import optuna

_PREFIX = "artifacts:"  # of the attributes that Optuna keeps its list of artifacts in
_PNG = b"\x89PNG"


def show(study: optuna.Study, found: Findings, load: Load, folder: Path) -> str:
    """Put the note and the pictures of `found` into the storage of `study`.

    `folder` is the artifact store. What stands there already is left alone; a picture that has
    changed is replaced, and a note that the user has written is kept. Returns in one line what
    could not be done, empty where all was.
    """
    if StudyAttr.SPACE not in study.user_attrs:
        return "no note for the dashboard: nia-optuna did not make this study"
    try:
        addresses = {
            key: get_artifact_path(study, _keep(study, f"trial-{key[0]}-{key[1]}", png, folder))
            for key, png in _pictures(found, load)
        }
        old, new = get_note(study), note(found, addresses)
        if old.strip() and not old.rstrip().endswith(NOTE):
            return "the note in the dashboard stays as you wrote it"
        if old != new:
            save_note(study, new)
    except (StorageInternalError, OSError, ReportError) as error:
        cause = getattr(error.__cause__, "orig", None) or error
        return f"no note for the dashboard: {cause}"
    return ""


def _pictures(found: Findings, load: Load) -> Iterator[tuple[tuple[int, str], bytes]]:
    for trial in confirmed_trials(found):
        seen = found if trial is found.winner else alone(found, trial, load)
        for name, png in draw_one(seen).items():
            yield (trial.number, name), png


def _keep(study: optuna.Study, name: str, png: bytes, folder: Path) -> str:
    """Return the id of the artifact of that name, made where absent, with `png` as its content."""
    artifact = _listed(study).get(name)
    if artifact is not None:
        old = artifacts(folder)(artifact)
        if old is None or (old != png and old.startswith(_PNG)):
            # Under the same id: Optuna can list no artifacts where one was taken off the list.
            write(folder / artifact, png)
        if old is None or old.startswith(_PNG):
            return artifact
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / name
        file.write_bytes(png)
        return upload_artifact(
            artifact_store=FileSystemArtifactStore(folder),
            file_path=str(file),
            study_or_trial=study,
        )


def _listed(study: optuna.Study) -> Mapping[str, str]:
    """Return the ids of the study's artifacts by file name.

    optuna.artifacts.get_all_artifact_meta fails where the dashboard has deleted one.
    """
    attrs = study._storage.get_study_system_attrs(study._study_id)  # noqa: SLF001
    metas = [json.loads(str(v)) for key, v in attrs.items() if key.startswith(_PREFIX)]
    return {
        str(meta["filename"]): str(meta["artifact_id"])
        for meta in metas
        if isinstance(meta, dict) and is_id(str(meta.get("artifact_id")))
    }
