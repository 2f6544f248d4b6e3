"""`nia-optuna run` as a user meets it: a real process, real Ctrl-C, one line for every mistake."""

import json
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import optuna
import pytest
import typer

from nia_optuna.cli.given import seconds
from nia_optuna.cli.line import line_to_record, line_to_type
from nia_optuna.cli.main import main
from nia_optuna.record import StudyAttr
from nia_optuna.training import probed
from nia_optuna.training.device import Device

ROOT = Path(__file__).parents[2]
DIGITS = str(ROOT / "studies" / "digits_mlp.py")
TINY = """
from nia_optuna import MLP, SGD, Budget, Recipe, Space, Synthetic, study


@study(
    dataset=Synthetic(shape=(1, 6, 6), classes=3, train=150, test=60),
    budget=Budget(trials=3, epochs=2, finalists=1, seeds=2),
)
def tiny(space: Space) -> Recipe:
    \"\"\"Which width?\"\"\"
    return Recipe(MLP((space.integer("width", 4, 32, default=8),)), SGD(lr=0.1))
"""


HOUSES = """
from nia_optuna import MLP, Adam, Budget, Recipe, Space, study


@study(dataset="boston_housing", budget=Budget(trials=1, epochs=1, finalists=0))
def houses(space: Space) -> Recipe:
    \"\"\"Which width?\"\"\"
    return Recipe(MLP((space.integer("width", 4, 32, default=8),)), Adam())
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tiny.py").write_text(TINY)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """Run the program in this process and return its exit code."""
    monkeypatch.setattr(sys, "argv", ["nia-optuna", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def program(*words: str) -> list[str]:
    return [sys.executable, "-m", "nia_optuna", *words]


def stored(folder: Path, name: str) -> optuna.Study:
    return optuna.load_study(study_name=name, storage=f"sqlite:///{folder}/runs/studies.db")


def test_a_run_ends_with_its_best_and_the_next_step(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "run", "tiny.py", "--workers", "0") == 0
    out, err = capfd.readouterr()
    assert out == ""
    assert "tiny: recommended is trial" in err
    assert "nia-optuna report tiny" in err
    assert len(stored(folder, "tiny").trials) == 3


def test_numbers_are_learnt_in_float32_where_bfloat16_is_faster(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "houses.py").write_text(HOUSES)
    monkeypatch.setenv("NIA_OPTUNA_DATA", str(folder / "data"))
    monkeypatch.setattr(probed, "probe", lambda name: Device(name, bf16=True))
    for file, name, precision in (
        ("tiny.py", "tiny", "bfloat16 autocast"),
        ("houses.py", "houses", "float32"),
    ):
        assert call(monkeypatch, "run", file, "--workers", "0", "--trials", "1") == 0
        environment = stored(folder, name).user_attrs[StudyAttr.ENVIRONMENT]
        assert environment["precision"] == precision


def test_json_is_one_document_on_stdout(
    folder: Path,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert call(monkeypatch, "run", "tiny.py", "--workers", "0", "--json") == 0
    summary = json.loads(capfd.readouterr().out)
    assert summary["study"] == "tiny"
    assert summary["trials"]["complete"] + summary["trials"]["pruned"] == 3


def test_what_a_network_prints_does_not_reach_the_document(folder: Path) -> None:
    chatty = TINY.replace("MLP((", "Chatty((").replace(
        "\n\n@study",
        """
from dataclasses import dataclass


@dataclass(frozen=True)
class Chatty:
    widths: tuple

    def build(self, shape, classes):
        print("building")
        return MLP(self.widths).build(shape, classes)


