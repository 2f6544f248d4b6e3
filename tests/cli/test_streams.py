"""Streams that are closed, or that cannot take every letter, are no reason for a traceback."""

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.faults.called import STUDY, content, environ, program, started

NOTHING_OPEN = "<&- >&- 2>&-"


def closed(folder: Path, streams: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {streams}', "sh", *program(*words)],
        cwd=folder,
        env=environ(),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("streams", "words", "code"),
    [
        (">&-", ("--version",), 0),
        ("2>&-", ("status", "--storage", "nowhere"), 2),
        (NOTHING_OPEN, ("--version",), 0),
    ],
)
def test_a_closed_stream_changes_no_exit_code(
    tmp_path: Path, streams: str, words: tuple[str, ...], code: int
) -> None:
    said = closed(tmp_path, streams, *words)
    assert (said.returncode, said.stdout, said.stderr) == (code, "", "")


@pytest.mark.slow
def test_a_run_with_trainers_whose_streams_are_closed_writes_into_none_of_its_files(
    tmp_path: Path,
) -> None:
    (tmp_path / "tiny.py").write_text(f"print('can' + 'ary'){os.linesep}{STUDY}")
    words = ("run", "tiny.py", "--workers", "1", "--data-dir", "data")
    assert closed(tmp_path, NOTHING_OPEN, *words).returncode == 0
    (found,) = json.loads(started(tmp_path, "status", "--json").out)
    assert found["trials"]["complete"] + found["trials"]["pruned"] == 3
    assert not [name for name, held in content(tmp_path).items() if b"canary" in held]


@pytest.mark.slow
def test_letters_that_standard_output_cannot_take_are_question_marks(tmp_path: Path) -> None:
    (tmp_path / "tiny.py").write_text(STUDY.replace("Which", "\N{GREEK SMALL LETTER ALPHA}, which"))
    words = ("run", "tiny.py", "--workers", "0", "--dry-run", "--data-dir", "data")
    said = started(tmp_path, *words, PYTHONIOENCODING="latin-1")
    assert said.code == 0, said.err
    assert "?, which" in said.out


@pytest.mark.slow
def test_a_terminal_that_cannot_redraw_gets_a_line_for_every_trial(tmp_path: Path) -> None:
    (tmp_path / "tiny.py").write_text(STUDY)
    terminal, of_program = pty.openpty()
    words = ("run", "tiny.py", "--workers", "0", "--data-dir", "data")
    with subprocess.Popen(
        program(*words), cwd=tmp_path, env=environ(TERM="dumb"), stderr=of_program
    ) as running:
        os.close(of_program)
        said = b""
        while b"write it up with" not in said:
            said += os.read(terminal, 4096)
        assert running.wait(60) == 0
    os.close(terminal)
    assert [line for line in range(1, 4) if f"[{line}/3] trial".encode() in said] == [1, 2, 3]
