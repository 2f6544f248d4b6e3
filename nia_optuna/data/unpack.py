"""Take named files out of an archive that is not trusted."""

from __future__ import annotations

import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

from nia_optuna.data.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection

LARGEST = 256 * 2**20  # bytes: no file wanted here comes near, a bomb would


def unpack(file: IO[bytes], members: Collection[str], folder: Path) -> Path:
    """Write the `members` of a tar file into a new folder in `folder` and return it.

    They lose their own folders. The tar file may be compressed.

    Raises DataError for an archive that reaches outside its folder anywhere, that holds links or
    devices, that is damaged, or that lacks a member.
    """
    into = folder / "unpacked"
    into.mkdir(mode=0o700)
    wanted = {str(PurePosixPath(member)) for member in members}
    try:
        with tarfile.open(fileobj=file) as archive:
            _extract(archive, wanted, into)
    # zlib's error is none of tarfile's: it comes up where the damage lies inside a member.
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise DataError(f"archive refused: {error}") from error
    if wanted:
        raise DataError(f"archive has no {min(wanted)}")
    return into


def _extract(archive: tarfile.TarFile, wanted: set[str], into: Path) -> None:
    """Write the `wanted` members and take their names off the set."""
    for member in archive:
        if not (member.isreg() or member.isdir()):
            raise DataError(f"archive refused: {member.name!r} is a link or a device")
        if member.name.startswith("/"):
            raise DataError(f"archive refused: {member.name!r} is an absolute path")
        tarfile.data_filter(member, str(into))
        name = PurePosixPath(member.name)
        if str(name) not in wanted:
            continue
        if member.size > LARGEST:
            raise DataError(f"archive refused: {member.name!r} has {member.size} bytes")
        archive.extract(member.replace(name=name.name), into, filter="data")
        wanted.remove(str(name))
