"""What a network answered, in words, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True)
class ClassAnswer:
    """Probabilities by class, the most likely first, for a file or the test example `index`.

    `truth` is its class where that is known; `png` is where it can be looked at.
    """

    probabilities: Mapping[str, float]
    file: Path | None = None
    index: int | None = None
    truth: str | None = None
    png: Path | None = None

    def plain(self) -> dict[str, Any]:
        """Return the answer as JSON: what is not known of a file is not there."""
        name, confidence = next(iter(self.probabilities.items()))
        answer = {"class": name, "confidence": confidence, "probabilities": self.probabilities}
        if self.file is not None:
            return {"file": str(self.file), **answer}
        return {
            "index": self.index,
            **answer,
            "truth": self.truth,
            "correct": name == self.truth,
            "png": None if self.png is None else str(self.png),
        }

    def cells(self) -> tuple[str, str, str]:
        """Return its class, how sure that is, and the second best, as one reads them."""
        (name, confidence), *others = self.probabilities.items()
        second = f"{others[0][0]} ({others[0][1]:.1%})" if others else ""
        return printable(name), f"{confidence:.1%}", printable(second)

    def words(self, dataset: str) -> str:
        """Return a line on a test example."""
        name, confidence, second = self.cells()
        right = "right" if next(iter(self.probabilities)) == self.truth else "wrong"
        return printable(
            f"test example {self.index} of {dataset}: {name}, confidence {confidence}, "
            f"second {second}; true class {self.truth}: {right}"
        )


@dataclass(frozen=True)
class NumberAnswer:
    """The number that a network found for the test example `index`, and the true one."""

    prediction: float
    index: int
    truth: float

    def plain(self) -> dict[str, Any]:
        """Return the answer as JSON."""
        return {"index": self.index, "prediction": self.prediction, "truth": self.truth}

    def words(self, dataset: str) -> str:
        """Return a line on it."""
        return printable(
            f"test example {self.index} of {dataset}: predicted {self.prediction:.4g}, "
            f"true number {self.truth:.4g}"
        )


def by_class(probabilities: Sequence[float], classes: Sequence[str]) -> dict[str, float]:
    """Return the probability of each class, the most likely first."""
    pairs = zip(classes, map(float, probabilities), strict=True)
    return dict(sorted(pairs, key=lambda pair: -pair[1]))


def table(answers: Sequence[ClassAnswer]) -> Table:
    """Return a row a file: its class, how sure the network is, and the second best."""
    from rich.markup import escape
    from rich.table import Table

    shown = Table(box=None, header_style="bold", pad_edge=False)
    shown.add_column("file", overflow="fold")
    shown.add_column("class", no_wrap=True)
    shown.add_column("confidence", justify="right", no_wrap=True)
    shown.add_column("second best", no_wrap=True)
    for answer in answers:
        shown.add_row(escape(printable(str(answer.file))), *map(escape, answer.cells()))
    return shown


def printable(text: str) -> str:
    """Return `text` without what a terminal would obey: the storage and a file name may hold it."""
    return "".join(c if c.isprintable() else "?" for c in text)
