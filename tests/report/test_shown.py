"""What a report leaves in the storage for the dashboard: a note and pictures, once."""

from __future__ import annotations

from pathlib import Path

import optuna
import pytest
import typer
from optuna.artifacts import get_all_artifact_meta
from optuna.storages import InMemoryStorage, RDBStorage
from optuna_dashboard import get_note, save_note
from typer.testing import CliRunner

from nia_optuna.cli.report import report
from nia_optuna.findings.alone import alone
from nia_optuna.findings.findings import find
from nia_optuna.record import NOTE, StudyAttr
from nia_optuna.report.artifacts import artifacts
from nia_optuna.report.note import note
from nia_optuna.report.shown import show
from tests.findings import answered, made

OF_TEST = {"confusion.png", "learning.png", "mistakes.png"}


def show_all(study: optuna.Study, folder: Path) -> str:
    load = artifacts(folder)
    return show(study, find(study, load), load, folder)


def stored(study: optuna.Study) -> dict[str, object]:
    return study._storage.get_study_system_attrs(study._study_id)  # noqa: SLF001  # nobody else has


def kept(study: optuna.Study, folder: Path) -> dict[str, bytes | None]:
    load = artifacts(folder)
    return {meta.filename: load(meta.artifact_id) for meta in get_all_artifact_meta(study)}


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> tuple[optuna.Study, Path]:
    folder = tmp_path_factory.mktemp("artifacts")
    study, contents = answered.digits()
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    assert show_all(study, folder) == ""
    return study, folder


def test_the_note_has_the_question_the_answer_and_the_pictures(
    digits: tuple[optuna.Study, Path],
) -> None:
    study, _ = digits
    said = get_note(study)
    assert said.startswith(f"> {made.STUDY_ATTRS[StudyAttr.QUESTION]}")
    assert ", 3 fresh seeds); it beats the default baseline (83.59 %)" in said
    assert "The importances that the dashboard draws are of the" in said
    assert "| trial 14&nbsp; | 77.80 %&nbsp; |" in said
    assert said.rstrip().endswith(NOTE)
    ids = {m.filename: m.artifact_id for m in get_all_artifact_meta(study)}
    for name in sorted(OF_TEST):
        assert f"](/artifacts/0/{ids[f'trial-14-{name}']})" in said


def test_every_confirmed_trial_has_its_learning_curves_and_its_mistakes_where_it_met_the_test_part(
    digits: tuple[optuna.Study, Path],
) -> None:
    study, folder = digits
    found = kept(study, folder)
    finalists = study.user_attrs[StudyAttr.CHOSEN]["finalists"]
    wanted = {f"trial-{number}-{name}" for number in (0, 14) for name in OF_TEST}
    assert found.keys() == wanted | {f"trial-{number}-learning.png" for number in finalists}
    assert all(png is not None and png.startswith(b"\x89PNG") for png in found.values())
    assert found["trial-0-mistakes.png"] != found["trial-14-mistakes.png"]


def test_the_dashboard_lists_them_at_their_trials_too(digits: tuple[optuna.Study, Path]) -> None:
    study, _ = digits
    listed = [key.split(":")[2:] for key in stored(study) if key.startswith("dashboard:artifacts:")]
    ids = {m.artifact_id: m.filename for m in get_all_artifact_meta(study)}
    trials = {trial._trial_id: trial.number for trial in study.trials}  # noqa: SLF001
    assert sorted(f"trial-{trials[int(trial)]}" for trial, _ in listed) == sorted(
        name.rpartition("-")[0] for name in ids.values()
    )
    assert {artifact for _, artifact in listed} == ids.keys()


