from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from nia_optuna.cli.data import data
from nia_optuna.data import DataSet, ImageFolder, Part, Synthetic, open_data
from nia_optuna.data.export import Export, ExportError, export_pictures

app = typer.Typer()
app.command()(data)

SLOWLY = """
import sys, time
from pathlib import Path
from nia_optuna.data import open_data
from nia_optuna.data.export import Export, export_pictures
def say(text, fraction):
    print(text, flush=True)
    time.sleep(60)
export_pictures(open_data("digits", Path(sys.argv[1])), Export(Path(sys.argv[2])), say)
"""


def in_class_order(part: Part, *, shards: int = 1) -> list[int]:
    """Return the places of a part's pictures in the order a folder of them is read."""
    pieces = np.array_split(np.arange(len(part)), shards)
    return [
        int(place)
        for piece in pieces
        for place in piece[np.argsort(part.targets[piece], kind="stable")]
    ]


def same(read: Part, part: Part, order: list[int]) -> bool:
    return np.array_equal(read.inputs, part.inputs[order]) and np.array_equal(
        read.targets, part.targets[order]
    )


def test_a_folder_is_read_back_as_it_was_within_every_class(tmp_path: Path) -> None:
    digits = open_data("digits", tmp_path)
    written = export_pictures(digits, Export(tmp_path / "png"))
    assert written == {"train": 1437, "test": 360}
    read = open_data(str(tmp_path / "png"), tmp_path)
    assert read.classes == tuple(f"00{digit}_{digit}" for digit in range(10))
    assert same(read.train, digits.train, in_class_order(digits.train))
    assert same(read.test, digits.test, in_class_order(digits.test))


def test_colours_survive_too(tmp_path: Path) -> None:
    made = open_data(Synthetic(shape=(3, 5, 7), train=1500), tmp_path)
    export_pictures(made, Export(tmp_path / "png"))
    read = open_data(str(tmp_path / "png"), tmp_path)
    assert same(read.train, made.train, in_class_order(made.train))


def test_the_training_part_is_cut_in_its_own_order(tmp_path: Path) -> None:
    digits = open_data("digits", tmp_path)
    written = export_pictures(digits, Export(tmp_path / "png", shards=4, validation=237))
    assert written == {"train": 1200, "validation": 237, "test": 360}
    assert sorted(path.name for path in (tmp_path / "png").iterdir()) == [
        "test",
        "train",
        "validation",
    ]
    read = open_data(ImageFolder(tmp_path / "png", shards="in turn"), tmp_path)
    assert read.train.shards is not None
    assert np.bincount(read.train.shards).tolist() == [300] * 4
    first = Part(digits.train.inputs[:1200], digits.train.targets[:1200])
    last = Part(digits.train.inputs[1200:], digits.train.targets[1200:])
    assert same(read.train, first, in_class_order(first, shards=4))
    assert read.validation is not None
    assert same(read.validation, last, in_class_order(last))


def test_a_folder_of_pictures_is_exported_under_its_own_class_names(
    pictures: Path, tmp_path: Path
) -> None:
    before = open_data(str(pictures), tmp_path)
    export_pictures(before, Export(tmp_path / "png"))
    after = open_data(str(tmp_path / "png"), tmp_path)
    assert after.classes == before.classes == ("000_cat", "001_dog")
    assert after.validation is not None
    assert before.validation is not None
    assert np.array_equal(after.validation.inputs, before.validation.inputs)


def test_a_class_name_that_is_no_folder_name_becomes_one(tmp_path: Path) -> None:
    part = Part(np.zeros((2, 1, 4, 4), np.uint8), np.array([0, 1]))
    export_pictures(DataSet(("T-shirt/top", ".."), part, part), Export(tmp_path / "png"))
    assert open_data(str(tmp_path / "png"), tmp_path).classes == ("000_T-shirt-top", "001_..")


