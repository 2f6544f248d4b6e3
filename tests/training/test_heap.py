"""A training's memory is asked from the system once, not at every step."""

import subprocess
import sys

import pytest

from nia_optuna.training.heap import keep_freed_memory

# Eight tensors of 20 MB, freed together, over and over; prints the pages that had to be found.
STEPS = """
import resource
from nia_optuna.training.heap import keep_freed_memory
{first}
def step():
    return len([b"x" * 20_000_000 for _ in range(8)])
step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def pages(first: str) -> int:
    ran = subprocess.run(
        [sys.executable, "-c", STEPS.format(first=first)],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(ran.stdout)


@pytest.mark.skipif(not keep_freed_memory(), reason="only glibc can be told to")
def test_steps_find_the_memory_that_the_ones_before_them_freed() -> None:
    assert pages("keep_freed_memory()") < pages("") / 10
