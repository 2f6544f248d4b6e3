"""Case 18: an archive that reaches out of its folder, or is damaged, is refused as a whole."""

from __future__ import annotations

import io
import random
import tarfile
from pathlib import Path

import pytest

from nia_optuna.data import DataError
from nia_optuna.data.unpack import unpack


def archive(*members: tarfile.TarInfo) -> io.BytesIO:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(random.Random(0).randbytes(member.size)))
    packed.seek(0)
    return packed


def file(name: str, size: int = 4) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size = size
    return member


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


def test_only_the_named_members_are_written(tmp_path: Path) -> None:
    tar = archive(file("./package/data/a"), file("package/install.js"))
    folder = unpack(tar, ("package/data/a",), tmp_path)
    assert [path.name for path in folder.iterdir()] == ["a"]
    assert (folder / "a").stat().st_size == 4


@pytest.mark.parametrize(
    "member",
    [
        file("../evil"),
        file("package/../../evil"),
        file("/tmp/evil"),  # noqa: S108  # nothing is to be there
        special("package/a", tarfile.SYMTYPE, "/etc/passwd"),
        special("package/a", tarfile.SYMTYPE, "b"),
        special("package/a", tarfile.LNKTYPE, "/etc/passwd"),
        special("package/a", tarfile.CHRTYPE),
        special("package/a", tarfile.FIFOTYPE),
    ],
    ids=["up", "up inside", "absolute", "symlink out", "symlink in", "hard link", "device", "pipe"],
)
def test_an_archive_that_reaches_out_is_refused(tmp_path: Path, member: tarfile.TarInfo) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with pytest.raises(DataError, match="archive refused"):
        unpack(archive(member, file("package/b")), ("package/a", "package/b"), home)
    assert {path.name for path in tmp_path.rglob("*")} == {"home", "unpacked"}


def test_an_archive_that_lacks_a_member_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no package/b"):
        unpack(archive(file("package/a")), ("package/a", "package/b"), tmp_path)


@pytest.mark.parametrize("kept", [0, 5, 60, 50_000, -60])
def test_an_archive_cut_short_is_refused(tmp_path: Path, kept: int) -> None:
    whole = archive(file("package/a", 100_000)).getvalue()
    with pytest.raises(DataError, match="archive refused"):
        unpack(io.BytesIO(whole[:kept]), ("package/a",), tmp_path)


def test_an_archive_damaged_inside_is_refused(tmp_path: Path) -> None:
    damaged = bytearray(archive(file("package/a", 100_000)).getvalue())
    damaged[200:50_000] = bytes(49_800)
    with pytest.raises(DataError, match="archive refused"):
        unpack(io.BytesIO(damaged), ("package/a",), tmp_path)
