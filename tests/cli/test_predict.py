"""`nia-optuna predict` on real studies: what it answers, and one line for every mistake."""

import json
import os
import shutil
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from errno import ENOSPC
from pathlib import Path

import numpy as np
import optuna
import pytest
from numpy.typing import NDArray
from PIL import Image

from nia_optuna.architectures import CNN, MLP
from nia_optuna.budget import Budget
from nia_optuna.cli.main import main
from nia_optuna.data import DataSet, Synthetic, open_data, silent
from nia_optuna.load import load
from nia_optuna.optimizer import SGD, Adam
from nia_optuna.predictions import Predictions, from_bytes
from nia_optuna.recipe import Recipe
from nia_optuna.record import StudyAttr
from nia_optuna.search.run import Place, run
from nia_optuna.search.runs import Runs
from nia_optuna.space import Space
from nia_optuna.study import study
from nia_optuna.training.checkpoints import load as load_checkpoint
from nia_optuna.training.checkpoints import save
from tests.search.small import INLINE

BUDGET = Budget(trials=3, epochs=2, finalists=1, seeds=1)
GREY = Synthetic(shape=(1, 6, 8), classes=3, train=150, test=60, noise=1.5)
COLOUR = Synthetic(shape=(3, 8, 8), classes=3, train=150, test=60)
OWN = """
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from nia_optuna import SGD, Budget, Recipe, Space, Synthetic, study

Path(__file__).with_name("executed").touch()


@dataclass(frozen=True)
class Mine:
    activation: str = "ReLU"

    def build(self, shape, outputs):
        print("building")
        kind = getattr(nn, self.activation)
        return nn.Sequential(nn.Flatten(), nn.Linear(48, 8), kind(), nn.Linear(8, outputs))


@study(
    dataset=Synthetic(shape=(1, 6, 8), classes=3, train=150, test=60),
    budget=Budget(trials=3, epochs=1, finalists=1, seeds=1),
    pruner="none",
)
def own(space: Space) -> Recipe:
    \"\"\"Does a network of my own learn?\"\"\"
    return Recipe(Mine(), SGD(lr=space.log("lr", 0.01, 1.0, default=0.1)))
"""


@study(dataset=GREY, budget=BUDGET, pruner="none")
def grey(space: Space) -> Recipe:
    """A network of grey pictures."""
    return Recipe(MLP((8,)), SGD(lr=space.log("lr", 0.01, 1.0, default=0.1)))


@study(dataset=COLOUR, budget=BUDGET, pruner="none")
def colour(space: Space) -> Recipe:
    """A network of coloured pictures."""
    return Recipe(CNN(widths=(4,), hidden=(space.integer("width", 4, 32, default=8),)), Adam())


@study(dataset="boston_housing", budget=BUDGET, pruner="none", resplit=True)
def housing(space: Space) -> Recipe:
    """A network that finds numbers."""
    return Recipe(MLP((space.integer("width", 4, 32, default=8),)), Adam())


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


Call = Callable[..., Said]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder in which four studies were run to their end, and leave it as it is."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    folder = tmp_path_factory.mktemp("finished")
    (folder / "own.py").write_text(OWN)
    for made in (grey, colour, housing, load(str(folder / "own.py"))):
        run(made, Place(Runs(folder / "runs"), folder / "data"), INLINE, lambda _: None)
    (folder / "executed").unlink()
    return folder


