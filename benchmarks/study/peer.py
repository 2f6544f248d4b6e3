"""What every peer is told on its command line, and the one thing that it says."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from benchmarks.study.space import QUESTIONS, Question

OURS: TextIO = sys.stdout


@dataclass(frozen=True)
class Task:
    """A question, the folder of its examples, one to leave files in, and a seed."""

    question: Question
    examples: Path
    scratch: Path
    seed: int


def task() -> Task:
    """Return what the command line asks for; from here on standard output is `say`'s alone."""
    global OURS  # noqa: PLW0603  # a process has one standard output
    OURS = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print, in whatever language
    sys.stdout = sys.stderr
    named = {question.name: question for question in QUESTIONS}
    parser = argparse.ArgumentParser()
    parser.add_argument("question", choices=list(named))
    parser.add_argument("--examples", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    given = parser.parse_args()
    return Task(named[given.question], given.examples, given.scratch, given.seed)


def say(trial: int, accuracy: float) -> None:
    """Say that a trial has finished an epoch with this validation accuracy.

    Whoever started the peer reads the clock when the line arrives.
    """
    # Some libraries answer in float32, in which 0.985 of the pictures can be less than 0.985.
    line = json.dumps({"trial": trial, "accuracy": round(accuracy, 6)})
    print(line, file=OURS, flush=True)
