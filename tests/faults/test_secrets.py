"""Security: a password stays where it was given, what a run leaves is private, pickles are few."""

import ast
import http.client
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
import sqlalchemy
from sqlalchemy import URL, make_url, text

from nia_optuna.cli.line import line_to_record, line_to_type
from nia_optuna.search.address import AddressError
from nia_optuna.search.forks import without_arguments
from nia_optuna.search.run import Place, run
from nia_optuna.search.runs import Runs
from nia_optuna.search.storage import open_storage
from tests.cli.served import free_port
from tests.faults.called import ROOT, STUDY, Said, called, content, environ, program, started
from tests.faults.rows import rows
from tests.postgres import Server
from tests.search.small import INLINE, small

CANARY = "canary"
PASSWORD = "canary-{canary}%canary%41 \N{SNOWMAN}/canary:?#@canary"  # noqa: S105  # it is made up
# A machine whose name is nobody's business, where one can be had.
NAMED = ("unshare", "--uts", "sh", "-c", 'hostname canary-host && exec "$@"', "sh")
CAN_NAME = os.geteuid() == 0 and shutil.which("unshare") and shutil.which("hostname")
ELSEWHERE = NAMED if CAN_NAME else ()
IMPORTED = "from pathlib import Path\n\nPath(__file__).with_name('imported').touch()\n"


@dataclass(frozen=True)
class Asked:
    """A database of whose only role a password is asked; `owner` may read it without."""

    owner: str
    url: URL
    role: str

    @property
    def whole(self) -> str:
        """The URL with the password in its usual place."""
        return self.url.set(password=PASSWORD).render_as_string(hide_password=False)

    @property
    def wrong(self) -> str:
        """The same with another password."""
        return self.url.set(password=f"{PASSWORD}!").render_as_string(hide_password=False)

    @property
    def in_query(self) -> str:
        """The URL with user and password among its query."""
        words = urlencode({**self.url.query, "user": self.role, "password": PASSWORD})
        return f"{self.url.drivername}:///{self.url.database}?{words}"

    @property
    def without(self) -> str:
        """The URL without a password."""
        return self.url.render_as_string(hide_password=False)


@pytest.fixture
def asked(postgres: Server) -> Iterator[Asked]:
    owner = postgres.fresh_database()
    role = f"asked_{uuid.uuid4().hex[:12]}"
    engine = sqlalchemy.create_engine(owner, isolation_level="AUTOCOMMIT")
    secret = PASSWORD.replace(":", "\\:")  # a colon begins a parameter there
    with engine.connect() as connection:
        connection.execute(text(f"CREATE ROLE {role} LOGIN PASSWORD '{secret}'"))
        connection.execute(text(f"ALTER DATABASE {engine.url.database} OWNER TO {role}"))
        rules = Path(str(connection.scalar(text("SHOW hba_file"))))
        before = rules.read_text()
        rules.write_text(f"local all {role} scram-sha-256\n{before}")
        connection.execute(text("SELECT pg_reload_conf()"))
    yield Asked(owner, make_url(owner).set(username=role, password=""), role)
    rules.write_text(before)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()


@dataclass
class Overheard:
    """Calls the program in a folder, and remembers what it said."""

    folder: Path
    said: list[Said] = field(default_factory=list)

    def call(self, code: int, *words: object, **more: str) -> Said:
        home = {"HOME": str(self.folder), "NIA_OPTUNA_DATA": str(self.folder / "data")}
        done = started(self.folder, *words, before=ELSEWHERE, **{**home, "TOKEN": CANARY, **more})
        assert done.code == code, done
        self.said.append(done)
        return done

    def everything(self) -> dict[str, bytes]:
        """Return all that was said, and every file that a run or a report has left."""
        lines = {f"{k}": (said.out + said.err).encode() for k, said in enumerate(self.said)}
        folders = ("runs", "reports", "data", "predictions")
        files = {
            f"{each}/{k}": v for each in folders for k, v in content(self.folder / each).items()
        }
        return {**lines, **files}


