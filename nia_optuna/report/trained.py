"""By which paths a study's networks were trained, in words."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from nia_optuna.findings.facts import StudyFacts

_STACK = re.compile(r"stack of (\d+)")
_FLOAT32 = " in float32"  # behind each way of a training whose device would have taken bfloat16


def trained(facts: StudyFacts) -> str | None:
    """Return how many trials and fresh seeds went each way, None where nothing is known of it."""
    ways: dict[str, list[str]] = defaultdict(list)
    paths = [trial.path for trial in facts.trials]
    paths += [run.path for run in (*facts.runs, *facts.finished)]
    for path in filter(None, paths):
        settings, _, way = path.partition(": ")
        if _FLOAT32 in way:
            settings = settings.replace("bfloat16 autocast", "float32")
            way = way.replace(_FLOAT32, "")
        ways[settings].append(way)
    return "; ".join(f"{name}: {_counted(taken)}" for name, taken in sorted(ways.items())) or None


def _counted(taken: Sequence[str]) -> str:
    """Return how many went alone, and how many beside others."""
    sizes = [max(map(int, _STACK.findall(way)), default=0) for way in taken]
    beside = [size for size in sizes if size > 1]
    others = Counter(
        way.replace("single", "alone") for way, size in zip(taken, sizes, strict=True) if not size
    )
    others["alone"] += sizes.count(1)  # a stack that nobody joined
    said = [f"{count} {way}" for way, count in sorted(others.items()) if count]
    if beside:
        said.append(f"{len(beside)} in stacks of up to {max(beside)}")
    return ", ".join(said)
