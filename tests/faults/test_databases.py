"""Case 17: a database that is damaged, foreign, read-only or newer is one line, and unchanged."""

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import optuna
import pytest
import sqlalchemy
from optuna.storages import RDBStorage

from nia_optuna.search.address import StorageError
from nia_optuna.search.storage import open_storage
from tests.cli.served import free_port, serving
from tests.faults.called import STUDY, called, content, refused
from tests.faults.mounts import read_only
from tests.faults.rows import rows
from tests.findings import made

DAMAGED = "runs/studies.db is not a readable SQLite database: "
PAGE = 4096
TREES = (2, 5, 10, 13)  # how a page of a table or of an index begins, see SQLite's file format

COMMANDS = {
    "run": ("run", "tiny.py", "--workers", "0"),
    "run --extend": ("run", "tiny.py", "--workers", "0", "--name", "cifar_cnn", "--extend"),
    "status": ("status",),
    "status of one": ("status", "cifar_cnn"),
    "report": ("report",),
    "predict": ("predict", "cifar_cnn"),
    "dashboard": ("dashboard", "--port", str(free_port())),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a real database of a study that was confirmed."""
    file = tmp_path_factory.mktemp("whole") / "studies.db"
    made.confirmed("cifar_cnn", RDBStorage(f"sqlite:///{file}"))
    return file


@pytest.fixture
def file(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand beside a copy of it, where commands expect it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.py").write_text(STUDY)
    (tmp_path / "runs").mkdir()
    return Path(shutil.copy(whole, tmp_path / "runs"))


def middle(content: bytes) -> int:
    """Return where a page of a table begins, about in the middle of a file."""
    pages = range(len(content) // PAGE // 2 * PAGE, len(content), PAGE)
    return next(at for at in pages if content[at] in TREES)


def overwritten(content: bytes, by: bytes) -> bytes:
    at = middle(content)
    return content[:at] + by + content[at + len(by) :]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "a page in the middle is noise": lambda c: overwritten(c, random.Random(0).randbytes(PAGE)),
    "a page in the middle is zeros": lambda c: overwritten(c, bytes(PAGE)),
    "cut off between two pages": lambda c: c[: len(c) // 2 // PAGE * PAGE],
    "cut off within a page": lambda c: c[: len(c) // 2 // PAGE * PAGE + 100],
    "cut off within its header": lambda c: c[:60],
    "nothing but zeros": lambda c: bytes(len(c)),
    "a text": lambda c: b"no database at all\n" * (len(c) // 19),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_database_is_one_line_and_not_touched(
    file: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], damage: str
) -> None:
    broken = DAMAGES[damage](file.read_bytes())
    file.write_bytes(broken)
    for name, words in COMMANDS.items():
        said = called(monkeypatch, capfd, *words)
        if name == "predict" and damage.startswith("a page"):  # which none of its answer is on
            refused(said, 2, "study 'cifar_cnn' was made by an older version")
        else:
            refused(said, 1, DAMAGED, "--storage")
        assert file.read_bytes() == broken
    assert [path.name for path in file.parent.iterdir() if path.is_file()] == ["studies.db"]
    assert not Path("reports").exists()


def test_of_a_large_database_damage_is_one_line_of_whoever_meets_it(
    file: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("nia_optuna.search.sqlite.WHOLE", 0)
    file.write_bytes(DAMAGES["a page in the middle is noise"](file.read_bytes()))
    for name in ("status", "report"):
        refused(called(monkeypatch, capfd, *COMMANDS[name]), 1, DAMAGED, "--storage")
    assert not Path("reports").exists()


@pytest.mark.slow
def test_a_database_that_breaks_under_a_dashboard_is_one_line_an_answer(file: Path) -> None:
    with serving(file.parent) as served:
        assert served.ask("/api/studies/1?after=0")[0] == 200
        file.write_bytes(DAMAGES["a text"](file.read_bytes()))
        assert served.ask("/api/studies/1?after=0")[0] == 500
        said = served.end().splitlines()
    assert said
    for line in said:
        assert line.startswith("nia-optuna: ")
        assert DAMAGED.partition("/")[2] in line


GONE: dict[str, Callable[[Path], object]] = {
    "removed": lambda file: file.unlink(),
    "emptied": lambda file: file.write_bytes(b""),
    "replaced": lambda file: Path(shutil.copy(file, file.parent / "x")).rename(file),
}


@pytest.mark.parametrize("how", GONE)
def test_a_database_that_goes_while_it_is_open_is_said_with_a_way_out(file: Path, how: str) -> None:
    storage = open_storage(None, file.parent, create=True)
    GONE[how](file)
    with pytest.raises(StorageError, match=r"studies\.db was removed, emptied or replaced.*--st"):
        storage.create_new_trial(1)
    storage.remove_session()


def test_a_database_that_goes_is_said_by_whoever_connects_anew(file: Path) -> None:
    storage = open_storage(None, file.parent, create=True)
    storage.engine.dispose()
    file.unlink()
    with pytest.raises(StorageError, match=r"studies\.db was removed, emptied or"):
        storage.get_all_studies()


@contextmanager
def in_use(file: Path) -> Iterator[None]:
    """Hold the file as a program does that writes to it and does not end."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield


def test_a_database_that_another_program_keeps_is_one_line_and_not_for_ever(
    file: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("nia_optuna.search.sqlite.READER", 0.1)
    with in_use(file):
        for name in ("status", "report", "predict"):
            said = called(monkeypatch, capfd, *COMMANDS[name])
            refused(said, 1, "runs/studies.db is in use by another program; run the same again")
    monkeypatch.setattr("nia_optuna.search.storage.PATIENCE", 0.1)
    storage = open_storage(None, file.parent, create=True)
    with in_use(file), pytest.raises(StorageError, match="is in use by another program; run the"):
        storage.create_new_trial(1)
    storage.create_new_trial(1)


@pytest.mark.slow
def test_a_report_is_written_without_a_note_where_the_database_is_in_use(
    file: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("nia_optuna.search.storage.PATIENCE", 0.1)
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")  # others may read
        written = called(monkeypatch, capfd, "report")
    assert written.code == 0
    assert "no note for the dashboard: runs/studies.db is in use" in written.err
    assert Path("reports/cifar_cnn/README.md").is_file()


def change(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


FOREIGN = "is a database of another program; name another with --storage"
NEWER = "pip install -U optuna"
UNKNOWN = "UPDATE alembic_version SET version_num = 'v99.0.0.a'"
OTHERS = {
    "of another program": (["CREATE TABLE birds (name TEXT)"], FOREIGN),
    "whose tables have another version": ([UNKNOWN], NEWER),
    "that misses a table and has another version": (
        [UNKNOWN, "DROP TABLE trial_heartbeats"],
        NEWER,
    ),
    "that Optuna takes for its own": (["UPDATE version_info SET schema_version = 99"], NEWER),
    "of an old Optuna": (
        ["UPDATE alembic_version SET version_num = 'v2.6.0.a'"],
        "optuna storage upgrade",
    ),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_a_database_that_is_not_ours_to_write_is_one_line_and_not_touched(
    file: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], kind: str
) -> None:
    statements, why = OTHERS[kind]
    if why == FOREIGN:
        file.unlink()
    change(file, *statements)
    before = file.read_bytes()
    for words in COMMANDS.values():
        refused(called(monkeypatch, capfd, *words), 1, "runs/studies.db", why)
        assert file.read_bytes() == before


def test_a_newer_schema_in_postgresql_is_one_line_and_not_touched(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    postgres_url: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.py").write_text(STUDY)
    optuna.create_study(study_name="cifar_cnn", storage=postgres_url)
    engine = sqlalchemy.create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text(UNKNOWN))
    engine.dispose()
    before = rows(postgres_url)
    for words in COMMANDS.values():
        said = called(monkeypatch, capfd, *words, "--storage", postgres_url)
        refused(said, 1, "cannot use the storage postgresql+psycopg://", NEWER)
    assert rows(postgres_url) == before


def test_reading_an_empty_postgresql_makes_nothing_in_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    postgres_url: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for words in (("status", "small"), ("report",), ("dashboard",)):
        said = called(monkeypatch, capfd, *words, "--storage", postgres_url)
        refused(said, 1, "no studies yet in postgresql+psycopg://")
    said = called(monkeypatch, capfd, "status", "--json", "--storage", postgres_url)
    assert (said.code, said.out) == (0, "[]\n")
    assert rows(postgres_url) == {}
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("place", ["studies.db", ""], ids=["file", "folder"])
def test_a_read_only_database_can_be_read_and_a_run_is_one_line(
    file: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], place: str
) -> None:
    before = content(file.parent)
    with read_only(file.parent / place):
        said = called(monkeypatch, capfd, *COMMANDS["run"])
        refused(said, 1, "runs")
        assert any(why in said.err for why in ("no permission to write", "Read-only", "denied"))
        assert called(monkeypatch, capfd, "status", "--json").code == 0
        written = called(monkeypatch, capfd, "report")
        assert written.code == 0
        assert "cifar_cnn: no note for the dashboard: " in written.err
        after = content(file.parent)
    assert after["studies.db"] == before["studies.db"]
    assert Path("reports/cifar_cnn/README.md").is_file()
