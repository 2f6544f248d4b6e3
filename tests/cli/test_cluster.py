"""What `--executor` and its companions refuse, before Ray is asked for anything."""

import importlib.util
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from nia_optuna.cli import cluster
from nia_optuna.cli.main import main

DIGITS = str(Path(__file__).parents[2] / "studies" / "digits_mlp.py")


def call(monkeypatch: pytest.MonkeyPatch, folder: Path, *words: str) -> int:
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["nia-optuna", "run", DIGITS, *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def one_line(capfd: pytest.CaptureFixture[str]) -> str:
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--executor", "slurm"], "'slurm' is none of local, ray and ray://HOST:PORT"),
        (["--executor", "ray://"], "'ray://' is none of"),
        (["--gpus-per-trial", "0.5"], "--gpus-per-trial is for --executor ray"),
        (["--executor", "ray", "--gpus-per-trial", "0"], "above 0 and at most 8"),
        (["--executor", "ray", "--gpus-per-trial", "8.5"], "above 0 and at most 8"),
        (["--executor", "ray", "--gpus-per-trial", "1.5"], "above 1 a whole number"),
        (["--executor", "ray", "--gpus-per-trial", "nan"], "above 0 and at most 8"),
        (["--executor", "ray", "--gpus-per-trial", "1", "--device", "cpu"], "--device cpu"),
        (["--executor", "ray", "--workers", "0"], "--workers 0 trains in this process"),
        (["--executor", "ray", "--device", "cuda:1"], "Ray says which GPU"),
        (["--executor", "ray", "--tensorboard", "events"], "--tensorboard needs trainers on this"),
    ],
)
def test_options_that_contradict_each_other_are_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    words: Sequence[str],
    said: str,
) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda _: importlib.util.find_spec("json"))
    assert call(monkeypatch, tmp_path, *words) == 2
    assert said in one_line(capfd)
    assert not list(tmp_path.iterdir())


def test_without_ray_the_line_says_how_to_have_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda _: None)
    assert call(monkeypatch, tmp_path, "--executor", "ray") == 2
    assert "pip install 'nia-optuna[ray]'" in one_line(capfd)


@pytest.mark.parametrize("given", ["option", "variable"])
def test_a_cluster_that_is_not_there_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], given: str
) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda _: importlib.util.find_spec("json"))
    with socket.socket() as bound:  # and nobody listens
        bound.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{bound.getsockname()[1]}"
        monkeypatch.setenv("RAY_ADDRESS", address if given == "variable" else "auto")
        executor = f"ray://{address}" if given == "option" else "ray"
        assert call(monkeypatch, tmp_path, "--executor", executor) == 1
    said = one_line(capfd)
    assert "no Ray cluster can be reached at" in said
    assert address in said


def test_an_address_without_a_port_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda _: importlib.util.find_spec("json"))
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1")
    assert call(monkeypatch, tmp_path, "--executor", "ray") == 1
    assert "names no port, as 127.0.0.1:6379 does" in one_line(capfd)
