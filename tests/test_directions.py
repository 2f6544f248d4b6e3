"""Which way the imports point, and what stays light because of it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "nia_optuna"

RECIPE = {"recipe", "optimizer", "decay", "budget"}
VALUES = {*RECIPE, "metric", "parameter", "space", "record", "predictions"}
MAY_IMPORT = {
    "early": set[str](),
    "numbers": set[str](),
    "optimizer": {"numbers"},
    "decay": {"numbers"},
    "budget": {"numbers"},
    "recipe": {"numbers", "optimizer", "decay"},
    "parameter": set[str](),
    "record": set[str](),
    "metric": set[str](),
    "predictions": set[str](),
    "imputation": {"record"},
    "artifact_store": set[str](),
    "space": {"parameter"},
    "branches": {"parameter", "space"},
    "settings": {*RECIPE, "metric", "record", "study"},  # study: for its type alone
    "study": {*VALUES, "branches", "data", "settings"},
    "load": {"study", "settings", "space", "data"},
    "data": set[str](),
    "architectures": {"recipe"},
    "training": {*RECIPE, "metric", "architectures", "data"},
    "search": {
        *VALUES,
        "artifact_store",
        "branches",
        "imputation",
        "settings",
        "study",
        "load",
        "data",
        "architectures",
        "training",
    },
    "findings": {"record", "predictions", "imputation"},
    "report": {"artifact_store", "findings", "record", "predictions"},
}
TORCH_AT_IMPORT = {"architectures", "training"}
OPTUNA_AT_IMPORT = {"artifact_store", "imputation", "search", "findings", "report", "cli"}
HEAVY = {"torch", "optuna", "pandas", "matplotlib", "seaborn", "sklearn"}


def room_of(file: Path) -> str:
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


def files() -> list[Path]:
    return sorted(
        file for file in PACKAGE.rglob("*.py") if file.parent != PACKAGE or file.stem[0] != "_"
    )


def imported(nodes: Iterator[ast.AST] | list[ast.stmt]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or ""
            if node.module == "nia_optuna":
                yield from (f"nia_optuna.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("file", files(), ids=lambda file: str(file.relative_to(PACKAGE)))
def test_nothing_imports_upwards(file: Path) -> None:
    room = room_of(file)
    names = set(imported(ast.walk(ast.parse(file.read_text()))))
    rooms = {name.split(".")[1] for name in names if name.startswith("nia_optuna.")}
    assert room == "cli" or rooms <= {room, *MAY_IMPORT[room]}
    top = set(imported(ast.parse(file.read_text()).body))
    libraries = {name.split(".")[0] for name in top}
    assert "torch" not in libraries or room in TORCH_AT_IMPORT
    assert "optuna" not in libraries or room in OPTUNA_AT_IMPORT


def test_every_room_is_on_the_plan() -> None:
    plan = (ROOT / "docs" / "architecture.md").read_text()
    for room in {room_of(file) for file in files()}:
        assert f"`{room}.py`" in plan or f"`{room}/`" in plan, room


def loaded_after(code: str, tmp_path: Path) -> set[str]:
    """Run `code` in a process of its own; return which heavy libraries it has loaded by the end."""
    shown = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint('\\n', *sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    ).stdout
    return HEAVY & set(shown.splitlines()[-1].split())


def command(*words: str) -> str:
    return (
        "import contextlib, sys\n"
        f"sys.argv = ['nia-optuna', *{list(map(str, words))}]\n"
        "from nia_optuna.cli.main import main\n"
        "with contextlib.suppress(SystemExit): main()"
    )


@pytest.mark.parametrize(
    "code",
    [
        "import nia_optuna",
        f"import nia_optuna; nia_optuna.load({str(ROOT / 'studies' / 'cifar_cnn.py')!r})",
        command("--help"),
        command("run", "--help"),
        command("--version"),
    ],
    ids=["import", "load", "help", "run help", "version"],
)
def test_what_must_be_instant_loads_nothing_heavy(code: str, tmp_path: Path) -> None:
    assert loaded_after(code, tmp_path) == set()


@pytest.mark.parametrize("words", [("status",), ("report",)], ids=" ".join)
def test_reading_results_loads_no_torch(words: tuple[str, ...], tmp_path: Path) -> None:
    assert "torch" not in loaded_after(command(*words), tmp_path)


def test_writing_a_report_loads_no_torch(tmp_path: Path) -> None:
    loaded = loaded_after("import nia_optuna.report.write", tmp_path)
    assert "seaborn" in loaded
    assert "torch" not in loaded
