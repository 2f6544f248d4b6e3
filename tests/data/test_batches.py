from __future__ import annotations

import hashlib
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from nia_optuna.data import DataError
from nia_optuna.data.batches import read_batches

PIXELS = np.arange(2 * 12, dtype=np.uint8)


def python2_batch() -> bytes:
    """Return two pictures (3, 2, 2) labelled 6 and 9, as Python 2 pickled such a dict."""
    return (
        b"\x80\x02}q\x01(U\x06labelsq\x02]q\x03(K\x06K\te"
        b"U\x04dataq\x04cnumpy.core.multiarray\n_reconstruct\nq\x05"
        b"cnumpy\nndarray\nq\x06K\x00\x85U\x01b\x87Rq\x07"
        b"(K\x01K\x02K\x0c\x86cnumpy\ndtype\nq\x08U\x02u1K\x00K\x01\x87Rq\x09"
        b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
        b"T" + struct.pack("<I", PIXELS.size) + PIXELS.tobytes() + b"tbu."
    )


def save(folder: Path, content: bytes) -> dict[str, str]:
    (folder / "data_batch_1").write_bytes(content)
    return {"data_batch_1": hashlib.md5(content, usedforsecurity=False).hexdigest()}


def test_a_batch_of_python_2_is_read(tmp_path: Path) -> None:
    (part,) = read_batches(tmp_path, save(tmp_path, python2_batch()), (3, 2, 2))
    assert np.array_equal(part.inputs, PIXELS.reshape(2, 3, 2, 2))
    assert part.targets.tolist() == [6, 9]


def test_another_batch_than_the_checksum_says_is_not_even_unpickled(tmp_path: Path) -> None:
    checksums = save(tmp_path, python2_batch())
    (tmp_path / "data_batch_1").write_bytes(malicious(tmp_path / "evil"))
    with pytest.raises(DataError, match="wrong checksum"):
        read_batches(tmp_path, checksums, (3, 2, 2))
    assert not (tmp_path / "evil").exists()


def test_a_pickle_that_calls_anything_but_arrays_is_refused(tmp_path: Path) -> None:
    checksums = save(tmp_path, malicious(tmp_path / "evil"))
    with pytest.raises(DataError, match="refused"):
        read_batches(tmp_path, checksums, (3, 2, 2))
    assert not (tmp_path / "evil").exists()


def test_a_missing_batch_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="data_batch_1"):
        read_batches(tmp_path, {"data_batch_1": ""}, (3, 2, 2))


def malicious(evidence: Path) -> bytes:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (eval, (f"open({str(evidence)!r}, 'w')",))

    return pickle.dumps({"data": Evil()}, protocol=2)
