"""Disks that are slow, and disks that are somewhere else."""

import time
from pathlib import Path

import pytest

from nia_optuna.architectures import MLP
from nia_optuna.data import Splits, Synthetic, open_data, split
from nia_optuna.optimizer import SGD
from nia_optuna.recipe import Recipe
from nia_optuna.search import network_disk
from nia_optuna.search.network_disk import kind_of, network_warning
from nia_optuna.training import standing
from nia_optuna.training.checkpoints import write
from nia_optuna.training.device import Device
from nia_optuna.training.fit import fit
from nia_optuna.training.stacked.loop import Member
from nia_optuna.training.stacked.stack import Stack
from nia_optuna.training.standing import SHARE, Shelf
from nia_optuna.training.training import Training
from tests.faults.called import STUDY, called

TRAINING = Training(Recipe(MLP((8,)), SGD(0.1), batch_size=50), epochs=100_000)
SECONDS = 2.0
PATIENCE = 30  # times that, on a machine whose disk is slow by itself


class SlowDisk:
    """Takes its time for every file."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.files = 0

    def write(self, path: Path, content: bytes) -> None:
        time.sleep(self.seconds)
        self.files += 1
        write(path, content)

    @property
    def spent(self) -> float:
        return self.files * self.seconds


@pytest.fixture
def splits(tmp_path: Path) -> Splits:
    data = open_data(Synthetic(shape=(1, 6, 6), classes=3, train=150, test=60), tmp_path)
    return split(data, validation=0.1, subset=None, seed=0)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> SlowDisk:
    made = SlowDisk(seconds=0.05)
    monkeypatch.setattr(standing, "write", made.write)
    monkeypatch.setattr(standing, "WORTH_KEEPING", 0.1)
    return made


def test_a_training_does_not_stand_still_for_a_slow_disk(
    splits: Splits, tmp_path: Path, disk: SlowDisk
) -> None:
    began = time.monotonic()
    for _ in fit(TRAINING, splits, seed=1, device=Device(), shelf=Shelf(tmp_path / "kept", "it")):
        took = time.monotonic() - began
        if took > SECONDS * (1 if disk.files > 1 else PATIENCE):
            break
    assert disk.files > 1
    assert disk.spent <= SHARE * (time.monotonic() - began) + disk.seconds


def test_nor_does_a_stack_of_trainings_for_the_files_of_all(
    splits: Splits, tmp_path: Path, disk: SlowDisk
) -> None:
    stack = Stack(Device())
    for number in range(4):
        shelf = Shelf(tmp_path / str(number), str(number))
        stack.join(Member(TRAINING, splits, number, shelf))
    began = time.monotonic()
    while time.monotonic() - began < SECONDS * (1 if disk.files > 1 else PATIENCE):
        stack.epoch()
    assert disk.files > 1
    # What is due at once is written at once, after a wait that makes good for it.
    assert disk.spent <= SHARE * (time.monotonic() - began) + 4 * disk.seconds


MOUNTS = """\
27 1 254:0 / / rw,discard - ext4 /dev/vda rw
30 27 0:40 / /home rw,relatime shared:7 - nfs4 server:/home rw,vers=4.2
31 30 0:41 / /home/alice/local\\040disk rw - xfs /dev/sdb1 rw
32 27 0:42 / /mnt/share rw master:1 propagate_from:2 - cifs //server/share rw
33 27 0:43 / /mnt/far rw - fuse.sshfs alice@server: rw
34 27 0:44 / /mnt/stick rw - fuseblk /dev/sdc1 rw
35 27 0:45 / /mnt/layers rw - fuse.fuse-overlayfs overlay rw
36 27 0:46 / /mnt/covered rw - nfs server:/x rw
37 27 0:47 / /mnt/covered rw - tmpfs tmpfs rw
broken line
"""


@pytest.mark.parametrize(
    ("path", "kind", "warned"),
    [
        ("/work/runs/studies.db", "ext4", False),
        ("/home/alice/runs/studies.db", "nfs4", True),
        ("/home/alice/local disk/runs/studies.db", "xfs", False),
        ("/homework/studies.db", "ext4", False),
        ("/mnt/share/studies.db", "cifs", True),
        ("/mnt/far/runs/studies.db", "fuse.sshfs", True),
        ("/mnt/stick/studies.db", "fuseblk", False),
        ("/mnt/layers/studies.db", "fuse.fuse-overlayfs", False),
        ("/mnt/covered/studies.db", "tmpfs", False),
    ],
)
def test_a_network_file_system_is_known_by_where_a_file_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, kind: str, *, warned: bool
) -> None:
    assert kind_of(Path(path), MOUNTS) == kind
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    monkeypatch.setattr(network_disk, "MOUNTS", mounts)
    assert (kind in network_warning(Path(path))) == warned


def test_a_run_on_a_network_file_system_suggests_postgresql(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.py").write_text(STUDY.replace("finalists=1", "finalists=0"))
    words = ("run", "tiny.py", "--workers", "0", "--trials", "1")
    assert "network file system" not in called(monkeypatch, capfd, *words).err
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"30 27 0:40 / {tmp_path.resolve()} rw - nfs4 server:/x rw\n")
    monkeypatch.setattr(network_disk, "MOUNTS", mounts)
    said = called(monkeypatch, capfd, *words)
    assert said.code == 0
    assert "runs/studies.db lies on a network file system (nfs4)" in said.err
    assert "--storage postgresql+psycopg://" in said.err
    assert "network file system" not in called(monkeypatch, capfd, "status").err
