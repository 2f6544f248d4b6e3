"""Study files: the good ones load, every mistake becomes one line with its place."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nia_optuna import Budget, Study, load
from nia_optuna.load import LoadError, studies_in

STUDIES = Path(__file__).parent / "resources" / "studies"
GOOD, BROKEN = STUDIES / "good", STUDIES / "broken"

MISTAKES = {
    "syntax.py": ":5: expected ':'",
    "missing_import.py": ":3: No module named 'no_such_library'",
    "wrong_import.py": ":1: cannot import name 'Recipy' from 'nia_optuna'",
    "neighbour_syntax.py": ":3: expected ':' (syntax.py, line 5)",
    "fails_at_import.py": ":2: KeyError: 'rate'",
    "leaves.py": ":3: the file ends the program itself",
    "no_study.py": ": no study here; decorate a function with @study(dataset=...)",
    "same_name.py": ": two studies are called 'same'; rename one",
    "no_question.py": ":4: study 'broken' has no docstring",
    "no_space.py": ":4: study 'broken' asks for no parameter",
    "default_outside.py": ":7: default 3.0 of 'lr' is outside its range: 0.001 to 1 (log)",
    "forgot_default.py": ":7: Space.log() missing 1 required keyword-only argument: 'default'",
    "two_ranges.py": ":8: parameter 'lr' is used twice with different ranges: 0.001 to 1 (log)",
    "two_ranges_in_branches.py": ":4: parameter 'width' is used twice with different ranges",
    "not_a_recipe.py": ":4: study 'broken' must return a Recipe, it returned MLP",
    "unknown_data.py": ":4: data set 'cifar-10' is neither a folder nor one of",
    "missing_folder.py": ":4: image folder 'no/such/pictures' does not exist",
    "baseline_outside.py": ":4: baseline 'mine': 5.0 for 'lr' is outside its range: 0.001 to 1",
    "baseline_misspelt.py": ":4: baseline 'mine': the study has no parameter 'learning_rate'; did",
    "baseline_unused.py": ":4: baseline 'mine' sets 'adamw.lr', which its branch does not use",
    "zero_rate.py": ":8: lr=0.0 must be above 0 (with lr=0.0)",
    "no_epochs.py": ":4: epochs=0 must be a whole number of at least 1",
    "wrong_activation.py": ":8: activation 'rellu' is unknown",
    "wrong_sampler.py": ":4: sampler='tpee' is not one of auto, gp, tpe, random, grid; did you",
    "odd_sampler.py": ":4: sampler=7 is not one of auto, gp, tpe, random",
    "odd_baselines.py": ":4: baselines must map names to parameters, as in {'mine': {'width': 8}}",
    "no_brackets.py": ":4: write @study(dataset=...): a study needs at least its data set",
    "no_end.py": ":4: the space does not end: 501 parameters and counting",
    "fails_when_deep.py": ":8: ZeroDivisionError: division by zero (with depth=4)",
    "local_network.py": ":4: a recipe cannot be sent to a trainer: Can't pickle",
    "local_branch.py": ":15: a recipe cannot be sent to a trainer: Can't pickle",
    "notebook.ipynb": ": is a notebook; move the study function to a .py file",
}


def refusal(target: str | Path) -> str:
    with pytest.raises(LoadError) as error:
        load(str(target))
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(("file", "said"), MISTAKES.items())
def test_every_mistake_is_one_line_that_begins_with_its_place(file: str, said: str) -> None:
    assert refusal(BROKEN / file).startswith(f"{BROKEN / file}{said}")


def test_a_recipe_that_cannot_travel_is_named_by_its_branch() -> None:
    assert refusal(BROKEN / "local_branch.py").endswith("(with model=own)")


def test_every_broken_file_is_in_the_list_above() -> None:
    assert {file.name for file in BROKEN.iterdir() if file.is_file()} == set(MISTAKES)


def test_the_only_study_needs_no_name() -> None:
    made = load(f"{GOOD}/only.py")
    assert made.name == "small"
    assert made.path == GOOD / "only.py"
    assert made.budget == Budget(trials=4, epochs=2)
    assert made.baselines == {"wide": {"width": 32}}


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("lenet.py", "lenet"),
        ("lenet.py:mnist", "mnist"),
        ("lenet.py:clothes", "clothes-v2"),
        ("lenet.py:clothes-v2", "clothes-v2"),
        ("pair.py:second", "second"),
    ],
)
def test_several_studies_are_told_apart_by_function_or_study_name(target: str, name: str) -> None:
    assert load(f"{GOOD}/{target}").name == name


def test_several_studies_and_no_name_list_what_there_is() -> None:
    file = GOOD / "pair.py"
    assert refusal(file) == f"{file}: has several studies; name one: {file}:first, {file}:second"


def test_a_misspelt_study_is_answered_with_the_nearest() -> None:
    assert refusal(f"{GOOD}/lenet.py:mnits").endswith("no study 'mnits'; did you mean 'mnist'?")
    assert refusal(f"{GOOD}/lenet.py:zzz").endswith("there is lenet, mnist, clothes")


@pytest.mark.parametrize(
    ("right", "wrong", "known"),
    [
        ("subset=100", "subsett=100", "subset"),
        ("trials=3", "trails=3", "trials"),
        ("space.log(", "space.lgo(", "log"),
        ("batch_size=16", "batchsize=16", "batch_size"),
    ],
)
def test_a_misspelt_setting_is_answered_with_the_nearest(
    tmp_path: Path, right: str, wrong: str, known: str
) -> None:
    source = """
