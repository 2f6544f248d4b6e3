"""What may leave the storage: no secrets, home folders, control characters, NaN or infinity.

Everything read from a study passes through here once, so that no report, table or message
downstream has to think of it again.
"""

import math
import re
from functools import lru_cache

# The whole address goes, not only the password: a host name is nobody's business either, and a
# password may contain any character, a slash included.
_DATABASE = re.compile(
    r"""['"]?\b(postgres(?:ql)?|mysql|mariadb|mssql|oracle|rediss?)((?:\+\w+)?)://\S*""",
    re.IGNORECASE,
)
_CREDENTIALS = re.compile(r"://[^\s/@]+@")
_HOME = re.compile(
    r"(?<![\w.~-])(?:(?:/|(?:\.\./)+)(?:home|Users)/|[A-Za-z]:\\Users\\)[^\s/\\'\":,;)]+|/root(?=/|\s|$)"
)


def clean(value: object) -> object:
    """Return a JSON value without what must not leave the storage.

    Strings lose addresses of databases, credentials, home folders and unprintable characters;
    NaN and infinities become None. Lists, tuples and mappings are cleaned throughout; any other
    object stands as its cleaned text.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    if isinstance(value, dict):
        return {clean_text(str(key)): clean(item) for key, item in value.items()}
    return clean_text(str(value))


@lru_cache(maxsize=4096)  # the same few names stand in every epoch of every trial
def clean_text(text: str) -> str:
    """Return `text` in one printable line without secrets and home folders."""
    # Unprintable covers terminal escapes and the marks that turn the reading direction around.
    line = "".join(c if c.isprintable() else " " for c in text)
    line = _DATABASE.sub(r"\1\2://***", line)
    line = _CREDENTIALS.sub("://***@", line)
    return _HOME.sub("~", line)
