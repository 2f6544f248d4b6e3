"""A report → what the dashboard shows of it: a note on the study, and pictures as artifacts.

Both stand in the storage beside what Optuna keeps there, and findings read neither, so a report
is the same before and after.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from optuna.exceptions import StorageInternalError
from optuna_dashboard import get_note, save_note
from optuna_dashboard.artifact import get_artifact_path

from nia_optuna.artifact_store import PREFIX, PrivateStore, keep
from nia_optuna.findings.alone import alone
from nia_optuna.findings.findings import Findings
from nia_optuna.findings.on_test import Load
from nia_optuna.record import NOTE, StudyAttr
from nia_optuna.report.artifacts import artifacts, is_id
from nia_optuna.report.note import confirmed_trials, note
from nia_optuna.report.plots import draw_one

if TYPE_CHECKING:
    import optuna

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
            (trial, name): _keep(study, trial, f"trial-{trial}-{name}", png, folder)
            for (trial, name), png in _pictures(found, load)
        }
        old, new = get_note(study), note(found, addresses)
        if old.strip() and not old.rstrip().endswith(NOTE):
            return "the note in the dashboard stays as you wrote it"
        if old != new:
            save_note(study, new)
    except (StorageInternalError, OSError) as error:
        cause = getattr(error.__cause__, "orig", None) or error
        return f"no note for the dashboard: {cause}"
    return ""


def _pictures(found: Findings, load: Load) -> Iterator[tuple[tuple[int, str], bytes]]:
    for trial in confirmed_trials(found):
        seen = found if trial is found.winner else alone(found, trial, load)
        for name, png in draw_one(seen).items():
            yield (trial.number, name), png


def _keep(study: optuna.Study, trial: int, name: str, png: bytes, folder: Path) -> str:
    """Return the address of the artifact of that name, made where absent, with `png` in it."""
    listed = _listed(study)
    artifact = next((each for each in listed if listed[each] == name), None)
    old = artifacts(folder)(artifact) if artifact else None
    if artifact is None or (old is not None and not old.startswith(_PNG)):
        artifact = _upload(study, name, png, folder)
    elif old != png:
        # Under the same id: Optuna can list no artifacts where one was taken off the list.
        PrivateStore(folder).write(artifact, io.BytesIO(png))
    _show_at(study, trial, artifact)
    return str(get_artifact_path(study, artifact))


def _upload(study: optuna.Study, name: str, png: bytes, folder: Path) -> str:
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / name
        file.write_bytes(png)
        return keep(study, file, folder)


def _show_at(study: optuna.Study, trial: int, artifact: str) -> None:
    """Let the trial's page in the dashboard show an artifact of the study.

    Optuna takes no artifacts of a trial that has ended; the dashboard looks here as well.
    """
    storage, number = study._storage, study._study_id  # noqa: SLF001  # no other way there
    attrs = storage.get_study_system_attrs(number)
    place = f"dashboard:artifacts:{storage.get_trial_id_from_study_id_trial_number(number, trial)}:"
    meta = attrs[f"{PREFIX}{artifact}"]
    if attrs.get(f"{place}{artifact}") != meta:
        storage.set_study_system_attr(number, f"{place}{artifact}", meta)


def _listed(study: optuna.Study) -> Mapping[str, str]:
    """Return the file names of the study's artifacts by id.

    optuna.artifacts.get_all_artifact_meta fails where the dashboard has deleted one.
    """
    attrs = study._storage.get_study_system_attrs(study._study_id)  # noqa: SLF001
    metas = {key[len(PREFIX) :]: json.loads(str(attrs[key])) for key in attrs if _lists(key)}
    return {each: str(meta.get("filename")) for each, meta in metas.items() if meta}


def _lists(key: str) -> bool:
    return key.startswith(PREFIX) and is_id(key[len(PREFIX) :])