@study""",
        1,
    )
    (folder / "tiny.py").write_text(chatty)
    words = program("run", "tiny.py", "--workers", "1", "--json")
    ended = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True)  # ours
    assert json.loads(ended.stdout)["study"] == "tiny"
    assert "building" in ended.stderr


def test_a_dry_run_says_what_would_be_done_and_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "run", "tiny.py", "--dry-run", "--json") == 0
    plan = json.loads(capfd.readouterr().out)
    assert plan["space"] == [{"name": "width", "range": "4 to 32", "default": 8}]
    assert not (folder / "runs").exists()


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (["run", "nowhere.py"], 2, "nowhere.py"),
        (["run", "tiny.py:tine"], 2, "tiny"),
        (["run", "tiny.py", "--trials", "0"], 2, "--trials"),
        (["run", "tiny.py", "--trials", "many"], 2, "--trials"),
        (["run", "tiny.py", "--workers", "few"], 2, "'few' is neither auto nor a number"),
        (["run", "tiny.py", "--device", "gpu"], 2, "'gpu'"),
        (["run", "tiny.py", "--timeout", "soon"], 2, "'soon' is not a duration"),
        (["run", "tiny.py", "--name", "../../x"], 2, "study name '../../x'"),
        (["run", "tiny.py", "--storage", "nonsense"], 2, "not a database URL"),
        (["run", "tiny.py", "--storage", "nonsense", "--dry-run"], 2, "not a database URL"),
        (["run", "tiny.py", "--workers", "9999"], 2, "more than 256"),
        (["run", "tiny.py", "--timeout", "9" * 400], 2, "a duration must be above 0, and end"),
        (["run", "tiny.py", "--seed", "5000000000"], 2, "--seed"),
        (
            ["run", "tiny.py", "--storage", "postgresql://u:canary@h:p/x"],
            2,
            "not a database URL",
        ),
        (["run", "tiny.py", "--nonsense"], 2, "--nonsense"),
        (["walk"], 2, "walk"),
    ],
)
def test_a_mistake_is_one_line_with_the_right_exit_code(  # noqa: PLR0917
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    words: Sequence[str],
    code: int,
    line: str,
) -> None:
    assert call(monkeypatch, *words) == code
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("nia-optuna: ")
    assert line in err
    assert not (folder / "runs" / "studies.db").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_before_the_search_ends_the_program_with_a_word(
    folder: Path, number: signal.Signals
) -> None:
    sleep = "import pathlib, time\n\npathlib.Path('begun').touch()\ntime.sleep(60)\n\n\n@study"
    (folder / "slow.py").write_text(TINY.replace("@study", sleep, 1))
    with subprocess.Popen(program("run", "slow.py"), stderr=subprocess.PIPE, text=True) as running:
        while not (folder / "begun").exists():
            time.sleep(0.1)
        running.send_signal(number)
        _, err = running.communicate(timeout=20)
    assert running.returncode == 130
    assert err == "nia-optuna: interrupted\n"


def test_what_the_file_holds_fixed_may_not_change_either(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    call(monkeypatch, "run", "tiny.py", "--workers", "0")
    (folder / "tiny.py").write_text(TINY.replace("lr=0.1", "lr=0.2"))
    capfd.readouterr()
    assert call(monkeypatch, "run", "tiny.py", "--workers", "0", "--trials", "9") == 2
    assert "its defaults made Recipe(" in capfd.readouterr().err


def test_a_changed_space_is_refused_and_extend_is_the_way_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    call(monkeypatch, "run", "tiny.py", "--workers", "0")
    before = (folder / "runs" / "studies.db").read_bytes()
    (folder / "tiny.py").write_text(TINY.replace("4, 32", "4, 64"))
    capfd.readouterr()
    assert call(monkeypatch, "run", "tiny.py", "--workers", "0", "--trials", "9") == 2
    err = capfd.readouterr().err
    assert "parameter 'width' was 4 to 32 (default 8) and is now 4 to 64" in err
    assert "with --extend" in err
    assert (folder / "runs" / "studies.db").read_bytes() == before
    assert call(monkeypatch, "run", "tiny.py", "--workers", "0", "--trials", "4", "--extend") == 0
    err = capfd.readouterr().err
    assert "study 'tiny-2' begins with 3 of the 3 trials of 'tiny'" in err
    assert "3 of its trials are from tiny, which it extends" in err
    assert "nia-optuna report tiny-2" in err
    assert len(stored(folder, "tiny-2").trials) == 4


@pytest.mark.parametrize(
    ("text", "expected"), [("90", 90), ("45s", 45), ("30m", 1800), ("2h", 7200), ("1h30m", 5400)]
)
def test_durations_are_read_as_people_write_them(text: str, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "soon", "-5", "0", "2 h", "h"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        seconds(text)


def test_the_recorded_line_holds_no_password_and_no_home_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    line = line_to_record(
        [
            "nia-optuna",
            "run",
            "/home/somebody/my studies/x.py",
            "--storage",
            "postgresql+psycopg://me:canary@host/db",
            "--storage=postgresql+psycopg://host/db?user=me&password=canary",
        ]
    )
    assert "canary" not in line
    assert "somebody" not in line
    assert "~/'my studies/x.py'" in line


def test_the_line_to_continue_with_works_as_it_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.chdir("/")
    argv = ["/opt/venv/bin/nia-optuna", "run", "/home/somebody/x.py"]
    assert line_to_type(argv) == "opt/venv/bin/nia-optuna run /home/somebody/x.py"
    assert line_to_type(["/x/__main__.py", "run"]) == "python -m nia_optuna run"


SLOW_STARTERS = """
import optuna

