"""What the documents say works: commands parse, study files load, links lead somewhere."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nia_optuna import load
from nia_optuna.cli.main import app
from nia_optuna.load import studies_in

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("reports/**/*.md")])
FENCE = re.compile(r"^```(?:sh|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")
PROGRAM = re.compile(r"(?:\S*/)?nia-optuna")


def commands(document: Path) -> list[list[str]]:
    """Return the command lines in the fenced blocks, as words without comments."""
    lines = [line for block in FENCE.findall(document.read_text()) for line in block.splitlines()]
    parts = [part for line in lines for part in line.split("&&")]
    return [words for part in parts if (words := shlex.split(part, comments=True))]


def name(document: Path) -> str:
    return str(document.relative_to(ROOT))


def check(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    # --help ends every command early, but only after all its options have been understood.
    parsed = CliRunner().invoke(app, [*words, "--help"])
    assert parsed.exit_code == 0, parsed.output
    for target in words[1:2] if words[0] == "run" else []:
        # The study is there; the pictures it wants need not be.
        file, _, study = target.partition(":")
        assert (study or Path(file).stem) in studies_in(Path(file))


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_command_is_understood(document: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for words in commands(document):
        if PROGRAM.fullmatch(words[0]):
            check(words[1:], monkeypatch)


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_make_target_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    wanted = {word for words in commands(document) if words[0] == "make" for word in words[1:]}
    assert wanted <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    links = [link for link in LINK.findall(document.read_text()) if "://" not in link]
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_containers_commands_are_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    found = re.findall(r"command: (\[.*\])", (ROOT / "compose.yaml").read_text())
    assert len(found) == 2
    for words in map(json.loads, found):
        check(words, monkeypatch)


def test_the_example_in_the_documents_is_a_study(tmp_path: Path) -> None:
    for document in DOCUMENTS:
        for number, example in enumerate(
            re.findall(r"^```python\n(.*?)^```", document.read_text(), re.MULTILINE | re.DOTALL)
        ):
            if "@study" in example:
                file = tmp_path / f"{document.stem}_{number}.py"
                file.write_text(example)
                load(str(file))
