"""What the package imports is declared, and the document says why it is worth having."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
NOT_INSTALLED = {"nia_optuna", "_typeshed"}  # itself, and what only type checkers know
DISTRIBUTIONS = {
    "sklearn": "scikit-learn",
    "PIL": "pillow",
    "optuna_dashboard": "optuna-dashboard",
    "markdown_it": "markdown-it-py",
}


def imported() -> set[str]:
    """Return the distributions that any file of the package imports, however deep inside."""
    trees = [ast.parse(file.read_text()) for file in (ROOT / "nia_optuna").rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    libraries = {name.split(".")[0] for name in names} - sys.stdlib_module_names - NOT_INSTALLED
    return {DISTRIBUTIONS.get(library, library) for library in libraries}


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {re.split("[^a-z0-9-]", requirement)[0] for requirement in project["dependencies"]}


def of_extras() -> set[str]:
    """Return what an option of the program may need, and says so where it is not there."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    users = [each for name, each in extras.items() if name not in ("dev", "benchmarks")]
    return {re.split("[^a-z0-9-]", requirement)[0] for each in users for requirement in each}


def test_every_library_that_is_imported_is_declared() -> None:
    assert imported() <= declared() | of_extras()


def test_every_declared_library_stands_in_the_document() -> None:
    document = (ROOT / "docs" / "dependencies.md").read_text()
    assert [name for name in sorted(declared()) if f"`{name}`" not in document] == []
