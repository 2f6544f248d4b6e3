"""The target of a question, which Optuna's usual loop alone decides.

With each of three seeds that no repeat of the benchmark uses, the usual loop searches for a hundred
epochs, whatever time they take; the target is the median of the best validation accuracies that it
then has. nia-optuna has no part in it.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.study.race import NEVER, PeerError, race
from benchmarks.study.space import QUESTIONS

SEEDS = (100, 101, 102)
EPOCHS = 100
DAY = 86_400.0  # seconds: no limit
FILE = Path(__file__).with_name("targets.json")


def pilot(machine: Mapping[str, object]) -> None:
    """Run the usual loop and write `targets.json` beside this file.

    `default` is what the configuration that every search begins with reached in the same runs: a
    target at or below it would be a race between single trainings. Raises PeerError for such a one.
    """
    questions = {}
    for question in QUESTIONS:
        default, best = [], []
        for seed in SEEDS:
            print(f"{question.title}, pilot with seed {seed}", file=sys.stderr, flush=True)
            epochs = race(question, "usual", seed, target=NEVER, cap=DAY, most=EPOCHS)
            default.append(max(epoch.accuracy for epoch in epochs if epoch.trial == 0))
            best.append(max(epoch.accuracy for epoch in epochs))
        target = statistics.median(best)
        if target <= statistics.median(default):
            raise PeerError(
                f"{question.title}: the usual loop found nothing better than the default"
            )
        questions[question.name] = {"target": target, "best": best, "default": default}
        print(f"{question.title}: target {target}, best {best}, default {default}", flush=True)
    made = {"machine": machine, "epochs": EPOCHS, "seeds": SEEDS, "questions": questions}
    FILE.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")


def targets() -> dict[str, float]:
    """Return the target of every question by its name, as the last pilot wrote them."""
    made = json.loads(FILE.read_text(encoding="utf-8"))
    return {name: each["target"] for name, each in made["questions"].items()}
