"""The line that was typed: to type again, and to keep in the storage."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path


def line_to_type(argv: Sequence[str]) -> str:
    """Return a line that does the same again in the same folder; passwords are masked."""
    program = Path(argv[0])
    if program.name == "__main__.py":
        words = ["python", "-m", "nia_optuna"]
    elif shutil.which(program.name) == str(program):
        words = [program.name]
    else:
        words = [min(str(program), os.path.relpath(program), key=len)]
    return shlex.join([*words, *map(_without_password, argv[1:])])


def line_to_record(argv: Sequence[str]) -> str:
    """Return the line as others may read it: no passwords, and the home folder as ~."""
    words = map(_without_password, argv[1:])
    return " ".join(["nia-optuna", *map(_homeless, words)])


def _homeless(word: str) -> str:
    home = str(Path.home())
    before, found, after = word.partition(f"{home}/")
    if not found or home == "/":
        return shlex.quote(word)
    # The tilde stays outside the quotes, where a shell knows it.
    return f"{shlex.quote(before) if before else ''}~/{shlex.quote(after)}"


def _without_password(word: str) -> str:
    from nia_optuna.search.address import StorageError, masked, sqlite_file

    if "://" not in word:
        return word
    option, equals, url = word.partition("=") if word.startswith("--") else ("", "", word)
    try:
        file = sqlite_file(url)
        # A file of an encrypted kind has a password, too.
        return word if f"sqlite:///{file}" == url else f"{option}{equals}{masked(url)}"
    except StorageError:
        return f"{option}{equals}URL"
