from pathlib import Path

import pytest

from nia_optuna.report.files import ReportError, write, write_all


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.txt"
    write(path, "one")
    write(path, b"two")
    assert path.read_text() == "two"
    assert list(path.parent.iterdir()) == [path]


def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    write(path, "old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ReportError, match=r"cannot write .*a\.txt: No space left on device"):
        write(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ReportError, match="cannot write"):
        write(tmp_path / "file" / "a.txt", "x")


def test_of_several_files_none_is_moved_before_all_are_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    write(tmp_path / "a.txt", "old")
    with pytest.raises(ReportError, match="cannot write"):
        write_all({tmp_path / "a.txt": "new", tmp_path / "file" / "b.txt": "new"})
    assert (tmp_path / "a.txt").read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {"a.txt", "file"}
