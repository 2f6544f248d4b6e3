"""A storage opens, or says in one line why not and leaves the file as it is."""

import sqlite3
from pathlib import Path

import optuna
import pytest

from nia_optuna.search.address import AddressError, StorageError, masked, sqlite_file
from nia_optuna.search.storage import claim, open_storage
from tests.faults.called import STUDY, called, refused
from tests.postgres import Server, url_of_reader


def test_a_fresh_storage_is_private_and_opens_in_plain_optuna(tmp_path: Path) -> None:
    storage = open_storage(None, tmp_path / "runs", create=True)
    optuna.create_study(study_name="one", storage=storage)
    file = tmp_path / "runs" / "studies.db"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert optuna.load_study(study_name="one", storage=f"sqlite:///{file}").trials == []


def test_an_absent_storage_is_not_made_by_reading(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no studies yet in"):
        open_storage(None, tmp_path / "runs", create=False)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("create", [True, False])
def test_a_file_that_is_no_database_is_refused_and_unchanged(
    tmp_path: Path, *, create: bool
) -> None:
    file = tmp_path / "studies.db"
    file.write_bytes(b"not a database at all, but long enough to be read as one" * 20)
    before = file.read_bytes()
    with pytest.raises(StorageError, match="not a readable SQLite database"):
        open_storage(None, tmp_path, create=create)
    assert file.read_bytes() == before


def test_a_database_of_another_program_is_refused_and_unchanged(tmp_path: Path) -> None:
    file = tmp_path / "studies.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE birds (name TEXT)")
    connection.close()
    before = file.read_bytes()
    with pytest.raises(StorageError, match="database of another program"):
        open_storage(None, tmp_path, create=True)
    assert file.read_bytes() == before


def test_a_database_that_was_left_half_made_is_finished(tmp_path: Path) -> None:
    open_storage(None, tmp_path, create=True)
    with sqlite3.connect(tmp_path / "studies.db") as connection:
        connection.execute("DROP TABLE trials")
        connection.execute("DROP TABLE alembic_version")
    connection.close()
    storage = open_storage(None, tmp_path, create=True)
    optuna.create_study(study_name="one", storage=storage).ask()


def test_a_url_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="not a database URL"):
        open_storage("studies.db", tmp_path, create=True)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("mysql://me:canary@host/x", "cannot lie in mysql; name a storage as sqlite:///"),
        ("mysql+pymysql://me:canary@host/x", "cannot lie in mysql.pymysql"),
        ("postgres://me:canary@host/x", "cannot lie in postgres; .* postgresql.psycopg://"),
        ("postgresql+psycopg2://me:canary@host/x", "cannot lie in postgresql.psycopg2"),
        ("postgresql+asyncpg://me:canary@host/x", "cannot lie in postgresql.asyncpg"),
        ("sqlite+aiosqlite:///x.db", "cannot lie in sqlite.aiosqlite"),
        ("postgresql://me@home:canary@host/x", "user name and the password .* written as %40"),
        ("postgresql://me/you:canary@host/x", "a / as %2F"),
        ("sqlite:///file:x.db?uri=true", "a path and nothing else"),
        ("sqlite:///file:x.db?mode=memory&uri=true", "a path and nothing else"),
        ("sqlite:///x.db?mode=ro", "a path and nothing else"),
        ("sqlite://me:canary@host/x.db", "a path and nothing else"),
        ("sqlite://x.db", "a path and nothing else"),
        ("sqlite://:canary@/x.db", "a path and nothing else"),
        ("sqlite:///", "in-memory"),
        ("postgresql://me:canary@host:99999/x", "a number from 1 to 65535"),
        ("postgresql://me:canary@/x?host=a:1&host=b:70000", "a number from 1 to 65535"),
        ("postgresql://me:canary@host/x?bogus=canary", "options that libpq knows"),
        ("postgresql://me:1?canary=2/x", "options that libpq knows"),
        ("postgresql://me:canary@host/x?connect_timeout=canary", "with such values as it takes"),
        ("postgresql://me:canary@host/x?keepalives_idle=1.5", "with such values as it takes"),
        ("postgresql://me:canary@host/x?sslmode=canary", "sslmode=require"),
        ("postgresql://me:canary@host/x?sslmode=require&sslmode=allow", "sslmode=require"),
        ("postgresql://me:canary@/x?host=a&port=canary", "options that libpq knows"),
        ("", "not a database URL"),
        ("sqlite:///:memory:", "in-memory"),
    ],
)
def test_a_url_of_what_studies_cannot_lie_in_is_refused(tmp_path: Path, url: str, why: str) -> None:
    for create in (True, False):
        with pytest.raises(AddressError, match=why) as told:
            open_storage(url, tmp_path, create=create)
        assert "canary" not in str(told.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://",
        "postgresql://me:p%3F%40@[::1]:5432/x?sslmode=verify-full&connect_timeout=3",
        "postgresql+psycopg:///x?host=/var/run/postgresql&user=me&password=p",
        "postgresql://me@/x?host=a:5432&host=b:5433&target_session_attrs=read-write",
        "postgresql://me@/x?host=a,b&port=5432,5433&keepalives_idle=30",
        "postgresql:///x?service=mine&passfile=/secret",
    ],
)
def test_a_url_that_libpq_can_read_is_an_address(url: str) -> None:
    assert sqlite_file(url) is None