@pytest.fixture
def folder(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a copy of that folder."""
    copied = tmp_path / "copied"
    shutil.copytree(finished, copied)
    monkeypatch.chdir(copied)
    monkeypatch.setenv("NIA_OPTUNA_DATA", str(copied / "data"))
    return copied


@pytest.fixture
def predict(
    folder: Path,  # noqa: ARG001  # it stands there
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Call:
    def call(*words: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["nia-optuna", "predict", *map(str, words)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        return Said(int(ended.value.code or 0), *capfd.readouterr())

    return call


def stored(folder: Path, name: str) -> optuna.Study:
    return optuna.load_study(study_name=name, storage=f"sqlite:///{folder}/runs/studies.db")


def confirmed(folder: Path, name: str) -> Predictions:
    """Return what the kept network answered when the study was confirmed."""
    attrs = stored(folder, name).user_attrs
    chosen = attrs[StudyAttr.CHOSEN]["checkpoint"].removesuffix(".safetensors").replace("-", "/")
    artifact = attrs[StudyAttr.CONFIRMATION][chosen]["predictions"]
    return from_bytes((folder / "runs" / "artifacts" / artifact).read_bytes())


def checkpoint(folder: Path, name: str) -> Path:
    file = stored(folder, name).user_attrs[StudyAttr.CHOSEN]["checkpoint"]
    return folder / "runs" / "checkpoints" / name / str(file)


def data_of(source: Synthetic) -> DataSet:
    return open_data(source, Path("data"), silent)


def write(file: Path, picture: NDArray[np.uint8]) -> Path:
    Image.fromarray(picture[0] if len(picture) == 1 else picture.transpose(1, 2, 0)).save(file)
    return file


def refused(said: Said, code: int, *parts: str) -> None:
    assert said.code == code, said
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert said.err.startswith("nia-optuna: ")
    for part in parts:
        assert part in said.err


@pytest.mark.parametrize("name", ["grey", "colour"])
def test_a_test_example_is_answered_as_it_was_when_the_study_was_confirmed(
    folder: Path, predict: Call, name: str
) -> None:
    known = confirmed(folder, name)
    classes = stored(folder, name).user_attrs[StudyAttr.DATASET]["classes"]
    for index in (0, 7, 59):
        (answer,) = json.loads(predict(name, "--index", index, "--json").out)
        expected = dict(zip(classes, known.outputs[index].tolist(), strict=True))
        assert answer["probabilities"] == pytest.approx(expected, abs=1e-6)
        assert answer["class"] == max(expected, key=lambda each: expected[each])
        assert answer["confidence"] == pytest.approx(max(expected.values()), abs=1e-6)
        assert answer["truth"] == classes[known.targets[index]]
        assert answer["correct"] == (answer["class"] == answer["truth"])


@pytest.mark.parametrize(("wanted", "word"), [(1, ": right"), (0, ": wrong")])
def test_the_words_say_whether_it_was_right(
    folder: Path,
    predict: Call,
    wanted: int,
    word: str,
) -> None:
    known = confirmed(folder, "grey")
    index = np.flatnonzero((known.outputs.argmax(1) == known.targets) == wanted)[0]
    first, second = predict("grey", "--index", index).out.splitlines()
    assert first.startswith(f"test example {index} of synthetic: ")
    assert first.endswith(word)
    assert second == f"picture: predictions/grey-{index}.png"


def test_a_seed_draws_the_same_example_every_time(predict: Call) -> None:
    drawn = [json.loads(predict("grey", "--seed", s, "--json").out)[0]["index"] for s in range(6)]
    again = [json.loads(predict("grey", "--seed", s, "--json").out)[0]["index"] for s in range(6)]
    assert drawn == again
    assert len(set(drawn)) > 1


@pytest.mark.parametrize(("made", "source"), [("grey", GREY), ("colour", COLOUR)])
def test_the_picture_shows_every_pixel_as_a_square(
    folder: Path, predict: Call, made: str, source: Synthetic
) -> None:
    assert predict(made, "--index", 5, "--png", "some/where.png").code == 0
    with Image.open(folder / "some" / "where.png") as image:
        pixels = np.asarray(image)
    picture = data_of(source).test.inputs[5].transpose(1, 2, 0).squeeze()
    times = 32
    assert pixels.shape[:2] == (source.shape[1] * times, source.shape[2] * times)
    assert (pixels == picture.repeat(times, axis=0).repeat(times, axis=1)).all()


@pytest.mark.parametrize(("name", "source"), [("grey", GREY), ("colour", COLOUR)])
def test_a_picture_file_is_answered_as_the_same_picture_of_the_data(
    folder: Path, predict: Call, name: str, source: Synthetic
) -> None:
    pictures = data_of(source).test.inputs
    files = [write(folder / f"{index}.png", pictures[index]) for index in (8, 3)]
    answers = json.loads(predict(name, *files, "--json").out)
    assert [answer["file"] for answer in answers] == list(map(str, files))
    for answer, index in zip(answers, (8, 3), strict=True):
        (known,) = json.loads(predict(name, "--index", index, "--json").out)
        assert answer["probabilities"] == pytest.approx(known["probabilities"], abs=1e-6)
        assert "truth" not in answer


def test_files_are_a_row_each(folder: Path, predict: Call) -> None:
    pictures = data_of(GREY).test.inputs
    for index in range(3):
        write(folder / f"[bold]{index}.png", pictures[index])
    said = predict("grey", *(f"[bold]{index}.png" for index in range(3)))
    header, *rows = said.out.splitlines()
    assert header.split() == ["file", "class", "confidence", "second", "best"]
    assert [row.split()[0] for row in rows] == [f"[bold]{index}.png" for index in range(3)]


def test_grey_and_colours_are_made_of_each_other(folder: Path, predict: Call) -> None:
    picture = data_of(GREY).test.inputs[2]
    in_colours = write(folder / "colours.png", picture.repeat(3, axis=0))
    alone = write(folder / "grey.png", picture)
    one, other = json.loads(predict("grey", in_colours, alone, "--json").out)
    assert one["probabilities"] == other["probabilities"]
    square = write(folder / "square.png", data_of(COLOUR).test.inputs[2][:1])
    assert predict("colour", square).code == 0


def test_another_size_is_refused_unless_it_is_to_be_resized(folder: Path, predict: Call) -> None:
    large = write(folder / "large.png", data_of(COLOUR).test.inputs[0][:1].repeat(2, axis=1))
    refused(predict("grey", large), 2, str(large), "16 x 8", "6 x 8", "--resize")
    by_hand = folder / "by_hand.png"
    with Image.open(large) as image:
        image.resize((8, 6), Image.Resampling.BILINEAR).save(by_hand)
    one, other = json.loads(predict("grey", large, by_hand, "--resize", "--json").out)
    assert one["probabilities"] == other["probabilities"]


def chunk(kind: bytes, content: bytes) -> bytes:
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def png_of_size(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(np.random.default_rng(0).bytes(1000)))
        + chunk(b"IEND", b"")
    )


BAD_FILES = {
    "empty": b"",
    "text": b"this is no picture",
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 6\n%%EndComments\nshowpage\n",
    "cut_off": png_of_size(8, 6)[:60],
    "large": png_of_size(10_000, 10_000),
    "huge": png_of_size(60_000, 60_000),
}


@pytest.mark.parametrize("kind", [*BAD_FILES, "missing", "folder"])
@pytest.mark.parametrize("resize", [[], ["--resize"]])
def test_a_bad_file_is_named_before_any_is_predicted(
    folder: Path, predict: Call, kind: str, resize: list[str]
) -> None:
    good = write(folder / "good.png", data_of(GREY).test.inputs[0])
    bad = folder / f"{kind}.png"
    if kind == "folder":
        bad.mkdir()
    elif kind != "missing":
        bad.write_bytes(BAD_FILES[kind])
    why = "decompression bomb" if kind in ("large", "huge") else ""
    refused(predict("grey", good, bad, *resize), 2, str(bad), why)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["gray"], "did you mean grey?"),
        (["grey", "--index", "60"], "synthetic has 0 to 59"),
        (["grey", "--index", "-1"], "--index"),
        (["grey", "--png", "x.jpg"], "must end in .png"),
        (["grey", "--resize"], "--resize is of picture files"),
        (["grey", "x.png", "--index", "1"], "--index, --seed and --png are of test examples"),
        (["housing", "x.png"], "'housing' is not of pictures"),
        (["housing", "--png", "x.png"], "'housing' is not of pictures"),
    ],
)
def test_a_mistake_is_one_line(predict: Call, words: list[str], part: str) -> None:
    refused(predict(*words), 2, part)


@pytest.mark.parametrize("resize", [[], ["--resize"]])
def test_a_pipe_is_refused_and_not_waited_for(
    folder: Path, predict: Call, resize: list[str]
) -> None:
    os.mkfifo(folder / "pipe.png")
    refused(predict("grey", "pipe.png", *resize), 2, "pipe.png is no regular file")


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ("folder.png", "Is a directory"),
        ("file/x.png", "File exists"),
        ("file/y/x.png", "Not a dir"),
    ],
)
def test_a_place_no_picture_can_be_written_to_is_named_as_it_was_given(
    folder: Path, predict: Call, file: str, why: str
) -> None:
    (folder / "folder.png").mkdir()
    (folder / "file").touch()
    refused(predict("grey", "--png", file), 2, f"nia-optuna: {file} cannot be written: {why}")
    assert not list(folder.glob(".*"))


def test_a_full_disk_is_no_bad_input(
    monkeypatch: pytest.MonkeyPatch, folder: Path, predict: Call
) -> None:
    def full(_: int) -> None:
        raise OSError(ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    refused(predict("grey", "--png", "x.png"), 1, "No space left on device: x.png")
    assert not (folder / "x.png").exists()


def test_a_study_without_a_confirmed_winner_is_to_be_run_to_its_end(
    folder: Path, predict: Call
) -> None:
    searched = replace(grey, name="searched", budget=replace(BUDGET, finalists=0))
    optuna.copy_study(
        from_study_name="grey",
        from_storage=f"sqlite:///{folder}/runs/studies.db",
        to_storage=f"sqlite:///{folder}/runs/studies.db",
        to_study_name=searched.name,
    )
    stored(folder, "searched").set_user_attr(StudyAttr.CHOSEN, {})
    refused(predict("searched"), 2, "no confirmed checkpoint yet", "run it to the end")


def test_a_study_of_an_older_version_is_to_be_run_again(folder: Path, predict: Call) -> None:
    made = stored(folder, "grey")
    facts = made.user_attrs[StudyAttr.DATASET]
    made.set_user_attr(StudyAttr.DATASET, {k: v for k, v in facts.items() if k != "source"})
    refused(predict("grey"), 2, "older version", "run it again")


def test_a_study_of_another_program_is_said_to_be_one(folder: Path, predict: Call) -> None:
    optuna.create_study(study_name="theirs", storage=f"sqlite:///{folder}/runs/studies.db")
    refused(predict("theirs"), 2, "'theirs' was not made by nia-optuna")


@pytest.mark.parametrize("file", ["../../grey.safetensors", "/etc/passwd", ".hidden", 3, None])
def test_the_storage_cannot_name_a_file_elsewhere(
    folder: Path, predict: Call, file: object
) -> None:
    made = stored(folder, "grey")
    chosen = made.user_attrs[StudyAttr.CHOSEN]
    made.set_user_attr(StudyAttr.CHOSEN, {**chosen, "checkpoint": file})
    refused(predict("grey"), 2, "'grey' does not say properly what it kept")


def test_a_checkpoint_that_is_not_here_may_be_elsewhere(folder: Path, predict: Call) -> None:
    checkpoint(folder, "grey").unlink()
    refused(predict("grey"), 2, checkpoint(folder, "grey").name, "--runs-dir")


@pytest.mark.parametrize("content", [b"", b"no checkpoint", bytes(100)])
def test_a_broken_checkpoint_is_one_line(folder: Path, predict: Call, content: bytes) -> None:
    checkpoint(folder, "grey").write_bytes(content)
    refused(predict("grey"), 1, "is not a readable checkpoint")


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        ({}, "an older version wrote it"),
        ({"mean": None}, "an older version wrote it"),
        ({"model": "[[["}, "describes no network"),
        ({"model": '{"class": "Evil", "settings": {}}'}, "architecture 'Evil' is unknown"),
        ({"model": '{"class": "MLP", "settings": {"widths": [9]}}'}, "weights of another network"),
        ({"model": '{"class": "LeNet", "settings": {}}'}, "cannot be built"),
        ({"std": '["wide"]'}, "describes no network"),
        ({"mean": "[0.1, 0.2]"}, "normalises 2 channels"),
    ],
)
def test_a_checkpoint_of_another_network_is_one_line(
    folder: Path, predict: Call, changed: dict[str, str | None], part: str
) -> None:
    file, network = checkpoint(folder, "grey"), MLP((8,)).build((1, 6, 8), 3)
    described = {**load_checkpoint(file, network), **changed} if changed else {}
    save(file, network, {key: text for key, text in described.items() if text is not None})
    refused(predict("grey"), 1, part)


def test_weights_that_are_no_numbers_give_no_answer(folder: Path, predict: Call) -> None:
    file, network = checkpoint(folder, "grey"), MLP((8,)).build((1, 6, 8), 3)
    described = load_checkpoint(file, network)
    for parameter in network.parameters():
        parameter.data.fill_(float("nan"))
    save(file, network, described)
    refused(predict("grey"), 1, "no number")


def test_data_that_have_changed_are_not_predicted(folder: Path, predict: Call) -> None:
    made = stored(folder, "grey")
    facts = made.user_attrs[StudyAttr.DATASET]
    other = {**facts, "source": {**facts["source"], "seed": 5}}
    made.set_user_attr(StudyAttr.DATASET, other)
    refused(predict("grey"), 2, "the data of study 'grey' have changed")


def test_data_that_are_gone_are_one_line(folder: Path, predict: Call) -> None:
    made = stored(folder, "grey")
    facts = made.user_attrs[StudyAttr.DATASET]
    gone = {"type": "ImageFolder", "path": "gone", "shards": "merged", "size": None}
    made.set_user_attr(StudyAttr.DATASET, {**facts, "source": gone})
    refused(predict("grey"), 2, "image folder 'gone' does not exist")


def test_a_number_is_predicted_as_it_was_when_the_study_was_confirmed(
    folder: Path, predict: Call
) -> None:
    known = confirmed(folder, "housing")
    (answer,) = json.loads(predict("housing", "--index", 4, "--json").out)
    assert answer == {
        "index": 4,
        "prediction": pytest.approx(float(known.outputs[4]), abs=1e-5),
        "truth": float(known.targets[4]),
    }
    said = predict("housing", "--index", 4).out
    assert said.startswith("test example 4 of boston_housing: predicted ")
    assert said.endswith(f"true number {known.targets[4]:.4g}\n")
    assert not (folder / "predictions").exists()


def test_a_network_of_ones_own_needs_its_file_named(folder: Path, predict: Call) -> None:
    refused(predict("own", "--index", 0), 2, "--study STUDY.py")
    assert not (folder / "executed").exists()


def test_a_network_of_ones_own_predicts_with_its_file(folder: Path, predict: Call) -> None:
    (answer,) = json.loads(predict("own", "--index", 3, "--study", "own.py", "--json").out)
    known = confirmed(folder, "own").outputs[3].tolist()
    assert sorted(answer["probabilities"].values()) == pytest.approx(sorted(known), abs=1e-6)


def test_a_study_file_that_has_changed_is_refused_though_the_weights_fit(
    folder: Path, predict: Call
) -> None:
    (folder / "own.py").write_text(OWN.replace('"ReLU"', '"Tanh"'))
    refused(predict("own", "--study", "own.py"), 2, "own.py makes another recipe of trial 0")


def test_a_study_file_is_not_run_for_a_network_of_ours(folder: Path, predict: Call) -> None:
    assert predict("grey", "--study", "own.py").code == 0
    assert not (folder / "executed").exists()


@pytest.mark.parametrize("name", ["grey", "own"])
@pytest.mark.parametrize("file", ["nope.py", "nope.py:own", "data"])
def test_a_study_file_that_is_not_there_is_refused(predict: Call, name: str, file: str) -> None:
    refused(predict(name, "--study", file), 2, f"--study {file}: there is no such file")


def test_the_help_loads_nothing_heavy() -> None:
    code = (
        "import contextlib, sys\n"
        "sys.argv = ['nia-optuna', 'predict', '--help']\n"
        "from nia_optuna.cli.main import main\n"
        "with contextlib.suppress(SystemExit): main()\n"
        "print('\\n', *({'torch', 'optuna', 'pandas', 'PIL'} & set(sys.modules)))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout
    assert "--resize" in shown
    assert shown.splitlines()[-1].strip() == ""
