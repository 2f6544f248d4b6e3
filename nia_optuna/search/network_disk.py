"""Whether a database file lies where SQLite cannot be relied on: on a network file system."""

from __future__ import annotations

import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
"""Linux's list of what is mounted where, see proc(5)."""

NETWORK = frozenset(
    (
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "9p"),
        *("ceph", "glusterfs", "lustre", "gpfs", "beegfs", "orangefs"),
    )
)
POINT = 4  # place of the mount point in a line
LOCAL_FUSE = frozenset(("fuse.fuse-overlayfs", "fuse.mergerfs", "fuse.ntfs-3g"))


def network_warning(file: Path) -> str:
    """Return what a user should know of the disk that `file` lies on; empty for a local one."""
    try:
        mounts = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""  # another system than Linux
    kind = kind_of(file.resolve(), mounts)
    if kind not in NETWORK and (not kind.startswith("fuse.") or kind in LOCAL_FUSE):
        return ""
    return (
        f"{file} lies on a network file system ({kind}), whose locks SQLite cannot rely on; "
        "a PostgreSQL server is safer: --storage postgresql+psycopg://..."
    )


def kind_of(path: Path, mounts: str) -> str:
    """Return the type of the file system that a whole path lies on, empty where none is known.

    `mounts` is as in MOUNTS: the mount point is the fifth word of a line, and the type the first
    behind a dash. What is mounted later covers what was there before.
    """
    found, depth = "", 0
    places = {path, *path.parents}
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        words = before.split(" ")
        if len(words) <= POINT or not after:
            continue
        point = Path(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), words[POINT]))
        if point in places and len(point.parts) >= depth:
            found, depth = after.split(" ")[0], len(point.parts)
    return found