@pytest.mark.slow
def test_a_password_stays_where_it_was_given(tmp_path: Path, asked: Asked) -> None:
    """Whatever is done with the storage, or goes wrong with it, nobody reads the password."""
    file, mark = tmp_path / "tiny.py", tmp_path / "imported"
    file.write_text(IMPORTED + STUDY)
    (tmp_path / "broken.py").write_text(STUDY.replace("return Recipe(", "raise KeyError("))
    heard = Overheard(tmp_path)
    named = ("--storage", asked.whole)

    heard.call(0, "run", file, "--workers", "1", "--json", *named)
    assert mark.exists()
    heard.call(0, "run", file, "--replay", "0", "--json", *named)
    heard.call(0, "run", file, "--dry-run", *named)
    heard.call(2, "run", file, "--seed", "7", "--debug", *named)
    heard.call(2, "run", "broken.py", "--debug", *named)
    mark.unlink()

    # From here on nobody runs a study file.
    heard.call(0, "report", "tiny", "--html", "--json", *named)
    heard.call(0, "predict", "tiny", "--index", "0", *named)
    heard.call(0, "status", "--json", *named)
    heard.call(0, "status", NIA_OPTUNA_STORAGE=asked.in_query)
    heard.call(0, "status", NIA_OPTUNA_STORAGE=asked.without, PGPASSWORD=PASSWORD)
    passwords = tmp_path / "passwords"
    passwords.write_text(f"*:*:*:{asked.role}:" + PASSWORD.replace(":", "\\:") + "\n")
    passwords.chmod(0o600)
    heard.call(0, "status", NIA_OPTUNA_STORAGE=asked.without, PGPASSFILE=str(passwords))
    heard.said.append(looked_at(tmp_path, asked.whole))
    assert not mark.exists()

    refuse(heard, asked, file)
    for what, held in heard.everything().items():
        assert CANARY.encode() not in held, what
    found = rows(asked.owner)
    assert found["trials"]
    assert CANARY not in str(found)
    for what, held in content(tmp_path / "reports").items():
        assert str(tmp_path).encode() not in held, what


def refuse(heard: Overheard, asked: Asked, file: Path) -> None:
    """Have the program say what is wrong with storages."""
    away = f"postgresql+psycopg://me:{quote(PASSWORD, safe='')}@127.0.0.1:{free_port()}/x"
    unreadable = "postgresql+psycopg://me:canary@host:port/x"
    torn = "postgresql+psycopg://me:can@canary@host/x"
    no_driver = "postgresql+nodriver://me:canary@host/x"
    assert "password authentication failed" in heard.call(1, "status", "--storage", asked.wrong).err
    heard.call(1, "run", file, "--workers", "0", "--storage", asked.wrong)
    heard.call(1, "report", "--debug", NIA_OPTUNA_STORAGE=asked.wrong)
    heard.call(1, "dashboard", NIA_OPTUNA_STORAGE=asked.wrong)
    heard.call(1, "status", "--storage", asked.without, PGPASSWORD="canary")
    heard.call(1, "status", "--debug", f"--storage={away}")
    heard.call(2, "status", "--storage", unreadable)
    heard.call(2, "run", file, "--workers", "0", "--debug", "--storage", torn)
    heard.call(2, "status", NIA_OPTUNA_STORAGE=no_driver)


