"""What a peer asked for and was told: for those that go on with a training."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from benchmarks.search.contestant import Job
from nia_optuna.space import Value


class Trainings:
    """Numbers trainings, and keeps their learning curves.

    A configuration that is asked for again goes on with its training, which the peers' own runners
    would begin anew; unless that training is under way, then it is a second one.
    """

    def __init__(self) -> None:
        self._keys: dict[Hashable, int] = {}
        self._running: set[int] = set()
        self._curves: list[list[float]] = []

    def begin(self, configuration: Hashable, params: Mapping[str, Value], until: int) -> Job:
        """Return what a worker is to do for a configuration."""
        key = self._keys.get(configuration)
        if key is None or key in self._running:
            key = self._keys[configuration] = len(self._curves)
            self._curves.append([])
        self._running.add(key)
        return Job(key, params, until)

    def saw(self, job: Job, accuracy: float) -> None:
        """Keep an epoch's accuracy."""
        self._curves[job.key].append(accuracy)

    def end(self, job: Job) -> float:
        """Return the best accuracy up to the job's last epoch, whenever it was trained."""
        self._running.remove(job.key)
        return max(self._curves[job.key][: job.until])