@pytest.mark.parametrize(
    ("shards", "validation", "words"),
    [
        (0, 0, "0 shards; give smaller counts"),
        (1, -1, "-1 to validate on"),
        (1, 12, "12 to validate on"),
        (9, 4, "9 shards"),
        (1, 8, "class '1' would have no training picture"),
    ],
)
def test_a_cut_that_cannot_be_is_one_line_and_writes_nothing(
    tmp_path: Path, shards: int, validation: int, words: str
) -> None:
    part = Part(np.zeros((12, 1, 4, 4), np.uint8), np.repeat([0, 1], [6, 6]))
    with pytest.raises(ExportError, match=words) as caught:
        export_pictures(
            DataSet(("0", "1"), part, part), Export(tmp_path / "png", shards, validation)
        )
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_channels_no_png_has_are_refused(tmp_path: Path) -> None:
    made = open_data(Synthetic(shape=(2, 4, 4)), tmp_path)
    with pytest.raises(ExportError, match="no grey or coloured pictures"):
        export_pictures(made, Export(tmp_path / "png"))


def test_a_validation_part_is_not_cut_twice(pictures: Path, tmp_path: Path) -> None:
    made = open_data(str(pictures), tmp_path)
    with pytest.raises(ExportError, match="validation part of its own"):
        export_pictures(made, Export(tmp_path / "png", validation=2))


def test_an_export_that_fails_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    digits = open_data("digits", tmp_path / "data")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(OSError, match="No space left"):
        export_pictures(digits, Export(tmp_path / "png"))
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_killed_export_is_called_partial_and_never_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "png"
    with subprocess.Popen(
        [sys.executable, "-c", SLOWLY, str(tmp_path / "data"), str(target)],
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"digits: writing pictures\n"
        process.send_signal(signal.SIGKILL)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "png.part"]
    digits = open_data("digits", tmp_path / "data")
    with pytest.raises(ExportError, match=r"png\.part .* remove it first"):
        export_pictures(digits, Export(target))


def run(tmp_path: Path, *words: str) -> tuple[int, str, str]:
    answer = CliRunner().invoke(
        app, [*words, "--data-dir", str(tmp_path / "data")], env={"COLUMNS": "400"}
    )
    return answer.exit_code, answer.stdout, answer.stderr


def test_the_command_says_what_it_wrote(tmp_path: Path) -> None:
    (tmp_path / "png").mkdir()  # an empty folder will do
    command = ("digits", "--export", str(tmp_path / "png"), "--shards", "2", "--validation", "37")
    code, out, err = run(tmp_path, *command)
    assert code == 0
    assert f"written to {tmp_path / 'png'}: 1,400 train, 37 validation, 360 test" in out
    assert "the training part in 2 shards" in out
    assert "digits: writing pictures" in err
    assert len(list((tmp_path / "png").glob("train/train2/*/*.png"))) == 700


def test_the_command_answers_in_json_alone(tmp_path: Path) -> None:
    code, out, _ = run(tmp_path, "digits", "--export", str(tmp_path / "png"), "--json")
    assert code == 0
    assert json.loads(out)["export"] == {
        "folder": str(tmp_path / "png"),
        "shards": 1,
        "examples": {"train": 1437, "test": 360},
    }


def test_a_folder_is_written_where_its_dots_lead_to(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, _ = run(tmp_path, "digits", "--export", "exp/nothere/..")
    assert code == 0
    assert sorted(path.name for path in (tmp_path / "exp").iterdir()) == ["test", "train"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("digits", "--export", "{full}"), "is not an empty folder"),
        (("digits", "--export", "{full}/file"), "is not an empty folder"),
        (("digits", "--export", "{full}/nothere/.."), "is not an empty folder"),
        (("digits", "--export", "{full}/file/deeper"), "cannot be made: Not a directory"),
        (("digits", "--export", "/"), "/ is a mount point; name a new folder in it"),
        (("boston_housing", "--export", "{new}"), "has no pictures of classes"),
        (("digits", "--export", "{new}", "--validation", "1437"), "give smaller counts"),
        (("--export", "{new}"), "wants the NAME"),
        (("digits", "--shards", "2"), "what --export FOLDER writes"),
    ],
)
def test_a_wrong_export_is_wrong_usage(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "file").touch()
    command = [word.format(full=full, new=tmp_path / "new") for word in words]
    code, _, err = run(tmp_path, *command)
    assert code == 2
    assert said in err
    assert not (tmp_path / "new").exists()
    assert [path.name for path in full.iterdir()] == ["file"]
