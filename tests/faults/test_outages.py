"""A PostgreSQL server that is away: results wait on the disk, and every trial is trained once."""

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState

from benchmarks.soak.coordinator import children
from nia_optuna.record import TrialAttr
from nia_optuna.search.leases import Leases
from nia_optuna.search.outbox import Outbox
from nia_optuna.search.patience import LAST_SECONDS
from nia_optuna.search.storage import open_storage
from tests.faults.outage import SLOW
from tests.postgres import Server, server
from tests.search.test_every_storage import asked, finish, ledger_in, study
from tests.search.test_sharing import opened_at

ROOT = Path(__file__).parents[2]
AWAY = 30.0  # seconds that the server is away in the longest of these
LEASE = 5.0
PATIENCE = 300.0
# Seconds after Ctrl-C. Ten are promised; where others keep the processors busy, ending two trainers
# and the interpreter takes longer than that, so this tells only a run that ends from one that goes
# on asking. The seconds themselves are held by tests/search/test_unanswered.py, without processes.
ENDS = 30.0


@pytest.fixture(scope="module")
def own() -> Iterator[Server]:
    """Return a server that nobody else uses."""
    with server() as running:
        yield running


@contextmanager
def away(own: Server) -> Iterator[None]:
    own.stop()
    try:
        yield
    finally:
        own.start()


@contextmanager
def silent(own: Server) -> Iterator[None]:
    """Let the server answer nothing, and refuse nothing: all its processes are stopped."""
    stopped = [own.pid()]
    os.kill(own.pid(), signal.SIGSTOP)  # first, so that there are no new ones
    for child in children(own.pid()):
        os.kill(child, signal.SIGSTOP)
        stopped.append(child)
    try:
        yield
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)


