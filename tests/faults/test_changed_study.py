"""Cases 14 and 15: a study that asks another question is not continued, a bad baseline not begun.

With an added choice, a wider range or a new parameter the way out is `--extend`, see
tests/search/test_extension.py.
"""

import shutil
from pathlib import Path

import pytest

from tests.faults.called import STUDY, called, content, refused
from tests.faults.rows import rows

POINTS = '''
from nia_optuna import MLP, SGD, Adam, Budget, Recipe, Space, Table, study


@study(
    dataset=Table("points.csv", target="kind", classes=True),
    budget=Budget(trials=2, epochs=2, finalists=0),
)
def points(space: Space) -> Recipe:
    """Which side is a point on?"""
    width = space.integer("width", 4, 32, default=8)
    kind = space.choice("activation", ("relu", "tanh"), default="relu")
    rate = space.log("lr", 1e-3, 1e-1, default=1e-2)
    return Recipe(MLP((width,), activation=kind), SGD(lr=rate))
'''
ROWS = [f"{number % 7},{number % 5},{'ab'[number % 7 > number % 5]}" for number in range(90)]
TABLE = "\n".join(("x,y,kind", *ROWS, ""))

SPACE = {
    "a wider range": (
        ('"width", 4, 32', '"width", 4, 64'),
        "parameter 'width' was 4 to 32 (default 8) and is now 4 to 64 (default 8)",
    ),
    "a narrower range": (
        ('"width", 4, 32', '"width", 4, 16'),
        "parameter 'width' was 4 to 32 (default 8) and is now 4 to 16 (default 8)",
    ),
    "another scale": (
        ('space.log("lr"', 'space.uniform("lr"'),
        "parameter 'lr' was 0.001 to 0.1 (log) (default 0.01) and is now 0.001 to 0.1 (default",
    ),
    "another choice": (
        ('("relu", "tanh")', '("relu", "gelu")'),
        "parameter 'activation' was relu, tanh (default relu) and is now relu, gelu (default relu)",
    ),
    "choices in another order": (
        ('("relu", "tanh")', '("tanh", "relu")'),
        "parameter 'activation' was relu, tanh (default relu) and is now tanh, relu (default relu)",
    ),
    "another default": (
        ("default=8", "default=9"),
        "parameter 'width' was 4 to 32 (default 8) and is now 4 to 32 (default 9)",
    ),
    "another name": (('"lr"', '"rate"'), "parameter 'lr' is gone"),
    "a parameter more": (
        ("SGD(lr=rate)", 'SGD(lr=rate, momentum=space.uniform("momentum", 0, 0.9, default=0.0))'),
        "parameter 'momentum' is new",
    ),
}
MEASURE = {
    "another metric": (
        ("    budget", '    metric="loss",\n    budget'),
        "its metric was 'accuracy' and is now 'loss'",
    ),
    "another loss": (
        ("    budget", '    loss="hinge",\n    budget'),
        "its loss was 'cross_entropy' and is now 'hinge'",
    ),
    "fewer examples": (
        ("    budget", "    subset=0.5,\n    budget"),
        "its subset was None and is now 0.5",
    ),
    "another cut": (
        ("    budget", "    validation=0.2,\n    budget"),
        "its validation was 0.1 and is now 0.2",
    ),
    "another seed": (("    budget", "    seed=7,\n    budget"), "its seed was 0 and is now 7"),
    "more epochs": (("epochs=2", "epochs=3"), "its epochs was 2 and is now 3"),
    "another optimizer": (("SGD(lr", "Adam(lr"), "its defaults made Recipe("),
}


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder in which the study was run, and leave it as it is."""
    folder = tmp_path_factory.mktemp("begun")
    (folder / "points.py").write_text(POINTS)
    (folder / "points.csv").write_text(TABLE)
    return folder


@pytest.fixture
def folder(
    begun: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Path:
    """Stand in a copy of that folder."""
    monkeypatch.setenv("NIA_OPTUNA_DATA", str(begun / "data"))
    if not (begun / "runs").exists():
        monkeypatch.chdir(begun)
        assert called(monkeypatch, capfd, "run", "points.py", "--workers", "0").code == 0
    copied = tmp_path / "copied"
    shutil.copytree(begun, copied, ignore=shutil.ignore_patterns("data"))
    monkeypatch.chdir(copied)
    return copied


@pytest.mark.parametrize("what", SPACE)
def test_a_changed_space_is_refused_by_the_parameter_and_extend_is_a_way_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], what: str
) -> None:
    (was, now), said = SPACE[what]
    assert was in POINTS
    (folder / "points.py").write_text(POINTS.replace(was, now))
    before = content(folder)
    found = called(monkeypatch, capfd, "run", "points.py", "--workers", "0", "--trials", "4")
    parts = ("study 'points' cannot be continued: ", said, "with --extend", "--name")
    refused(found, 2, *parts, first=False)
    assert content(folder) == before


@pytest.mark.parametrize("what", MEASURE)
def test_what_decides_what_a_value_means_may_not_change(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], what: str
) -> None:
    (was, now), said = MEASURE[what]
    assert was in POINTS
    (folder / "points.py").write_text(POINTS.replace(was, now))
    before = content(folder)
    found = called(monkeypatch, capfd, "run", "points.py", "--workers", "0", "--trials", "4")
    parts = ("study 'points' cannot be continued: ", said, "start another with --name")
    refused(found, 2, *parts, first=False)
    assert "--extend" not in found.err
    assert content(folder) == before


def test_other_data_in_the_same_file_are_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (folder / "points.csv").write_text(TABLE + "100,1,a\n")
    before = content(folder)
    found = called(monkeypatch, capfd, "run", "points.py", "--workers", "0", "--trials", "4")
    parts = ("its data were points sha256:", "and are now points sha256:", "--name")
    refused(found, 2, *parts, first=False)
    assert content(folder) == before


def test_postgresql_is_left_as_it_was_too(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    postgres_url: str,
) -> None:
    words = ("run", "points.py", "--workers", "0", "--storage", postgres_url)
    assert called(monkeypatch, capfd, *words).code == 0
    before = rows(postgres_url)
    for (was, now), said in (SPACE["another choice"], MEASURE["another metric"]):
        (folder / "points.py").write_text(POINTS.replace(was, now))
        refused(called(monkeypatch, capfd, *words, "--trials", "4"), 2, said, first=False)
    assert rows(postgres_url) == before


BASELINES = {
    "out of its range": ('{"width": 64}', "64 for 'width' is outside its range: 4 to 32"),
    "no whole number": ('{"width": 8.5}', "8.5 for 'width' is outside its range: 4 to 32"),
    "no number": ('{"width": "8"}', "'8' for 'width' is outside its range: 4 to 32"),
    "not finite": ('{"width": float("nan")}', "nan for 'width' is outside its range: 4 to 32"),
    "misspelt": ('{"widht": 8}', "the study has no parameter 'widht'; did you mean 'width'?"),
    "the defaults": ('{"width": 8}', "is the same as the defaults"),
}


@pytest.mark.parametrize("what", BASELINES)
def test_a_bad_baseline_is_refused_when_the_file_loads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], what: str
) -> None:
    monkeypatch.chdir(tmp_path)
    params, said = BASELINES[what]
    text = STUDY.replace("    budget", f'    baselines={{"mine": {params}}},\n    budget')
    (tmp_path / "tiny.py").write_text(text)
    before = content(tmp_path)
    refused(
        called(monkeypatch, capfd, "run", "tiny.py", "--workers", "0"), 2, "baseline 'mine'", said
    )
    assert content(tmp_path) == before
