"""nia-optuna by its own command line; every epoch is read from the storage that it writes."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.study.peer import say, task

STUDIES = Path(__file__).with_name("studies.py")
WITHOUT_END = 100_000  # trials; nobody waits for the last
LOOK_SECONDS = 0.05

TABLES = "SELECT 1 FROM sqlite_master WHERE name = 'trial_intermediate_values'"
EPOCHS = """
SELECT trial_intermediate_value_id, number, intermediate_value
FROM trial_intermediate_values JOIN trials USING (trial_id)
WHERE trial_intermediate_value_id > ? ORDER BY trial_intermediate_value_id
"""


def epochs(storage: Path, after: int) -> Iterator[tuple[int, int, float]]:
    """Yield the id, trial and accuracy of the epochs that the storage holds behind an id."""
    if not storage.exists():
        return
    connection = sqlite3.connect(f"{storage.absolute().as_uri()}?mode=ro", uri=True, timeout=60)
    try:
        if connection.execute(TABLES).fetchone():
            yield from connection.execute(EPOCHS, (after,))
    finally:
        connection.close()


def main() -> None:
    """Search until somebody ends this process."""
    given = task()
    words = ["run", f"{STUDIES}:{given.question.name}", "--seed", str(given.seed)]
    words += ["--trials", str(WITHOUT_END), "--device", "cpu", "--runs-dir", str(given.scratch)]
    command = [sys.executable, "-m", "nia_optuna", *words]
    search = subprocess.Popen(command, stdout=sys.stderr)  # noqa: S603  # our own command line
    last = 0
    while search.poll() is None:
        time.sleep(LOOK_SECONDS)
        for told, trial, accuracy in epochs(given.scratch / "studies.db", last):
            say(trial, accuracy)
            last = told
    sys.exit(search.returncode)


if __name__ == "__main__":
    main()