@dataclass(frozen=True)
class Place:
    """A study file, its storage, and where its runs leave their traces."""

    folder: Path
    url: str
    data: Path

    def begun(self) -> Counter[int]:
        """Return how often a network of each width began to be trained."""
        file = self.folder / "begun"
        return Counter(map(int, file.read_text().split())) if file.exists() else Counter()

    def outbox(self) -> dict[int, Path]:
        """Return the files of trials that wait to be told."""
        files = (self.folder / "runs" / "outbox").glob("slow/*/[!.]*")
        return {int(file.name.partition("-")[0]): file for file in files}

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let no training go beyond its beginning."""
        hold = self.folder / "hold"
        hold.touch()
        try:
            yield
        finally:
            hold.unlink()

    def trials(self) -> list[FrozenTrial]:
        return optuna.load_study(study_name="slow", storage=self.url).trials


@dataclass(frozen=True)
class Running:
    """A process, and the file that has what it says."""

    process: subprocess.Popen[str]
    place: Place
    file: Path

    @property
    def said(self) -> str:
        return self.file.read_text()

    def wait_for(self, *, begun: int = 0, kept: int = 0) -> None:
        """Wait until so many trials have begun, and so many wait to be told."""
        ends = time.monotonic() + PATIENCE
        while len(self.place.begun()) < begun or len(self.place.outbox()) < kept:
            assert time.monotonic() < ends, self.said
            assert self.process.poll() is None, self.said
            time.sleep(0.02)

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def end(self) -> int:
        return self.process.wait(PATIENCE)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where what the machine is fastest with is measured once for all."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def place(own: Server, tmp_path: Path, data: Path) -> Place:
    return placed(tmp_path, own.fresh_database(), data)


def placed(folder: Path, url: str, data: Path) -> Place:
    (folder / "slow.py").write_text(SLOW)
    return Place(folder, url, data)


@contextmanager
def run(
    place: Place,
    trials: int = 4,
    *,
    patience: float = 600,
    last: float = LAST_SECONDS,
    before: str = "",
) -> Iterator[Running]:
    """Run the study with two trainers; `before` is what the process does first."""
    words = ["run", str(place.folder / "slow.py"), "--workers", "2", "--device", "cpu"]
    words += ["--trials", str(trials), "--runs-dir", str(place.folder / "runs")]
    words += ["--data-dir", str(place.data), "--storage", place.url]
    code = "import runpy\nrunpy.run_module('tests.faults.outage', run_name='__main__')"
    program = ["-c", f"{before}\n{code}"] if before else ["-m", "tests.faults.outage"]
    command = [sys.executable, *program, str(patience), str(last), str(LEASE), *words]
    file = place.folder / f"said-{time.monotonic_ns()}"
    here = {**os.environ, "PYTHONPATH": str(ROOT)}
    with (
        file.open("w") as said,
        subprocess.Popen(
            command, stdout=said, stderr=said, text=True, cwd=ROOT, env=here
        ) as process,
    ):
        try:
            yield Running(process, place, file)
        finally:
            process.kill()


def now() -> datetime:
    return datetime.now()  # noqa: DTZ005  # as Optuna does


def check_finished(place: Place, trials: int = 4, *, again: int = 0) -> None:
    """All are complete with all their epochs, and no more than `again` were trained again."""
    stored = place.trials()
    assert [t.state for t in stored] == [TrialState.COMPLETE] * trials
    assert all(len(t.intermediate_values) == 3 for t in stored)
    assert sum(TrialAttr.ATTEMPTS in t.user_attrs for t in stored) <= again
    assert place.begun().total() <= trials + again
    assert place.outbox() == {}


def check_told(place: Place, kept: Iterable[int], before: datetime) -> None:
    """These had ended before, in their first attempt, and were trained once."""
    stored = place.trials()
    for trial in (stored[number] for number in kept):
        assert trial.datetime_complete is not None
        assert trial.datetime_complete < before
        assert TrialAttr.ATTEMPTS not in trial.user_attrs
        assert place.begun()[trial.params["width"]] == 1


@pytest.mark.slow
def test_a_server_that_is_away_for_half_a_minute_and_restarts_costs_no_trial(
    own: Server, place: Place
) -> None:
    """While networks are trained, at tell, and at whatever moment three restarts find."""
    with run(place, 8) as running, ExitStack() as held:
        held.enter_context(place.held())
        running.wait_for(begun=2)
        with away(own):
            held.close()
            left = now()
            running.wait_for(kept=2)
            time.sleep(max(0, AWAY - (now() - left).total_seconds()))
            assert running.process.poll() is None, running.said
            back = now()
        for begun in (4, 5, 6):
            running.wait_for(begun=begun)
            with away(own):
                pass
        assert running.end() == 0, running.said
    check_finished(place, 8)
    ended = [t.datetime_complete for t in place.trials() if t.datetime_complete]
    assert sum(left < time < back for time in ended) >= 2
    # What the driver says of the server stands in brackets behind the line of an outage.
    said = [line for line in running.said.splitlines() if "the database server is away" not in line]
    assert not re.search("failed|refused|tried again|in other hands|Error", "\n".join(said))


@pytest.mark.slow
def test_who_is_killed_while_the_server_is_away_tells_what_had_ended_and_trains_it_no_more(
    own: Server, place: Place
) -> None:
    with run(place) as running, ExitStack() as held:
        held.enter_context(place.held())
        running.wait_for(begun=2)
        with away(own):
            held.close()
            running.wait_for(kept=2)
            running.process.kill()
            running.process.wait()
            killed, kept = now(), set(place.outbox())
    with run(place) as running:
        assert running.end() == 0, running.said
        assert f"{len(kept)} trials that had ended are told" in running.said
    check_finished(place, again=2)
    check_told(place, kept, killed)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["Ctrl-C", "too long"])
def test_a_run_that_ends_while_the_server_is_away_says_how_to_go_on(
    own: Server, place: Place, how: str
) -> None:
    code, last = 1, "nia-optuna: the database server was away for 10 minutes (connection "
    with run(place, patience=600 if how == "Ctrl-C" else 15) as running, ExitStack() as held:
        held.enter_context(place.held())
        running.wait_for(begun=2)
        with away(own):
            held.close()
            running.wait_for(kept=2)
            if how == "Ctrl-C":
                code, last = 130, "nia-optuna: saved; continue with: "
                running.interrupt()
                assert running.process.wait(ENDS) == code
            assert running.end() == code, running.said
            ended, kept = now(), set(place.outbox())
    assert running.said.splitlines()[-1].startswith(last)
    assert "continue with: " in running.said
    assert "Traceback" not in running.said
    assert len(kept) >= 2
    with run(place) as running:
        assert running.end() == 0, running.said
        assert f"{len(kept)} trials that had ended are told" in running.said
    check_finished(place, again=2)
    check_told(place, kept, ended)


@pytest.mark.slow
def test_a_server_that_is_back_within_seconds_of_ctrl_c_is_told_everything(
    own: Server, place: Place
) -> None:
    """Though who asks it is in a pause of up to ten seconds then."""
    with run(place, last=PATIENCE) as running, ExitStack() as held:
        held.enter_context(place.held())
        running.wait_for(begun=2)
        with away(own):
            held.close()
            running.wait_for(kept=2)
            running.interrupt()
        assert running.end() == 130, running.said
    assert running.said.splitlines()[-1].startswith("nia-optuna: saved; continue with: ")
    assert place.outbox() == {}
    states = Counter(t.state.name for t in place.trials())
    assert states["COMPLETE"] >= 2
    assert states["RUNNING"] == 0
    assert not [t for t in place.trials() if TrialAttr.ATTEMPTS in t.user_attrs]


@pytest.mark.slow
def test_a_run_ends_soon_after_ctrl_c_where_the_server_answers_nothing(
    own: Server, place: Place
) -> None:
    with run(place) as running, ExitStack() as held:
        held.enter_context(place.held())
        running.wait_for(begun=2)
        with silent(own):
            held.close()
            time.sleep(3)  # until something is asked
            running.interrupt()
            assert running.process.wait(ENDS) == 130, running.said
            ended, kept = now(), set(place.outbox())
    assert running.said.splitlines()[-1].startswith("nia-optuna: saved; continue with: ")
    assert "Traceback" not in running.said
    with run(place) as running:
        assert running.end() == 0, running.said
    check_finished(place, again=3)
    check_told(place, kept, ended)


KILLED = """
import os, signal
from nia_optuna.search.outbox import Outbox

