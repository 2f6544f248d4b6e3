"""The artifact store: Optuna's, with files that are whole and their owner's alone."""

from __future__ import annotations

import contextlib
import json
import mimetypes
import os
import shutil
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from optuna.artifacts import FileSystemArtifactStore

if TYPE_CHECKING:
    import optuna

PREFIX = "artifacts:"
"""Of the system attributes in which Optuna lists artifacts by their ids."""


UNFINISHED = ".unfinished-"
"""Begins the names of files that are being written."""
ABANDONED = 3600.0
"""Seconds after which a file that is not finished never will be: its writer was killed."""


class PrivateStore(FileSystemArtifactStore):
    """Optuna's store in a folder; a file of it is whole or not there, and has mode 0600.

    The folder is made where absent.
    """

    def write(self, artifact_id: str, content_body: BinaryIO) -> None:
        """Write an artifact, or leave an old one as it was. Raises OSError."""
        file = self._get_filepath(artifact_id)
        for folder in (file.parent.parent, file.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(file.parent)
        handle, name = tempfile.mkstemp(prefix=UNFINISHED, dir=file.parent)
        try:
            with os.fdopen(handle, "wb") as beside:
                shutil.copyfileobj(content_body, beside)
                beside.flush()
                os.fsync(beside.fileno())
            Path(name).replace(file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _sweep(folder: Path) -> None:
    for left in folder.glob(f"{UNFINISHED}*"):
        # Another writer may sweep, too, or finish after all.
        with contextlib.suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > ABANDONED:
                left.unlink()


def keep(study: optuna.Study, file: Path, folder: Path) -> str:
    """Copy a file into the store in `folder` and list it at the study; return its id.

    Optuna's upload_artifact lists what it has not written yet: where the disk is full then, the
    dashboard shows what is not there. Raises OSError.
    """
    artifact = str(uuid.uuid4())
    with file.open("rb") as content:
        PrivateStore(folder).write(artifact, content)
    kind, encoding = mimetypes.guess_type(file.name)
    about = {
        "artifact_id": artifact,
        "filename": file.name,
        "mimetype": kind or "application/octet-stream",
        "encoding": encoding,
    }
    # What Optuna lists has no public way in but that one.
    storage, number = study._storage, study._study_id  # noqa: SLF001
    storage.set_study_system_attr(number, f"{PREFIX}{artifact}", json.dumps(about))
    return artifact
