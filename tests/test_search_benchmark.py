"""The benchmark of searches: what its clock counts, and what a peer's training is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from benchmarks.search.contestant import Job
from benchmarks.search.peers import optuna_defaults
from benchmarks.search.peers.trainings import Trainings
from benchmarks.search.problem import Curve, Problem
from benchmarks.search.race import Point, Race
from nia_optuna.space import Space, Value

EPOCHS = 4


def draw(space: Space) -> float:
    return space.uniform("x", 0, 1, default=0.25)


def curve(params: Mapping[str, Value], seed: int) -> Curve:  # noqa: ARG001
    x = float(params["x"])  # type: ignore[arg-type]
    return Curve(tuple(100 * x * (1 - 2.0**-epoch) for epoch in range(1, EPOCHS + 1)), (2.0,) * 4)


def truth(params: Mapping[str, Value]) -> float:
    return 90 * float(params["x"])  # type: ignore[arg-type]


PROBLEM = Problem("made up", EPOCHS, 90.0, 8.0, draw, curve, truth)


class Listed:
    """Asks for jobs from a list, stops those of `stopped` after two epochs, and keeps a diary."""

    def __init__(self, jobs: Iterator[Job], stopped: tuple[int, ...] = ()) -> None:
        self.jobs = jobs
        self.stopped = stopped
        self.diary: list[tuple[str, int, int]] = []

    def ask(self) -> Job:
        job = next(self.jobs)
        self.diary.append(("ask", job.key, job.until))
        return job

    def report(self, job: Job, epoch: int, accuracy: float, seconds: float) -> bool:
        assert accuracy == curve(job.params, 0).accuracies[epoch - 1]
        assert seconds == 2.0
        self.diary.append(("report", job.key, epoch))
        return not (job.key in self.stopped and epoch == 2)

    def end(self, job: Job) -> None:
        self.diary.append(("end", job.key, job.until))

    def reported(self) -> list[tuple[int, int]]:
        return [(key, epoch) for what, key, epoch in self.diary if what == "report"]


def whole(xs: Iterator[float]) -> Iterator[Job]:
    return (Job(key, {"x": x}, EPOCHS) for key, x in enumerate(xs))


def forever() -> Iterator[float]:
    x = 0.5
    while True:
        yield x
        x = (x + 1) / 2


def raced(
    jobs: Iterator[Job], budget: float, workers: int = 1, *, in_seconds: bool = False
) -> tuple[Race, Listed]:
    contestant = Listed(jobs)
    race = Race(PROBLEM, contestant, workers, budget, seed=0, in_seconds=in_seconds)
    race.run()
    return race, contestant


def test_a_race_ends_when_its_epochs_are_spent() -> None:
    race, contestant = raced(whole(forever()), budget=10)
    assert contestant.reported() == [(key, e) for key in (0, 1) for e in (1, 2, 3, 4)] + [
        (2, 1),
        (2, 2),
    ]
    assert race.trials == 3


def test_only_whole_trainings_count_and_the_best_by_what_was_seen() -> None:
    race, _ = raced(whole(iter([0.5, 0.25, 0.75, 0.1])), budget=14)
    seen = [max(curve({"x": x}, 0).accuracies) for x in (0.5, 0.75)]
    assert race.points == [Point(4.0, seen[0], 45.0), Point(12.0, seen[1], 67.5)]
    assert race.at(3.9) is None
    assert race.at(11.9) == race.points[0]
    assert race.at(12.0) == race.points[1]


def test_what_was_stopped_costs_its_epochs_and_does_not_count() -> None:
    contestant = Listed(whole(forever()), stopped=(0,))
    race = Race(PROBLEM, contestant, workers=1, budget=6, seed=0)
    race.run()
    assert contestant.reported() == [(0, 1), (0, 2), (1, 1), (1, 2), (1, 3), (1, 4)]
    assert contestant.diary[3] == ("end", 0, EPOCHS)
    assert [point.cost for point in race.points] == [6.0]


def test_eight_workers_are_asked_for_before_any_epoch_and_share_the_budget() -> None:
    race, contestant = raced(whole(forever()), budget=8 * EPOCHS, workers=8)
    assert [what for what, _, _ in contestant.diary[:9]] == ["ask"] * 8 + ["report"]
    assert len(contestant.reported()) == 8 * EPOCHS
    assert {point.cost for point in race.points} == {32.0}


def test_a_training_that_is_gone_on_with_is_paid_once() -> None:
    untils = [(0, 1), (0, 3), (0, 2), (0, EPOCHS), (1, EPOCHS)]
    race, contestant = raced((Job(key, {"x": 0.5}, until) for key, until in untils), budget=4)
    assert contestant.reported() == [(0, 1), (0, 2), (0, 3), (0, 4)]
    # What was trained before is told at once, and takes no time.
    assert ("ask", 0, 2) in contestant.diary
    assert contestant.diary[contestant.diary.index(("ask", 0, 2)) + 1] == ("end", 0, 2)
    assert [point.cost for point in race.points] == [4.0]


def test_a_clock_may_count_seconds() -> None:
    race, contestant = raced(whole(forever()), budget=9, in_seconds=True)
    assert len(contestant.reported()) == 4
    assert [point.cost for point in race.points] == [8.0]


def test_optuna_begins_with_the_defaults_and_repeats_itself() -> None:
    def searched() -> Race:
        race = Race(PROBLEM, optuna_defaults.make(PROBLEM, 3, 2), workers=2, budget=60, seed=3)
        race.run()
        return race

    first, again = searched(), searched()
    assert first.points[0].true == truth(PROBLEM.defaults)
    assert first.points == again.points
    assert first.points[-1].true > first.points[0].true


def test_a_configuration_under_way_is_trained_anew_and_goes_on_afterwards() -> None:
    trainings = Trainings()
    params: Mapping[str, Value] = {"x": 0.5}
    first = trainings.begin("a", params, 1)
    assert trainings.begin("a", params, 1).key != first.key
    other = trainings.begin("b", params, 2)
    trainings.saw(other, 30.0)
    trainings.saw(other, 20.0)
    assert trainings.end(other) == 30.0
    on = trainings.begin("b", params, 3)
    assert on == Job(other.key, params, 3)
    trainings.saw(on, 40.0)
    assert trainings.end(on) == 40.0
    assert trainings.end(trainings.begin("b", params, 2)) == 30.0