from nia_optuna import MLP, SGD, Budget, Recipe, Space, Synthetic, study


class Everything(optuna.pruners.BasePruner):
    def prune(self, study, trial):
        return True


@study(
    dataset=Synthetic(shape=(1, 6, 6), classes=3, train=150, test=60),
    budget=Budget(trials=3, epochs=2, finalists=1, seeds=2),
    pruner=Everything(),
)
def pruned(space: Space) -> Recipe:
    \"\"\"Which width?\"\"\"
    return Recipe(MLP((space.integer("width", 4, 32, default=8),)), SGD(lr=0.1))
"""


def test_pruned_trials_are_finished_when_asked_and_the_end_says_what_became_of_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (folder / "pruned.py").write_text(SLOW_STARTERS)
    words = ("run", "pruned.py", "--workers", "0", "--finish-pruned", "1")
    assert call(monkeypatch, *words, "--json") == 0
    out, err = capfd.readouterr()
    entry = json.loads(out)["pruning"]
    assert (entry["pruned"], entry["finished"], entry["epochs"]) == (2, 1, 2)
    assert "pruned: pruning check, 0 of 1 trainings done" in err
    assert "1 of 2 pruned trials were finished: " in err
    assert call(monkeypatch, "status") == 0
    _, row, below, *_ = capfd.readouterr().out.splitlines()
    assert "3/3" in row
    assert "1 checked" in below
    assert call(monkeypatch, *words) == 0
    assert "nothing to do" in capfd.readouterr().err


@pytest.mark.parametrize("number", ["0", "-3", "some", "1.5"])
def test_a_bad_number_of_pruned_trials_is_one_line(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    number: str,
) -> None:
    assert call(monkeypatch, "run", "tiny.py", "--finish-pruned", number) == 2
    err = capfd.readouterr().err
    assert "--finish-pruned" in err
    assert err.count("\n") == 1
    assert not (folder / "runs").exists()


def test_a_trial_is_replayed_by_the_line_that_it_was_run_with(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ("run", "tiny.py", "--workers", "0", "--trials", "1", "--epochs", "1")
    assert call(monkeypatch, *words) == 0
    before = (folder / "runs" / "studies.db").read_bytes()
    capfd.readouterr()
    assert call(monkeypatch, *words, "--replay", "0") == 0
    assert "trial 0: the same to the last bit" in capfd.readouterr().err
    # Without --epochs those of the stored study are taken; another number is another question.
    assert call(monkeypatch, "run", "tiny.py", "--replay", "0", "--json") == 0
    found = json.loads(capfd.readouterr().out)
    (training,) = found["trainings"]
    assert (found["verdict"], found["study"]) == ("identical", "tiny")
    assert training["now"][0]["validation_loss"] == training["recorded"][0]["validation_loss"]
    for wrong, line in (
        (("--replay", "0", "--epochs", "2"), "its epochs was 1 and is now 2"),
        (("--replay", "7"), "study 'tiny' has no trial 7: its trials are 0 to 0"),
        (("--replay", "0", "--finish-pruned", "1"), "--replay does not go with --finish-pruned"),
    ):
        assert call(monkeypatch, "run", "tiny.py", *wrong) == 2
        err = capfd.readouterr().err
        assert line in err
        assert err.count("nia-optuna:") == 1
    assert (folder / "runs" / "studies.db").read_bytes() == before


@pytest.mark.usefixtures("folder")
def test_who_completes_nothing_in_time_is_told_that_and_how_to_see_it(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ("run", "tiny.py", "--workers", "0", "--runs-dir", "else where")
    assert call(monkeypatch, *words, "--timeout", "0.001s") == 1
    *_, line = capfd.readouterr().err.splitlines()
    said, _, way = line.partition("; see why with: ")
    assert said.endswith("completed before its timeout was over; the same command goes on")
    assert way == "nia-optuna report tiny --runs-dir 'else where'"
    assert call(monkeypatch, *shlex.split(way)[1:]) == 0
