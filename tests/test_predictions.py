import io
import pickle
import random
from pathlib import Path

import numpy as np
import pytest

from nia_optuna.predictions import SHOWN, Predictions, from_bytes, predictions, to_bytes

RNG = np.random.default_rng(0)
OUTPUTS = RNG.dirichlet(np.ones(4), 90).astype(np.float32)
TARGETS = RNG.integers(0, 4, 90)
PICTURES = RNG.integers(0, 256, (90, 3, 5, 6)).astype(np.uint8)
CONTENT = to_bytes(predictions(OUTPUTS, TARGETS, PICTURES))


def test_what_was_written_is_read() -> None:
    read = from_bytes(CONTENT)
    assert np.array_equal(read.outputs, OUTPUTS)
    assert np.array_equal(read.targets, TARGETS)
    assert np.array_equal(read.pictures, PICTURES[read.shown])


def test_the_surest_mistakes_are_shown_first_and_right_answers_never() -> None:
    shown = predictions(OUTPUTS, TARGETS, PICTURES).shown
    sure = OUTPUTS[shown].max(1)
    assert len(shown) == SHOWN
    assert (OUTPUTS[shown].argmax(1) != TARGETS[shown]).all()
    assert (np.diff(sure) <= 0).all()
    missed = set(np.flatnonzero(OUTPUTS.argmax(1) != TARGETS).tolist()) - set(shown.tolist())
    assert OUTPUTS[sorted(missed)].max() <= sure.min()


def test_where_nothing_was_mistaken_there_are_no_pictures() -> None:
    read = from_bytes(to_bytes(predictions(OUTPUTS, OUTPUTS.argmax(1), PICTURES)))
    assert len(read.shown) == len(read.pictures) == 0


def test_numbers_are_read_as_numbers() -> None:
    numbers = OUTPUTS[:, 0].copy()
    read = from_bytes(to_bytes(predictions(numbers, numbers + 1, OUTPUTS)))
    assert np.array_equal(read.outputs, numbers)
    assert len(read.shown) == 0


@pytest.mark.parametrize("end", [0, 1, 100, len(CONTENT) // 2, len(CONTENT) - 1])
def test_a_file_cut_short_is_refused(end: int) -> None:
    with pytest.raises(ValueError, match="no predictions"):
        from_bytes(CONTENT[:end])


def test_a_turned_bit_is_refused_or_changes_nothing() -> None:
    rng, refused = random.Random(0), 0
    for _ in range(500):
        turned = bytearray(CONTENT)
        turned[rng.randrange(len(turned))] ^= 1 << rng.randrange(8)
        try:
            read = from_bytes(bytes(turned))
        except ValueError:
            refused += 1
        else:
            assert np.array_equal(read.outputs, OUTPUTS)
    assert refused > 400


def test_nothing_in_a_file_is_executed(tmp_path: Path) -> None:
    mark = tmp_path / "mark"

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[Path]]:
            return Path.touch, (mark,)

    objects = np.array([Evil()], dtype=object)
    archive = io.BytesIO()
    np.savez(archive, outputs=objects, targets=objects, shown=objects, pictures=objects)
    for content in (pickle.dumps(Evil()), archive.getvalue()):
        with pytest.raises(ValueError, match="no predictions"):
            from_bytes(content)
    assert not mark.exists()


def test_an_array_that_is_packed_to_fill_the_memory_is_not_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = predictions(np.full((2000, 10), 0.1, np.float32), np.zeros(2000, np.int64), PICTURES)
    packed = to_bytes(answers)
    assert len(from_bytes(packed).outputs) == 2000
    monkeypatch.setattr("nia_optuna.predictions.LARGEST", 50_000)
    assert len(packed) < 50_000 < answers.outputs.nbytes
    with pytest.raises(ValueError, match="outputs take 80128 bytes"):
        from_bytes(packed)


NONE = np.empty(0, np.int64)
NO_PICTURES = np.empty((0, 1, 1, 1), np.uint8)


@pytest.mark.parametrize(
    "odd",
    [
        Predictions(OUTPUTS[:5], TARGETS[:4], NONE, NO_PICTURES),
        Predictions(OUTPUTS[:5], np.full(5, 4), NONE, NO_PICTURES),
        Predictions(OUTPUTS[:5], np.full(5, -1), NONE, NO_PICTURES),
        Predictions(OUTPUTS[:0], TARGETS[:0], NONE, NO_PICTURES),
        Predictions(OUTPUTS[:5], OUTPUTS[:5, 0], NONE, NO_PICTURES),
        Predictions(OUTPUTS[:5, 0], TARGETS[:5], NONE, NO_PICTURES),
        Predictions(OUTPUTS[:5], TARGETS[:5], np.array([5]), PICTURES[:1]),
        Predictions(OUTPUTS[:5], TARGETS[:5], np.array([0, 1]), PICTURES[:1]),
        Predictions(OUTPUTS[:5], TARGETS[:5], np.array([0]), PICTURES[:1, 0]),
        Predictions(OUTPUTS[:5], TARGETS[:5], np.array([0]), PICTURES[:1, :0]),
        Predictions(OUTPUTS[:5].astype(np.float64), TARGETS[:5], NONE, NO_PICTURES),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(odd: Predictions) -> None:
    with pytest.raises(ValueError, match="no predictions"):
        from_bytes(to_bytes(odd))
