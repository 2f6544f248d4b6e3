"""Study files: Python, found by path, every mistake in one told as one line.

Only a path that the user named is ever run. Imports neither torch nor Optuna itself.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import inspect
import io
import pickle
import re
import sys
import traceback
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import nia_optuna
from nia_optuna.data import check_source
from nia_optuna.settings import near
from nia_optuna.space import Space
from nia_optuna.study import Study, check_space

if TYPE_CHECKING:
    from collections.abc import Iterator


_UNKNOWN = re.compile(
    r"^(?P<ours>\w+)(\.__init__)?\(\) got an unexpected keyword argument '(?P<given>\w+)'"
)


class LoadError(ValueError):
    """What is wrong with a study file, as one line: `path:line: what`."""


def load(target: str) -> Study:
    """Return the study that `file.py` or `file.py:name` names, checked as a whole.

    Its space is drawn from: the defaults, every branch, 200 random draws, every baseline; each
    recipe must pickle.
    Without a name it is the file's only study, else the one called like the file.
    Raises LoadError.
    """
    path, name = _path_and_name(target)
    studies = studies_in(path)
    made = _named(studies, name, path) if name else _only(studies, path)
    code = getattr(made.draw, "__code__", None)
    line = code.co_firstlineno if code and code.co_filename == str(path.resolve()) else None
    # What the study prints while it is drawn from hundreds of times is nobody's reading.
    with _one_line(path, line), contextlib.redirect_stdout(io.StringIO()):
        check_space(made, _check_travels)
        check_source(made.dataset)
    return made


def studies_in(path: Path) -> dict[str, Study]:
    """Run a study file and return its studies under the names they have there.

    The file becomes the module `nia_study_…`, named after its place, so that another process
    that runs it too can unpickle its classes. A file that has not changed is run once.
    Raises LoadError.
    """
    with _one_line(path):
        source = _source(path)
        module = _module(path.resolve(), source)
    sys.modules[module.__name__] = module  # the file may have changed and been changed back
    studies = {name: made for name, made in vars(module).items() if isinstance(made, Study)}
    if not studies:
        raise LoadError(f"{path}: no study here; decorate a function with @study(dataset=...)")
    for name, made in studies.items():
        if any(made.name == other.name and made is not other for other in studies.values()):
            raise LoadError(f"{path}: two studies are called {made.name!r}; rename {name}")
    return {name: replace(made, path=path) for name, made in studies.items()}


def module_name(file: Path) -> str:
    """Return the name of the module that `studies_in` makes of a file, given whole."""
    return f"nia_study_{file.stem}_{hashlib.sha256(bytes(file)).hexdigest()[:12]}"


def _path_and_name(target: str) -> tuple[Path, str]:
    before, colon, after = target.rpartition(":")
    if colon and not Path(target).exists():
        return Path(before), after
    return Path(target), ""


def _source(path: Path) -> bytes:
    if path.is_dir():
        raise LoadError(f"{path}: is a folder; name a study file in it")
    if path.suffix == ".ipynb":
        raise LoadError(f"{path}: is a notebook; move the study function to a .py file")
    try:
        source = path.read_bytes()
    except FileNotFoundError as error:
        hint = near(path.name, (file.name for file in path.parent.glob("*.py")))
        raise LoadError(f"{path}: no such file{hint}") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        what = error.strerror if isinstance(error, OSError) else error
        raise LoadError(f"{str(path)!r}: cannot be read: {what}") from error
    if path.suffix != ".py":
        raise LoadError(f"{path}: is not a Python file (.py)")
    return source


@functools.cache
def _module(file: Path, source: bytes) -> ModuleType:
    name = module_name(file)
    module = ModuleType(name)
    module.__file__ = str(file)
    sys.modules[name] = module  # before it runs: dataclasses look their module up
    try:
        # What it prints goes to stderr: with --json, stdout holds one document and nothing else.
        with _first_on_path(file.parent), contextlib.redirect_stdout(sys.stderr):
            code = compile(source, str(file), "exec", dont_inherit=True)
            exec(code, vars(module))  # noqa: S102  # a study file is a program that the user named
    except BaseException:
        del sys.modules[name]
        raise
    return module


@contextlib.contextmanager
def _first_on_path(folder: Path) -> Iterator[None]:
    """Let a study file import its neighbours, as `python file.py` would.

    Afterwards the folder stays last, so that an import inside a function still finds them and
    none of them shadows a library.
    """
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        if str(folder) not in sys.path:
            sys.path.append(str(folder))


def _named(studies: dict[str, Study], name: str, path: Path) -> Study:
    by_name = {made.name: made for made in studies.values()} | studies
    if name not in by_name:
        hint = near(name, by_name) or f"; there is {', '.join(studies)}"
        raise LoadError(f"{path}: has no study {name!r}{hint}")
    return by_name[name]


def _only(studies: dict[str, Study], path: Path) -> Study:
    if len(studies) == 1:
        return next(iter(studies.values()))
    if path.stem in studies:
        return studies[path.stem]
    listed = ", ".join(f"{path}:{name}" for name in studies)
    raise LoadError(f"{path}: has several studies; name one: {listed}")


def _check_travels(recipe: object) -> None:
    """Raise where a recipe cannot be sent to a trainer, which is a process of its own."""
    try:
        pickle.dumps(recipe)
    except Exception as error:
        raise TypeError(f"a recipe cannot be sent to a trainer: {error}") from error


@contextlib.contextmanager
def _one_line(path: Path, line: int | None = None) -> Iterator[None]:
    """Turn whatever is raised into a LoadError at the last line of the file that took part.

    Where no line of the file did, `line` is named.
    """
    try:
        yield
    except LoadError:
        raise
    except (Exception, SystemExit, GeneratorExit) as error:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == str(path.resolve())]
        what = _what(error)
        if isinstance(error, SyntaxError) and not lines:
            lines, what = [error.lineno], error.msg
        place = next((f"{path}:{found}" for found in [*lines[::-1], line] if found), str(path))
        raise LoadError(f"{place}: {what}") from error


def _what(error: BaseException) -> str:
    """Return an error in one line; those that speak for themselves without their type."""
    if isinstance(error, SyntaxError):
        return f"{error.msg} ({Path(error.filename or '').name}, line {error.lineno})"
    if isinstance(error, SystemExit):
        return "the file ends the program itself"
    speaks = isinstance(error, ValueError | TypeError | ImportError) and str(error)
    said = str(error) if speaks else f"{type(error).__name__}: {error}"
    notes = getattr(error, "__notes__", [])
    line = " ".join([*said.split(), *(f"({note})" for note in notes)]).removesuffix(":")
    return f"{line}{_hint(error)}"


def _hint(error: BaseException) -> str:
    """Return which of our names a misspelt one resembles, empty where none does."""
    if isinstance(error, AttributeError) and isinstance(error.obj, Space | ModuleType):
        return near(str(error.name), [name for name in dir(error.obj) if name[0] != "_"])
    unknown = _UNKNOWN.search(str(error)) if isinstance(error, TypeError) else None
    ours = getattr(nia_optuna, unknown["ours"], None) if unknown else None
    return near(unknown["given"], inspect.signature(ours).parameters) if unknown and ours else ""