def looked_at(folder: Path, storage: str) -> Said:
    """Open a dashboard, read all that it has, and return that."""
    port = free_port()
    words = program("dashboard", "--port", port)
    with subprocess.Popen(
        words,
        cwd=folder,
        env=environ(NIA_OPTUNA_STORAGE=storage),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as served:
        assert served.stdout is not None
        first = served.stdout.readline()
        assert first.startswith("dashboard at http://127.0.0.1:"), served.communicate()
        read = [first]
        for path in ("/dashboard", "/api/studies", "/api/studies/1", "/api/meta", "/nowhere"):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", path)
            answer = connection.getresponse()
            read += [str(answer.getheaders()), answer.read().decode()]
            connection.close()
        served.send_signal(signal.SIGINT)
        out, err = served.communicate(timeout=60)
    return Said(served.returncode, "".join(read) + out, err)


@pytest.mark.slow
def test_neither_the_trainers_nor_the_line_to_continue_with_know_the_password(
    tmp_path: Path, asked: Asked
) -> None:
    (tmp_path / "tiny.py").write_text(STUDY)
    words = program("run", "tiny.py", "--workers", "2", "--trials", "500", "--storage", asked.whole)
    known = environ(NIA_OPTUNA_STORAGE=asked.whole, PGPASSWORD=PASSWORD)
    with subprocess.Popen(
        words, cwd=tmp_path, env=known, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stderr is not None
        lines = []
        for line in running.stderr:
            lines.append(line)
            if line.startswith("[3/500]"):
                others = descendants(running.pid)
                told = [
                    Path(f"/proc/{pid}/{what}").read_bytes()
                    for pid in others
                    for what in ("cmdline", "environ")
                ]
                running.send_signal(signal.SIGINT)
        assert running.wait(timeout=60) == 130
    assert len(others) >= 3  # two trainers, and what they were forked from
    assert any(b"PYTHONPATH" in each for each in told)
    for each in told:
        assert CANARY.encode() not in each
    assert "continue with: " in lines[-1]
    assert f"{asked.role}:***@" in lines[-1]
    assert CANARY not in "".join(lines)


def say_arguments(end: Connection) -> None:
    end.send(sys.argv)


def test_a_trainer_is_not_told_the_arguments_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["nia-optuna", "run", "--storage", f"postgresql://me:{CANARY}@host/x"]
    monkeypatch.setattr(sys, "argv", words)
    context = multiprocessing.get_context("forkserver")
    ours, theirs = context.Pipe()
    process = context.Process(target=say_arguments, args=(theirs,))
    with without_arguments():
        process.start()
    assert ours.recv() == words[:1]
    assert sys.argv == words
    process.join()


def descendants(pid: int) -> list[int]:
    """Return the processes that a process has started, and those have."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [each for child in map(int, children) for each in (child, *descendants(child))]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:can@canary@host/x",
        "postgresql://me:can/@canary@host/x",
        "postgresql://me:can?@canary@host/x",
    ],
)
def test_a_password_with_an_at_sign_is_refused_before_half_of_it_is_a_host(
    tmp_path: Path, url: str
) -> None:
    with pytest.raises(AddressError, match="written as %40") as refused:
        open_storage(url, tmp_path, create=True)
    assert CANARY not in str(refused.value)
    assert CANARY not in line_to_record(["nia-optuna", "run", "x.py", "--storage", url])


def test_the_password_of_an_encrypted_file_is_masked_too() -> None:
    url = "sqlite+pysqlcipher://:canary@/x.db?cipher=canary"
    for told in (line_to_record, line_to_type):
        assert CANARY not in told(["nia-optuna", "run", "x.py", "--storage", url])
        plain = "sqlite:////some/where/x.db"
        assert plain in told(["nia-optuna", "run", "x.py", f"--storage={plain}"])


def test_a_place_does_not_show_its_storage() -> None:
    place = Place(Runs(Path("runs")), Path("data"), "postgresql://me:canary@host/x")
    assert CANARY not in repr(place)


@pytest.mark.slow
def test_what_a_run_and_a_report_leave_is_their_owners_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    before = os.umask(0o022)
    try:
        run(small, Place(Runs(Path("runs")), tmp_path / "data"), INLINE, lambda _: None)
        assert called(monkeypatch, capfd, "report", "small").code == 0
    finally:
        os.umask(before)
    left = [Path("runs"), *Path("runs").rglob("*")]
    assert {path.parts[1] for path in left if len(path.parts) > 1} >= {
        "artifacts",
        "checkpoints",
        "locks",
        "standings",
        "studies.db",
    }
    for path in left:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


# Whoever unpickles executes what the pickle says. Trainers get orders from their coordinator alone,
# as multiprocessing and Ray do it themselves, and old batches of pictures are read by a reader of
# arrays, once their checksum is right; see data/batches.py.
PICKLING = {
    "load.py": {"pickle.dumps"},
    "search/processes.py": {"pickle.PicklingError"},
    "search/ray_executor.py": {"pickle.dumps"},
    "search/ray_trainer.py": {"pickle.loads"},
    "data/batches.py": {"pickle.Unpickler", "pickle.UnpicklingError"},
}
EXECUTING = {"load.py": {"exec", "compile"}}
LIBRARIES = {"pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "yaml", "jsonpickle"}
CALLS = {"torch.load", "torch.jit.load", "pd.read_pickle", "pd.read_hdf", "np.fromregex"}


def test_only_what_must_be_is_unpickled_or_executed() -> None:
    package = ROOT / "nia_optuna"
    for file in sorted(package.rglob("*.py")):
        name = file.relative_to(package).as_posix()
        tree = ast.parse(file.read_text())
        attributes = {
            f"{node.value.id}.{node.attr}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        }
        of_libraries = {each for each in attributes if each.partition(".")[0] in LIBRARIES}
        assert of_libraries == PICKLING.get(name, set()), name
        assert not attributes & CALLS, name
        called = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        names = {node.func.id for node in called if isinstance(node.func, ast.Name)}
        assert names & {"eval", "exec", "compile", "__import__"} == EXECUTING.get(name, set()), name
        for node in called:
            if isinstance(node.func, ast.Attribute) and node.func.attr in ("load", "read_array"):
                given = {word.arg: ast.unparse(word.value) for word in node.keywords}
                numpys = ast.unparse(node.func).startswith("np.")
                assert not numpys or given.get("allow_pickle") == "False", name
        imported = {
            alias.name.partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        froms = {
            (node.module or "").partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
        }
        assert not froms & LIBRARIES, name
        assert not imported & LIBRARIES - {"pickle"}, name
