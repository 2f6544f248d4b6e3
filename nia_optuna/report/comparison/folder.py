"""What the folder of a comparison is called."""

from collections.abc import Sequence
from hashlib import sha256

_BETWEEN = "-vs-"
_MOST = 100  # letters, as many as a study's name may have
_DIGEST = 12


def folder_name(names: Sequence[str]) -> str:
    """Return "a-vs-b" for studies a and b, at most 100 letters, always the same for the same names.

    A longer one is cut, and so is one whose studies could not be told from it; both end in a
    digest of the names.
    """
    joined = _BETWEEN.join(names)
    if len(joined) <= _MOST and not any(_BETWEEN in name for name in names):
        return joined
    digest = sha256("\n".join(names).encode()).hexdigest()[:_DIGEST]
    return f"{joined[: _MOST - _DIGEST - 1]}-{digest}"