def test_a_picture_that_the_dashboard_deleted_comes_back(tmp_path: Path) -> None:
    study = made.confirmed()
    assert show_all(study, tmp_path) == ""
    [gone] = [m for m in get_all_artifact_meta(study) if m.filename == "trial-0-learning.png"]
    (tmp_path / gone.artifact_id).unlink()
    key = f"artifacts:{gone.artifact_id}"
    study._storage.set_study_system_attr(study._study_id, key, "null")  # noqa: SLF001
    assert show_all(study, tmp_path) == ""
    listed = [str(value) for key, value in stored(study).items() if key.startswith("artifacts:")]
    assert len([value for value in listed if "trial-0-learning.png" in value]) == 1


def test_the_same_again_changes_nothing_and_a_changed_picture_takes_the_old_ones_place(
    digits: tuple[optuna.Study, Path],
) -> None:
    study, folder = digits
    load, found = artifacts(folder), find(study, artifacts(folder))
    before = stored(study)
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    [old] = [m for m in get_all_artifact_meta(study) if m.filename == "trial-0-learning.png"]
    (folder / old.artifact_id).write_bytes(b"\x89PNG of an earlier report")
    assert show(study, found, load, folder) == ""
    assert stored(study) == before
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == files


def test_a_note_that_the_user_has_written_stays(tmp_path: Path) -> None:
    study = made.searched(trials=4)
    save_note(study, f"{note(find(study), {})}\nmine")
    assert show_all(study, tmp_path) == "the note in the dashboard stays as you wrote it"
    assert get_note(study).endswith("\nmine")


def test_no_artifact_but_a_picture_is_written_over(tmp_path: Path) -> None:
    study = made.confirmed()
    assert show_all(study, tmp_path) == ""
    [mine] = [m for m in get_all_artifact_meta(study) if m.filename == "trial-0-learning.png"]
    (tmp_path / mine.artifact_id).write_bytes(b"weights")
    show_all(study, tmp_path)
    assert (tmp_path / mine.artifact_id).read_bytes() == b"weights"


def test_a_study_of_another_program_is_left_as_it_is(tmp_path: Path) -> None:
    study = optuna.create_study(storage=InMemoryStorage())
    assert "nia-optuna did not make this study" in show_all(study, tmp_path)
    assert stored(study) == {}


def test_a_storage_that_cannot_be_written_to_gets_no_note_and_a_report(tmp_path: Path) -> None:
    file = tmp_path / "studies.db"
    made.searched("cifar_cnn", RDBStorage(f"sqlite:///{file}"), trials=4)
    before = file.read_bytes()
    reading = RDBStorage(f"sqlite:///file:{file}?mode=ro&uri=true")
    study = optuna.load_study(study_name="cifar_cnn", storage=reading)
    assert "attempt to write a readonly database" in show_all(study, tmp_path)
    assert file.read_bytes() == before


def test_the_note_runs_and_links_nothing_that_a_study_says() -> None:
    evil = "<script>x</script> [a](javascript:x) ![b](http://z/y.png) <img src=x onerror=y>"
    study = made.confirmed()
    study.set_user_attr(StudyAttr.QUESTION, evil)
    made.add(study, made.DEFAULTS, attrs={"baseline": evil})
    said = note(find(study), {})
    assert "<script" not in said
    assert "<img" not in said
    assert "](" not in said.replace("\\](", "")


def test_one_configuration_alone_is_not_called_recommended() -> None:
    study, contents = answered.digits()
    found = find(study, contents.get)
    default = found.facts.trial(0)
    assert default is not None
    seen = alone(found, default, contents.get)
    assert seen.on_test is not None
    assert seen.on_test.run.trial == 0
    assert seen.facts is found.facts


@pytest.mark.parametrize("words", [(), ("--no-notes",)])
def test_the_report_command_leaves_the_note_unless_told_not_to(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    storage = RDBStorage(f"sqlite:///{tmp_path}/studies.db")
    study = made.searched("cifar_cnn", storage, trials=4)
    app = typer.Typer()
    app.command()(report)
    options = ["--runs-dir", str(tmp_path), "--reports-dir", str(tmp_path / "r"), *words]
    done = CliRunner().invoke(app, options)
    assert done.exit_code == 0, done.output
    assert bool(get_note(study)) == (not words)
