from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from nia_optuna.data import DataError
from nia_optuna.data.unpack import unpack


def archive(tmp_path: Path, *members: tarfile.TarInfo) -> tarfile.TarFile:
    path = tmp_path / "archive.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(b"x" * member.size))
    return tarfile.open(path)  # the test reads it


def file(name: str, size: int = 4) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size = size
    return member


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


def test_only_the_named_members_are_written(tmp_path: Path) -> None:
    tar = archive(tmp_path, file("./package/data/a"), file("package/install.js"))
    folder = unpack(tar, ("package/data/a",), tmp_path)
    assert [path.name for path in folder.iterdir()] == ["a"]
    assert (folder / "a").read_bytes() == b"xxxx"


@pytest.mark.parametrize(
    "member",
    [
        file("../evil"),
        file("package/../../evil"),
        special("package/a", tarfile.SYMTYPE, "/etc/passwd"),
        special("package/a", tarfile.SYMTYPE, "b"),
        special("package/a", tarfile.LNKTYPE, "/etc/passwd"),
        special("package/a", tarfile.CHRTYPE),
        special("package/a", tarfile.FIFOTYPE),
    ],
    ids=["up", "up inside", "symlink out", "symlink in", "hard link", "device", "pipe"],
)
def test_an_archive_that_reaches_out_is_refused(tmp_path: Path, member: tarfile.TarInfo) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with pytest.raises(DataError, match="archive refused"):
        unpack(archive(tmp_path, member, file("package/b")), ("package/a", "package/b"), home)
    assert {path.name for path in tmp_path.rglob("*")} == {"archive.tar.gz", "home", "unpacked"}


def test_an_archive_that_lacks_a_member_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no package/b"):
        unpack(archive(tmp_path, file("package/a")), ("package/a", "package/b"), tmp_path)


def test_an_archive_cut_short_is_refused(tmp_path: Path) -> None:
    archive(tmp_path, file("package/a", 100_000)).close()
    path = tmp_path / "archive.tar.gz"
    path.write_bytes(path.read_bytes()[:-60])
    with tarfile.open(path) as tar, pytest.raises(DataError, match="archive refused"):
        unpack(tar, ("package/a",), tmp_path)