def test_an_empty_url_is_refused_by_every_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.py").write_text(STUDY)
    for words in (["run", "tiny.py"], ["status"], ["report"], ["dashboard"], ["predict", "tiny"]):
        said = called(monkeypatch, capfd, *words, "--storage", "")
        refused(said, 2, "the storage is not a database URL")
    assert not (tmp_path / "runs").exists()


def test_every_command_refuses_another_server_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.py").write_text(STUDY)
    monkeypatch.setenv("NIA_OPTUNA_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("NIA_OPTUNA_STORAGE", "mysql://me:canary@host/x")
    events = ["--workers", "0", "--tensorboard", "events"]
    runs = (["--workers", "0"], events, ["--dry-run"], ["--extend"], ["--replay", "0"])
    for words in (
        *(["run", "tiny.py", *options] for options in runs),
        *(["status"], ["report"], ["dashboard"], ["predict", "tiny", "--index", "0"]),
    ):
        said = called(monkeypatch, capfd, *words)
        refused(said, 2, "studies cannot lie in mysql; name a storage as sqlite:///")
        assert "canary" not in said.err
    assert [path.name for path in tmp_path.iterdir() if path.name != "__pycache__"] == ["tiny.py"]


def test_a_url_without_a_driver_means_psycopg(postgres_url: str, tmp_path: Path) -> None:
    url = postgres_url.replace("postgresql+psycopg:", "postgresql:")
    storage = open_storage(url, tmp_path, create=True)
    assert storage.engine.driver == "psycopg"


def test_a_password_is_never_shown(tmp_path: Path) -> None:
    url = "postgresql+nodriver://user:canary@localhost/studies"
    with pytest.raises(StorageError) as refused:
        open_storage(url, tmp_path, create=True)
    assert "canary" not in str(refused.value)
    assert "canary" not in masked(url)
    assert "canary" not in masked("postgresql://host/studies?user=me&password=canary")


def test_a_role_that_may_only_read_opens_a_server_to_read(postgres: Server, tmp_path: Path) -> None:
    url = postgres.fresh_database()
    optuna.create_study(study_name="one", storage=url)
    address = url_of_reader(url)
    storage = open_storage(address, tmp_path, create=False)
    assert [s.study_name for s in storage.get_all_studies()] == ["one"]
    with pytest.raises(StorageError, match="permission denied"):
        open_storage(address, tmp_path, create=True)


def test_a_study_is_run_by_one_process_at_a_time(tmp_path: Path) -> None:
    refused = pytest.raises(StorageError, match="'one' is being run")
    with claim(None, tmp_path, "one"), claim(None, tmp_path, "two"), refused:
        claim(None, tmp_path, "one").__enter__()
    with claim(None, tmp_path, "one"):
        pass


def test_a_database_named_by_its_url_is_claimed_from_every_folder(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/elsewhere.db"
    with claim(url, tmp_path / "here", "one"), pytest.raises(StorageError, match="is being run"):
        claim(url, tmp_path / "there", "one").__enter__()


@pytest.mark.parametrize("there", ["there/studies.db", "there/another.db", "folder/studies.db"])
def test_a_database_is_claimed_by_whatever_symbolic_link_it_is_reached(
    tmp_path: Path, there: str
) -> None:
    here, link = tmp_path / "here" / "studies.db", tmp_path / there
    open_storage(None, here.parent, create=True)
    (tmp_path / "there").mkdir()
    (tmp_path / "folder").symlink_to(here.parent)
    if not link.exists():
        link.symlink_to(here)
    with claim(None, here.parent, "one"):
        with pytest.raises(StorageError, match="'one' is being run"):
            claim(f"sqlite:///{link}", tmp_path, "one").__enter__()
        with claim(f"sqlite:///{link}", tmp_path, "two"):
            open_storage(f"sqlite:///{link}", tmp_path, create=True)
    assert not (tmp_path / "there" / "locks").exists()


def test_a_link_that_leads_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "studies.db").symlink_to(tmp_path / "studies.db")
    with claim(None, tmp_path, "one"), pytest.raises(OSError, match="symbolic links"):
        open_storage(None, tmp_path, create=True)


def test_everything_under_the_runs_folder_is_private(tmp_path: Path) -> None:
    runs = tmp_path / "deep" / "runs"
    with claim(None, runs, "one"):
        open_storage(None, runs, create=True)
    for path in (runs.parent, *runs.parent.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.parametrize("name", ["a?b", "a#b", "a%41b"])
def test_a_path_that_no_url_can_say_is_refused_and_nothing_is_made(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(AddressError, match="no database URL can say"):
        open_storage(None, tmp_path / name, create=True)
    assert not list(tmp_path.iterdir())


def test_a_folder_in_the_place_of_the_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "studies.db").mkdir()
    with pytest.raises(StorageError, match="is a folder"):
        open_storage(None, tmp_path, create=True)
