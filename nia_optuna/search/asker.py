"""Trials asked for ahead, in a thread of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from nia_optuna.record import TrialAttr
from nia_optuna.search.asked import DrawError, Open
from nia_optuna.search.crew import KindOf
from nia_optuna.search.ledger import Ledger
from nia_optuna.search.protocol import Start
from nia_optuna.training.stacked.kind import Kind

# So many trials at most wait for a trainer where nothing is lost by it: to find those alike.
LOOKAHEAD = 64
# So many at most are asked for at once: the first of them begins when the last is there.
BLOCK = 16
MODEL_BLOCK = 4  # where a model takes up to half a second for each


@dataclass(frozen=True)
class Ready:
    """A trial that has been asked for and waits for a trainer."""

    opened: Open
    start: Start
    kind: Kind


@dataclass
class Asker:
    """Asks for trials before they are needed; those that are there wait in `ready`.

    A model of the space takes up to a second to ask, in which neither a free trainer nor an epoch
    to be judged should wait.
    """

    ledger: Ledger
    kind_of: KindOf
    ready: list[Ready] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ask")
        self._asking: Future[tuple[list[Ready | DrawError], int]] | None = None
        self._kinds: Counter[Kind] = Counter()
        self._blind = 0

    @property
    def alike(self) -> int:
        """How many trials a stack holds where most so far could be one and gain from it; else 0."""
        kind, count = self._kinds.most_common(1)[0] if self._kinds else (Kind(), 0)
        return kind.most if kind.pays and count > 1 and count >= self._kinds.total() / 2 else 0

    @property
    def busy(self) -> bool:
        """Whether a trial may be there soon."""
        return self._asking is not None and not self._asking.done()

    def ask(self, *, missing: int, running: int, trainers: int) -> None:
        """Ask for as many trials as it is wise to have ahead, of those that are missing.

        Nothing is lost where they are drawn without regard to what others come to. Else one waits
        for the trainer that is free first: more would be drawn from a model that knows less. Full
        stacks are worth that, up to a quarter of all trials.
        """
        if self._asking is not None:
            return
        begun = running + len(self.ready)
        more = min(self.ledger.study.budget.trials // 4, LOOKAHEAD, trainers * self.alike)
        if self.ledger.shared:
            more = 0  # the others could not have them
        count = trainers + 1 + more - begun
        if self._blind:
            count = min(self._blind, LOOKAHEAD - len(self.ready))
        else:
            count = min(count, MODEL_BLOCK)
        count = min(count, missing - begun, BLOCK)
        if count > 0:
            self._asking = self._thread.submit(self._ask, count)

    def collect(self) -> list[DrawError]:
        """Let what has been asked for be ready; return those that could not even be begun."""
        if self._asking is None or self.busy:
            return []
        (asked, self._blind), self._asking = self._asking.result(), None
        ready = [each for each in asked if isinstance(each, Ready)]
        self.ready += ready
        self._kinds.update(each.kind for each in ready)
        return [each for each in asked if isinstance(each, DrawError)]

    def take(self, starts: Sequence[Start]) -> list[Ready]:
        """Return the trials of these orders, which wait no more."""
        runs = {start.run for start in starts}
        taken = [each for each in self.ready if each.start.run in runs]
        self.ready = [each for each in self.ready if each.start.run not in runs]
        return taken

    def drop(self, opened: Open) -> None:
        """Let a trial go that another coordinator has."""
        self.ready = [each for each in self.ready if each.opened is not opened]

    def wait(self, seconds: float) -> None:
        """Wait for what is being asked for."""
        if self._asking:
            wait([self._asking], seconds)

    def close(self) -> None:
        """Wait until nothing is asked for any more."""
        self._thread.shutdown()

    def _ask(self, count: int) -> tuple[list[Ready | DrawError], int]:
        asked = self.ledger.ask_many(count)
        return [self._ready(each) for each in asked], self.ledger.blind()

    def _ready(self, asked: Open | DrawError) -> Ready | DrawError:
        if isinstance(asked, DrawError):
            return asked
        start = self.ledger.start_trial(asked.run, asked.recipe)
        # Whose trainer died goes alone: it may have been its doing, and others would pay for it.
        # So does what goes on from where it stood: stacks begin anew.
        alone = TrialAttr.ATTEMPTS in asked.trial.user_attrs or start.begun
        return Ready(asked, start, Kind() if alone else self.kind_of(start))