from nia_optuna import MLP, SGD, Budget, Recipe, Space, study


@study(dataset="digits", budget=Budget(trials=3, epochs=2), subset=100)
def small(space: Space) -> Recipe:
    \"\"\"Which rate?\"\"\"
    return Recipe(MLP(), SGD(lr=space.log("lr", 0.01, 0.1, default=0.05)), batch_size=16)
"""
    file = tmp_path / "small.py"
    file.write_text(source)
    assert load(str(file)).name == "small"
    file.write_text(source.replace(right, wrong))
    assert refusal(file).endswith(f"; did you mean {known!r}?")


def test_a_path_is_shown_as_it_was_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(STUDIES)
    assert refusal("broken/syntax.py") == "broken/syntax.py:5: expected ':'"
    assert refusal("../studies/good/onyl.py").startswith("../studies/good/onyl.py: no such file")


def test_what_is_no_study_file_is_said_plainly(tmp_path: Path) -> None:
    assert refusal(GOOD / "onyl.py").endswith("no such file; did you mean 'only.py'?")
    assert refusal(GOOD).endswith("is a folder; name a study file in it")
    assert "is a folder" in refusal("")
    assert refusal("a\0b.py").endswith("cannot be read: embedded null byte")
    loop = tmp_path / "loop.py"
    loop.symlink_to(loop)
    assert "cannot be read: Too many levels of symbolic links" in refusal(loop)
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"\x89PNG")
    assert refusal(picture).endswith("is not a Python file (.py)")
    binary = tmp_path / "binary.py"
    binary.write_bytes(b"x = '\xff'\n")
    assert "codec can't decode" in refusal(binary)


def test_a_changed_file_is_run_anew_and_an_unchanged_one_is_not(tmp_path: Path) -> None:
    file = tmp_path / "changing.py"
    shutil.copy(GOOD / "own.py", file)
    before = load(str(file)).recipe({}).model
    assert load(str(file)).recipe({}).model == before
    file.write_text(file.read_text().replace("default=True", "default=False"))
    assert load(str(file)).recipe({}).model != before


def test_a_neighbour_may_be_imported_late_and_shadows_nothing(tmp_path: Path) -> None:
    source = (GOOD / "pair.py").read_text().replace("    return", "    import late\n    return", 1)
    (tmp_path / "early.py").write_text(source)
    (tmp_path / "late.py").write_text("")
    load(f"{tmp_path}/early.py:first")
    assert sys.path[0] != str(tmp_path)
    assert sys.path[-1] == str(tmp_path)
    sys.path.remove(str(tmp_path))


def test_what_a_study_prints_never_reaches_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    load(f"{GOOD}/own.py")
    assert capsys.readouterr().out == ""


def test_another_process_unpickles_a_users_own_network(tmp_path: Path) -> None:
    made = load(f"{GOOD}/own.py")
    (tmp_path / "recipe").write_bytes(pickle.dumps(made.recipe({"bias": False})))
    trainer = (
        "import pickle, pathlib, sys; from nia_optuna.load import studies_in;"
        "studies_in(pathlib.Path(sys.argv[1]));"
        "recipe = pickle.loads(pathlib.Path(sys.argv[2]).read_bytes());"
        "print(recipe.model, recipe.model.build((1, 8, 8), 10))"
    )
    said = subprocess.run(
        [sys.executable, "-c", trainer, GOOD / "own.py", tmp_path / "recipe"],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    ).stdout
    assert said.startswith("Linear(bias=False) Sequential(")


def test_studies_in_a_file_are_found_by_their_names() -> None:
    found = studies_in(GOOD / "lenet.py")
    assert list(found) == ["lenet", "mnist", "clothes"]
    assert all(isinstance(made, Study) for made in found.values())
