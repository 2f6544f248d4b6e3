"""The artifacts that a run left beside its storage."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from optuna.artifacts import FileSystemArtifactStore
from optuna.artifacts.exceptions import ArtifactNotFound

from nia_optuna.findings.on_test import Load


def artifacts(folder: Path) -> Load:
    """Return what reads an artifact of `folder` by its id; None for one that is not there.

    What it returns raises OSError for a file that cannot be read.
    """
    store = FileSystemArtifactStore(folder)

    def load(artifact: str) -> bytes | None:
        # A storage may come from anybody: an id names a file here and nothing else.
        if not is_id(artifact):
            return None
        try:
            with store.open_reader(artifact) as file:
                return file.read()
        except ArtifactNotFound:
            return None

    return load


def is_id(artifact: str) -> bool:
    """Return whether `artifact` is an id as Optuna makes them, so that it names no other file."""
    try:
        return str(UUID(artifact)) == artifact
    except ValueError:
        return False
