"""Case 18: files that were made to do harm are refused, wherever they can be named.

Archives are in test_hostile_archives.py, answers of a network in tests/test_predictions.py, data
with a wrong checksum in tests/data/test_named_data.py, batches of pictures in
tests/data/test_batches.py.
"""

import json
import pickle
import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import optuna
import pytest
import torch
from PIL import Image

from nia_optuna.architectures import MLP
from nia_optuna.search.run import Place, run
from nia_optuna.search.runs import Runs
from nia_optuna.training.checkpoints import CheckpointError, load
from nia_optuna.training.prediction import describe
from nia_optuna.training.standing import Shelf
from tests.faults.called import STUDY, called, refused
from tests.search.small import INLINE, small


class Evil:
    """Touches a file where it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.mark,)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder in which a study was run to its end, and leave it as it is."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    folder = tmp_path_factory.mktemp("finished")
    run(small, Place(Runs(folder / "runs"), folder / "data"), INLINE, lambda _: None)
    return folder


@pytest.fixture
def folder(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a copy of that folder."""
    copied = tmp_path / "copied"
    shutil.copytree(finished, copied)
    monkeypatch.chdir(copied)
    monkeypatch.setenv("NIA_OPTUNA_DATA", str(copied / "data"))
    return copied


@pytest.fixture(params=["torch", pytest.param("pickle", marks=pytest.mark.slow)])
def evil(request: pytest.FixtureRequest, folder: Path) -> Path:
    """A file that touches another, `mark`, where anybody unpickles it."""
    content = {"weights": Evil(folder / "mark")}
    if request.param == "torch":
        torch.save(content, "evil.pt")
    else:
        Path("evil.pt").write_bytes(pickle.dumps(content))
    return folder / "evil.pt"


def test_the_file_would_do_harm(folder: Path, evil: Path) -> None:
    if evil.read_bytes().startswith(b"PK"):
        torch.load(evil, weights_only=False)
    else:
        pickle.loads(evil.read_bytes())  # noqa: S301  # that is the point
    assert (folder / "mark").exists()


def test_it_is_refused_and_not_executed_wherever_it_can_be_named(
    folder: Path, evil: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("cat", "dog"):
        (folder / "pictures" / name).mkdir(parents=True)
        for number in range(5):
            shutil.copy(evil, folder / "pictures" / name / f"evil{number}.png")
    data = {"by_name": '"evil.pt"', "as_table": 'Table("evil.pt", target="x")'}
    for name, source in data.items():
        text = STUDY.replace("Synthetic(shape=(1, 6, 6), classes=3, train=150, test=60)", source)
        Path(f"{name}.py").write_text(text.replace("Synthetic,", "Synthetic, Table,"))

    def say(code: int, part: str, *words: str) -> None:
        refused(called(monkeypatch, capfd, *words), code, part, first=False)

    say(2, "evil.pt: is not a Python file", "run", "evil.pt")
    say(2, "'evil.pt' is neither a folder nor one of", "run", "by_name.py", "--workers", "0")
    say(2, "evil.pt is no table that can be read", "run", "as_table.py", "--workers", "0")
    say(2, "evil0.png is no readable picture", "data", "pictures")
    say(2, "evil.pt is no readable picture", "predict", "small", "evil.pt", "--resize")
    say(1, "not a readable SQLite database", "status", "--storage", "sqlite:///evil.pt")
    assert called(monkeypatch, capfd, "predict", "small", "--study", "evil.pt").code == 0

    for artifact in (folder / "runs" / "artifacts").iterdir():
        shutil.copy(evil, artifact)
    assert called(monkeypatch, capfd, "report", "small").code == 0

    for checkpoint in (folder / "runs" / "checkpoints").rglob("*.safetensors"):
        shutil.copy(evil, checkpoint)
    said = called(monkeypatch, capfd, "predict", "small")
    refused(said, 1, "is not a readable checkpoint: ")
    assert Shelf(evil, "").load({}) is None
    assert not (folder / "mark").exists()


def header(text: str | bytes, length: int | None = None) -> bytes:
    raw = text.encode() if isinstance(text, str) else text
    return struct.pack("<Q", len(raw) if length is None else length) + raw


def tensor(shape: list[int], *offsets: int, kind: str = "F32") -> str:
    return json.dumps({"0.weight": {"dtype": kind, "shape": shape, "data_offsets": list(offsets)}})


ABSURD = {
    "longer than the file": header("{}", 1000),
    "as long as can be": header("{}", 2**64 - 1),
    "half of the memory": header("{}", 2**33),
    "no JSON": header("no JSON"),
    "a list": header("[]"),
    "no text": header(b"\xff\xfe{}"),
    "as deep as can be": header("[" * 100_000),
    "weights beyond the file": header(tensor([2**40], 0, 2**42)),
    "weights before their beginning": header(tensor([1], 4, 0) + "") + bytes(4),
    "more weights than can be counted": header(tensor([2**40, 2**40], 0, 4)) + bytes(4),
    "a negative shape": header(tensor([-1], 0, 4)) + bytes(4),
    "an unknown kind": header(tensor([1], 0, 4, kind="PICKLE")) + bytes(4),
    "less than is said": header(tensor([100], 0, 400)) + bytes(8),
    "metadata that are none": header('{"__metadata__": [1]}'),
    "nothing": b"",
}


@pytest.mark.parametrize("kind", ABSURD)
def test_a_checkpoint_with_an_absurd_header_is_one_line(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "best.safetensors"
    file.write_bytes(ABSURD[kind])
    read: list[Callable[[], object]] = [
        lambda: load(file, MLP().build((1, 4, 4), 2)),
        lambda: describe(file),
    ]
    for each in read:
        with pytest.raises(CheckpointError, match="is not a readable checkpoint") as caught:
            each()
        assert "\n" not in str(caught.value)
    assert Shelf(file, "").load({}) is None


def chunk(kind: bytes, content: bytes) -> bytes:
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def bomb(side: int) -> bytes:
    """Return a picture of so many white pixels a side, in a few bytes."""
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    row = b"\0" + b"\xff" * (side // 8)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(row * 64, 9))
        + chunk(b"IEND", b"")
    )


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    for name in ("cat", "dog"):
        for number in range(5):
            file = tmp_path / "pictures" / name / f"{number}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            pixels = np.random.default_rng(number).integers(0, 256, (8, 8, 3), np.uint8)
            Image.fromarray(pixels).save(file)
    return tmp_path / "pictures"


BROKEN: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "truncated": (lambda c: c[: len(c) // 2], "is damaged: "),
    "truncated in its header": (lambda c: c[:20], "is no readable picture: "),
    "empty": (lambda _: b"", "is no readable picture: "),
    "a bomb": (lambda _: bomb(60_000), "could be decompression bomb"),
    "perhaps a bomb": (lambda _: bomb(10_000), "could be decompression bomb"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_picture_that_cannot_be_read_is_named(
    pictures: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    kind: str,
) -> None:
    made, why = BROKEN[kind]
    file = pictures / "dog" / "3.png"
    file.write_bytes(made(file.read_bytes()))
    monkeypatch.setenv("NIA_OPTUNA_DATA", str(tmp_path / "data"))
    said = called(monkeypatch, capfd, "data", pictures)
    refused(said, 2, str(file), why, "replace or remove it", first=False)
    assert not list(tmp_path.glob("data/cache/*/*"))
