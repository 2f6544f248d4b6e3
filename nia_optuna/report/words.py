"""What a study knows → words, the same way wherever a report shows it."""

from typing import Protocol

from nia_optuna.findings.confirmation import Difference, Estimate, Interval
from nia_optuna.findings.confirmation import estimate as estimated
from nia_optuna.findings.facts import StudyFacts, TrialFacts
from nia_optuna.findings.failed import Failed
from nia_optuna.findings.grid import is_grid
from nia_optuna.report.numbers import digits, minus, short

NOTHING = "—"
"""Stands for what is unknown or does not apply."""

_MEASURES = {"mse": "MSE", "mae": "MAE"}
_NEVER_NEGATIVE = ("loss", "mse", "mae")
_LOSSES = {"cross_entropy": "cross-entropy", "squared": "squared", "absolute": "absolute"}
_PICTURE = 3  # dimensions: channels, height, width


def measure(name: str) -> str:
    """Return how a measure is written: "accuracy", "loss", "MSE", "MAE"."""
    return _MEASURES.get(name, name)


def loss(facts: StudyFacts) -> str:
    """Return what the trainings minimise: "cross-entropy", "squared error", "hinge loss"."""
    name = facts.loss or "unknown"
    if facts.task == "regression":
        return f"{_LOSSES.get(name, name)} error"
    return "cross-entropy" if name == "cross_entropy" else f"{_LOSSES.get(name, name)} loss"


def examples(facts: StudyFacts) -> str:
    """Return what the data set is made of: "pictures", "rows" in regression, else "examples"."""
    if facts.task == "regression":
        return "rows"
    return "pictures" if len(facts.dataset.shape) == _PICTURE else "examples"


def search(facts: StudyFacts) -> str:
    """Return what the study did to find an answer: "search", or "grid" where it tried one whole."""
    return "grid" if is_grid(facts) else "search"


class Judged(Protocol):
    """Whatever knows by which metric it is judged."""

    @property
    def metric(self) -> str:
        """The metric's name."""
        ...


def metric(facts: Judged, value: float | None) -> str:
    """Return a value of the study's metric: accuracies in per cent."""
    if value is None:
        return NOTHING
    if facts.metric == "accuracy":
        return minus(f"{100 * value:z.2f} %")
    return digits(value)


def target(facts: StudyFacts, value: float) -> str:
    """Return a round value of the metric as short as it is: "99.5 %", "0.02", "300"."""
    return f"{100 * value:g} %" if facts.metric == "accuracy" else minus(f"{value:g}")


def gain(facts: Judged, value: float) -> str:
    """Return a difference with its sign: accuracies in percentage points."""
    if facts.metric == "accuracy":
        return minus(f"{100 * value:+z.2f} points")
    return f"{'+' if value >= 0 else ''}{digits(value)}"


def compared(facts: StudyFacts, value: float) -> str:
    """Return "3.10 points better than" or "worse than"."""
    size = gain(facts, abs(value)).lstrip("+")
    if size == gain(facts, 0.0).lstrip("+"):
        return "as good as"
    return f"{size} {'better' if value > 0 else 'worse'} than"


def interval(facts: Judged, ci95: Interval | None, *, of_gain: bool = False) -> str:
    """Return "95 % interval 80.10 to 81.70 %", or why there is none."""
    if ci95 is None:
        return "no spread over seeds, so no interval"
    if facts.metric == "accuracy" and not of_gain:
        # Student's t knows nothing of the ends of a scale.
        ci95 = max(ci95[0], 0.0), min(ci95[1], 1.0)
    elif facts.metric in _NEVER_NEGATIVE and not of_gain:
        ci95 = max(ci95[0], 0.0), ci95[1]
    show = gain if of_gain else metric
    low, high = show(facts, ci95[0]), show(facts, ci95[1])
    # The unit is said once: "80.10 to 81.70 %".
    unit = next((u for u in (" points", " %") if high.endswith(u)), "")
    return f"95 % interval {low.removesuffix(unit)} to {high}"


def estimate(facts: StudyFacts, found: Estimate | None) -> str:
    """Return "80.90 % ± 0.80 (3 seeds)": a mean and half the width of its 95 % interval."""
    if found is None:
        return NOTHING
    return f"{mean(facts, found)} ({count(len(found.values), 'seed')})"


