"""PyTorch's CUDA graphs: where a capture may happen, and what it must leave as it was."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import torch

from nia_optuna.training.step import Seen


@dataclass(frozen=True)
class CudaGraphs:
    """Captures on the CUDA device of that name."""

    device_name: str

    def aside(self, learn: Callable[[], Seen]) -> Seen:
        """Take a real step on the stream that a capture uses later.

        Libraries make their workspaces for a stream on its first use, which a capture forbids.
        """
        with torch.cuda.device(self.device_name):
            ours, usual = _stream(self.device_name), torch.cuda.current_stream()
            ours.wait_stream(usual)
            with torch.cuda.stream(ours):
                seen = learn()
            usual.wait_stream(ours)
        return seen

    def record(self, learn: Callable[[], Seen]) -> tuple[Callable[[], None], Seen]:
        """Capture `learn`, which the device does not carry out, as a graph.

        A replay draws from the device's default generator what the usual step would draw.
        Raises what `learn` raises, and RuntimeError for what cannot be captured.
        """
        graph = torch.cuda.CUDAGraph()
        generator = torch.cuda.default_generators[torch.device(self.device_name).index or 0]
        drawn = generator.clone_state()
        try:
            with (
                _uncollected(),
                torch.cuda.device(self.device_name),
                torch.cuda.graph(graph, stream=_stream(self.device_name)),
            ):
                seen = learn()
        except BaseException:
            # Before PyTorch 2.13 a capture that fails leaves the generator waiting for its end.
            # Not where it succeeds: the graph draws from the state that was there.
            generator.graphsafe_set_state(drawn)
            raise
        return graph.replay, seen


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep Python from collecting garbage: to free another graph would spoil a capture."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@cache
def _stream(device_name: str) -> torch.cuda.Stream:
    """Return the one stream of a process beside the usual one: memory is cached by stream."""
    return torch.cuda.Stream(device_name)  # type: ignore[no-untyped-call]
