from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from nia_optuna.data import DataError, open_data
from nia_optuna.data.cache import cache_folder

OPEN = """
import sys
from pathlib import Path
from nia_optuna.data import open_data
said = []
data = open_data("digits", Path(sys.argv[1]), lambda text, fraction: said.append(text))
print(data.fingerprint, int(data.train.inputs.sum()), "digits: writing the cache" in said)
"""

NEVER_DONE = """
import sys, time
from pathlib import Path
from nia_optuna.data.cache import cache_folder, open_cached
from nia_optuna.data.progress import silent
def make(workspace):
    (workspace / "half").write_bytes(b"half a file")
    print("begun", flush=True)
    time.sleep(60)
open_cached(cache_folder(Path(sys.argv[1]), "digits"), "digits", make, silent)
"""


def entries(data_dir: Path) -> list[str]:
    return sorted(path.name for path in (data_dir / "cache").iterdir())


def test_processes_that_start_at_once_decode_once_and_see_the_same(tmp_path: Path) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(5)
    ]
    answers = [process.communicate(timeout=60)[0].split() for process in started]
    assert len({tuple(answer[:2]) for answer in answers}) == 1
    assert [answer[2] for answer in answers].count("True") == 1


def test_a_killed_process_leaves_nothing_that_harms_the_next(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", NEVER_DONE, str(tmp_path)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        process.send_signal(signal.SIGKILL)
    folder = cache_folder(tmp_path, "digits").name
    assert entries(tmp_path) == [f".{folder}.part", f"{folder}.lock"]
    open_data("digits", tmp_path)
    assert entries(tmp_path) == [folder, f"{folder}.lock"]


def test_opening_again_is_fast_and_gives_the_same(tmp_path: Path) -> None:
    first = open_data("digits", tmp_path)
    took = []
    for _ in range(5):  # the fastest of a few: the machine may be busy
        began = time.perf_counter()
        again = open_data("digits", tmp_path)
        took.append(time.perf_counter() - began)
    assert min(took) < 0.05
    assert (again.fingerprint, again.classes, again.origin) == (
        first.fingerprint,
        first.classes,
        first.origin,
    )


def test_mapped_pictures_may_be_changed_without_changing_the_cache(tmp_path: Path) -> None:
    data = open_data("digits", tmp_path)
    before = data.train.inputs.copy()
    data.train.inputs[:] = 0
    assert np.array_equal(open_data("digits", tmp_path).train.inputs, before)


@pytest.mark.parametrize(
    "name", ["train.inputs.npy", "test.inputs.npy", "train.targets.npy", "meta.json"]
)
def test_a_cache_cut_short_is_rebuilt(tmp_path: Path, name: str) -> None:
    whole = open_data("digits", tmp_path)
    file = cache_folder(tmp_path, "digits") / name
    os.truncate(file, file.stat().st_size // 2)
    rebuilt = open_data("digits", tmp_path)
    assert rebuilt.fingerprint == whole.fingerprint
    assert len(rebuilt.train.inputs) == 1437


def test_a_cache_that_lost_a_file_is_rebuilt(tmp_path: Path) -> None:
    open_data("digits", tmp_path)
    (cache_folder(tmp_path, "digits") / "test.targets.npy").unlink()
    assert len(open_data("digits", tmp_path).test) == 360


def test_cached_files_are_private_and_described(tmp_path: Path) -> None:
    data = open_data("digits", tmp_path / "data")
    folder = cache_folder(tmp_path / "data", "digits")
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in folder.iterdir())
    for ours in (folder, folder.parent, folder.parent.parent):
        assert ours.stat().st_mode & 0o777 == 0o700
    meta = json.loads((folder / "meta.json").read_text())
    assert (meta["fingerprint"], meta["shape"]) == (data.fingerprint, [1, 8, 8])


def test_a_data_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="--data-dir") as caught:
        open_data("digits", tmp_path / "file" / "data")
    assert "\n" not in str(caught.value)