def mean(facts: StudyFacts, found: Estimate | None) -> str:
    """Return "80.90 % ± 0.80", the mean alone where one seed gives no interval."""
    if found is None or found.ci95 is None:
        return metric(facts, found.mean if found else None)
    half = found.ci95[1] - found.mean
    if facts.metric == "accuracy":
        return f"{metric(facts, found.mean)} ± {100 * half:.2f}"
    # As many places as the mean has: the rest of the width says nothing.
    whole, _, places = digits(found.mean).partition(".")
    width = f"{half:.2g}" if "e" in whole + places else f"{half:.{len(places)}f}"
    return f"{metric(facts, found.mean)} ± {width}"


def searched(facts: StudyFacts, trial: TrialFacts) -> str:
    """Return the value of a trial in the search, with its interval and seeds where it has any."""
    if len(trial.values) > 1:
        return estimate(facts, estimated(trial.values))
    return metric(facts, trial.value)


def resplit(facts: StudyFacts) -> bool:
    """Return whether every seed set aside validation examples of its own."""
    return facts.settings.get("resplit") is True


def seeds_each(facts: StudyFacts) -> str:
    """Return what a search value rests on: "one seed", "mean of 10 seeds"."""
    repeated = _seeds(facts)
    if max(repeated, default=1) == 1:
        return "one seed"
    most = "" if len(repeated) == 1 else "up to "
    return f"mean of {most}{max(repeated)} seeds"


def most_seeds(facts: StudyFacts) -> int:
    """Return on how many seeds a search value rests at most; 1 where nothing is complete."""
    return max(_seeds(facts), default=1)


def _seeds(facts: StudyFacts) -> set[int]:
    return {len(trial.values) for trial in facts.of_state("complete")} - {0}


def verdict(facts: StudyFacts, found: Difference) -> str:
    """Return a difference, its interval and its test in one phrase."""
    if found.ci95 is None:
        why = "too few seeds for an interval"
        if found.seeds > 1:
            why = (
                f"the same {'difference ' if found.gain else ''}on every one of {found.seeds} seeds"
            )
        return f"{gain(facts, found.gain)} ({why})"
    words = interval(facts, found.ci95, of_gain=True)
    return f"{gain(facts, found.gain)} ({words}, {found.method})"


def failed(found: Failed) -> str:
    """Return "failed on 1 of 3 seeds"."""
    return f"failed on {found.seeds} of {count(found.of, 'seed')}"


def parameter(value: object) -> str:
    """Return a parameter's value, floats to three digits."""
    if isinstance(value, float):
        return short(value)
    return str(value)


def label(trial: TrialFacts) -> str:
    """Return "trial 17", or "the default baseline"; a name of several words is in quotes."""
    if trial.baseline is None:
        return f"trial {trial.number}"
    return f"the {quoted(trial)} baseline"


def quoted(trial: TrialFacts) -> str:
    """Return "trial 17", or a baseline's name: in quotes where it is of several words."""
    bare = name(trial)
    return f'"{bare}"' if trial.baseline is not None and " " in bare else bare


def name(trial: TrialFacts) -> str:
    """Return "trial 17", or a baseline's bare name: as short as a legend needs it."""
    return f"trial {trial.number}" if trial.baseline is None else trial.baseline


def count(number: int, thing: str) -> str:
    """Return "1 trial", "2 trials"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def listed(items: list[str]) -> str:
    """Return "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, (", ".join(items[:-1]), items[-1]))) if items else NOTHING


def duration(seconds: float | None) -> str:
    """Return "43 s", "25 min 12 s", "3 h 05 min"."""
    if seconds is None:
        return NOTHING
    if seconds < 10:  # noqa: PLR2004  # below, a whole second is coarse
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004  # seconds in a minute
        return f"{whole} s"
    if whole < 3600:  # noqa: PLR2004  # seconds in an hour
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def date(started: str) -> str:
    """Return an ISO 8601 moment to the minute: "2026-02-03 09:15"."""
    return started[:16].replace("T", " ") if started else NOTHING
