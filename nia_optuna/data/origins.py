"""Where a named data set may come from, each place tried in turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from nia_optuna.data.errors import DataError, UnavailableError

if TYPE_CHECKING:
    from nia_optuna.data.dataset import Decoded
    from nia_optuna.data.progress import Say

Read = Callable[[Path, "Say"], "Decoded"]


class Origin(Protocol):
    """One place: `label` names it in messages, `load` verifies what it yields.

    `load` raises DataError with the reason in a few words where the place has no such data.
    """

    @property
    def label(self) -> str:
        """What messages call this place."""
        ...

    def load(self, data_dir: Path, workspace: Path, say: Say) -> Decoded:
        """Return the verified parts; `workspace` is an empty folder that goes away afterwards."""
        ...

    def present(self, data_dir: Path) -> bool:
        """Return whether the data lie on this machine already."""
        ...


@dataclass(frozen=True)
class OnDisk:
    """A folder below the data folder, or an absolute one."""

    folder: str
    read: Read

    @property
    def label(self) -> str:
        """What messages call this place."""
        return self.folder if Path(self.folder).is_absolute() else f"{self.folder} in the data dir"

    def load(self, data_dir: Path, _workspace: Path, say: Say) -> Decoded:
        """Return the verified parts."""
        if not self.present(data_dir):
            raise DataError("no such folder")
        return self.read(data_dir / self.folder, say)

    def present(self, data_dir: Path) -> bool:
        """Return whether the folder exists."""
        return (data_dir / self.folder).is_dir()


class Fetcher(Protocol):
    """A way to bring files here; see fetchers.py."""

    @property
    def label(self) -> str:
        """What messages call this way."""
        ...

    def fetch(self, workspace: Path, say: Say) -> Path:
        """Bring the files and return the folder they lie in; raises DataError."""
        ...


@dataclass(frozen=True)
class Fetched:
    """A folder that must be fetched first."""

    fetcher: Fetcher
    read: Read

    @property
    def label(self) -> str:
        """What messages call this place."""
        return self.fetcher.label

    def load(self, _data_dir: Path, workspace: Path, say: Say) -> Decoded:
        """Return the verified parts."""
        return self.read(self.fetcher.fetch(workspace, say), say)

    def present(self, _data_dir: Path) -> bool:
        """Return False: what was fetched and read is in the cache."""
        return False


@dataclass(frozen=True)
class Bundled:
    """Data that ship with a library this package depends on."""

    label: str
    make: Callable[[], Decoded]

    def load(self, _data_dir: Path, _workspace: Path, _say: Say) -> Decoded:
        """Return the parts."""
        return self.make()

    def present(self, _data_dir: Path) -> bool:
        """Return True: the library is installed."""
        return True


def load_first(
    name: str, origins: Sequence[Origin], data_dir: Path, workspace: Path, say: Say
) -> tuple[Decoded, str]:
    """Return what the first of the `origins` that has the data yields, and its label.

    Raises UnavailableError naming every place tried, and what to do.
    """
    tried = []
    for origin in origins:
        say(f"{name}: trying {origin.label}", None)
        try:
            return origin.load(data_dir, workspace, say), origin.label
        except DataError as error:
            tried.append(f"{origin.label} ({error})")
            say(f"{name}: not from {origin.label}: {error}", None)
    place = next((origin.folder for origin in origins if isinstance(origin, OnDisk)), None)
    way_out = "Install that library again"
    if place is not None:
        way_out = f"Put its files into {data_dir / place}, or connect to a package mirror and "
        way_out += "run it again"
    raise UnavailableError(f"{name} was not found; tried {', '.join(tried)}. {way_out}")
