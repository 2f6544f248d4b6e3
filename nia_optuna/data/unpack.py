"""Take named files out of an archive that is not trusted."""

from __future__ import annotations

import tarfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from nia_optuna.data.sources import DataError

if TYPE_CHECKING:
    from collections.abc import Collection

LARGEST = 256 * 2**20  # bytes: no file wanted here comes near, a bomb would


def unpack(archive: tarfile.TarFile, members: Collection[str], folder: Path) -> Path:
    """Write the `members`, without their folders, into a new folder in `folder` and return it.

    Raises DataError for an archive that reaches outside its folder anywhere, that holds links or
    devices, that is damaged, or that lacks a member.
    """
    into = folder / "unpacked"
    into.mkdir(mode=0o700)
    wanted = {str(PurePosixPath(member)) for member in members}
    try:
        for member in archive:
            if not (member.isreg() or member.isdir()):
                raise DataError(f"archive refused: {member.name!r} is a link or a device")
            tarfile.data_filter(member, str(into))
            name = PurePosixPath(member.name)
            if str(name) not in wanted:
                continue
            if member.size > LARGEST:
                raise DataError(f"archive refused: {member.name!r} has {member.size} bytes")
            archive.extract(member.replace(name=name.name), into, filter="data")
            wanted.remove(str(name))
    except (tarfile.TarError, EOFError, OSError) as error:
        raise DataError(f"archive refused: {error}") from error
    if wanted:
        raise DataError(f"archive has no {min(wanted)}")
    return into