do = Outbox.{name}

def struck(self, trial):
    {first}
    os.kill(os.getpid(), signal.SIGKILL)

Outbox.{name} = struck
"""


@pytest.mark.slow
@pytest.mark.parametrize(("storage", "told"), [("sqlite", False), ("postgresql", True)])
def test_who_is_killed_around_tell_has_told_once_and_trains_once(
    own: Server, tmp_path: Path, data: Path, storage: str, *, told: bool
) -> None:
    """Between the file and the storage, or between the storage and the removal of the file."""
    file = f"sqlite:///{tmp_path}/slow.db"
    place = placed(tmp_path, file if storage == "sqlite" else own.fresh_database(), data)
    name, first = ("drop", "pass") if told else ("put", "do(self, trial)")
    with run(place, before=KILLED.format(name=name, first=first)) as running:
        assert running.end() == -signal.SIGKILL, running.said
    killed, kept = now(), set(place.outbox())
    (number,) = kept
    before = place.trials()[number]
    assert before.state == (TrialState.COMPLETE if told else TrialState.RUNNING)
    with run(place) as running:
        assert running.end() == 0, running.said
        assert ("1 trials that had ended are told" in running.said) != told
    check_finished(place, again=2)
    check_told(place, kept, killed)
    assert not told or repr(place.trials()[number]) == repr(before)


@pytest.mark.slow
def test_a_server_that_restarts_between_trials_is_asked_again(own: Server) -> None:
    ledger = opened_at(own.fresh_database())
    with ledger.kept():
        for number in range(2):
            (opened,) = asked(ledger, 1)
            assert opened.run.trial == number
            finish(ledger, opened)
            with away(own):
                pass
    assert [t.state for t in ledger.trials()] == [TrialState.COMPLETE] * 2


@pytest.mark.slow
def test_what_ended_at_two_coordinators_in_an_outage_counts_though_one_starts_anew_behind_it(
    own: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One has lived through it, and not said so yet, when the other, which was killed, is back."""
    storage = open_storage(own.fresh_database(), tmp_path, create=True)
    five = replace(study, budget=replace(study.budget, trials=5))
    outbox = Outbox(tmp_path / "outbox")
    one = ledger_in(storage, five, LEASE)  # what ends there waits in its memory alone
    killed, again = (ledger_in(storage, five, LEASE, outbox) for _ in range(2))
    with ExitStack() as stack:
        with monkeypatch.context() as silent:
            silent.setattr(Leases, "_keep", lambda *_: None)
            for ledger in (one, killed):
                stack.enter_context(ledger.kept())
        ended, running = asked(one, 2)
        (told,) = asked(killed, 1)
        with away(own):
            finish(one, ended, 0.1)
            finish(killed, told, 0.2)
            time.sleep(2 * LEASE)  # all leases have been over for as long as one lasts
        assert again.retell() == 1
        stack.enter_context(again.kept())
        time.sleep(LEASE / 2)
        begun = asked(again, 5)
        assert [each.run.trial for each in begun] == [3, 4]
        one.keep_up()
        finish(one, running, 0.3)
        for each in begun:
            finish(again, each)
        assert asked(again, 5) == []
    stored = again.trials()
    assert [t.value for t in stored] == [0.1, 0.3, 0.2, 0.5, 0.5]
    assert not any(TrialAttr.ATTEMPTS in t.user_attrs for t in stored)
