"""What surrounds a capture, with stand-ins for the parts of torch.cuda that need a device."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
import torch

from nia_optuna.training import cuda_graphs
from nia_optuna.training.cuda_graphs import CudaGraphs
from nia_optuna.training.step import Seen


@dataclass
class Cuda:
    """Notes what it is asked, in order."""

    asked: list[str] = field(default_factory=list)
    replays: int = 0

    @contextmanager
    def within(self, name: str) -> Iterator[None]:
        self.asked.append(f"enter {name}")
        try:
            yield
        finally:
            self.asked.append(f"leave {name}")

    def graph(self, graph: "Cuda", *, stream: "Stream") -> object:
        assert graph is self
        return self.within(f"graph on {stream.name}")

    def replay(self) -> None:
        self.replays += 1

    def clone_state(self) -> str:
        self.asked.append("clone draws")
        return "the draws before"

    def graphsafe_set_state(self, state: str) -> None:
        self.asked.append(f"draws are {state}")


@dataclass
class Stream:
    name: str
    cuda: Cuda

    def wait_stream(self, other: "Stream") -> None:
        self.cuda.asked.append(f"{self.name} waits for {other.name}")


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cuda]:
    stand_in = Cuda()
    other, usual = Stream("the other stream", stand_in), Stream("the usual stream", stand_in)
    for name, value in {
        "CUDAGraph": lambda: stand_in,
        "Stream": lambda _: other,
        "current_stream": lambda: usual,
        "default_generators": (None, stand_in),
        "device": stand_in.within,
        "graph": stand_in.graph,
        "stream": lambda stream: stand_in.within(stream.name),
    }.items():
        monkeypatch.setattr(torch.cuda, name, value)
    cuda_graphs._stream.cache_clear()  # noqa: SLF001  # it must not keep a stand-in
    yield stand_in
    cuda_graphs._stream.cache_clear()  # noqa: SLF001


def learn(cuda: Cuda, seen: Seen, what: Callable[[], object] = lambda: None) -> Callable[[], Seen]:
    def step() -> Seen:
        cuda.asked.append("learn")
        what()
        return seen

    return step


@pytest.fixture
def seen() -> Seen:
    return Seen(*torch.ones(4))


def test_a_step_aside_comes_after_all_before_it_and_before_all_after_it(
    cuda: Cuda, seen: Seen
) -> None:
    assert CudaGraphs("cuda:1").aside(learn(cuda, seen)) is seen
    assert cuda.asked == [
        "enter cuda:1",
        "the other stream waits for the usual stream",
        "enter the other stream",
        "learn",
        "leave the other stream",
        "the usual stream waits for the other stream",
        "leave cuda:1",
    ]


def test_a_capture_is_on_its_device_and_keeps_the_generator_that_it_was_made_with(
    cuda: Cuda, seen: Seen
) -> None:
    collected: list[bool] = []
    step = learn(cuda, seen, lambda: collected.append(gc.isenabled()))
    replay, where = CudaGraphs("cuda:1").record(step)
    replay()
    assert (where, cuda.replays, collected, gc.isenabled()) == (seen, 1, [False], True)
    assert cuda.asked == [
        "clone draws",
        "enter cuda:1",
        "enter graph on the other stream",
        "learn",
        "leave graph on the other stream",
        "leave cuda:1",
    ]


def test_a_capture_that_fails_puts_the_draws_back_and_lets_garbage_be_collected(
    cuda: Cuda, seen: Seen
) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        CudaGraphs("cuda:1").record(learn(cuda, seen, fail))
    assert cuda.asked[-2:] == ["leave cuda:1", "draws are the draws before"]
    assert gc.isenabled()
