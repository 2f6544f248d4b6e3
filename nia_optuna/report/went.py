"""What the pictures of a search over time show, in sentences."""

from __future__ import annotations

from nia_optuna.findings.anytime import Steps
from nia_optuna.findings.findings import Findings
from nia_optuna.report import words
from nia_optuna.report.numbers import share
from nia_optuna.report.plots.baselines import MOST


def anytime(found: Findings) -> list[str]:
    """Return when the best so far passed the baseline and when it rose last."""
    searches = (found.anytime.by_seconds or (), found.anytime.by_epochs)
    if not any(searches):
        return []
    said = []
    base = found.reference
    if base is not None and base.value is not None:
        value = base.value
        ahead = [
            next((cost for cost, best in steps if found.facts.gain(best, value) > 0), None)
            for steps in searches
        ]
        passed = _spent(*ahead)
        name = words.label(base)
        said.append(
            f"It surpassed {name} after {passed}." if passed else f"It never surpassed {name}."
        )
    last = _spent(*(_risen_last(steps) for steps in searches))
    whole = _spent(*(steps[-1][0] if steps else None for steps in searches))
    said.append(f"The best was found after {last}; the whole took {whole}.")
    return said


def timeline(found: Findings) -> list[str]:
    """Return how busy the workers were and what the clock leaves out."""
    seen = found.timeline
    if seen is None:
        return []
    busy = list(seen.busy.values())
    said = []
    if seen.recorded:
        said.append(f"The workers trained {share(sum(busy) / len(busy))} of the time.")
    else:
        said.append(
            "The storage does not say which worker trained what, so there are as many lanes as "
            "trials ran at once."
        )
    if seen.pauses:
        one = len(seen.pauses) == 1
        said.append(
            f"The dotted {'line stands for a pause' if one else 'lines stand for pauses'} in which "
            f"nothing was trained, {'which is' if one else 'which are'} cut out."
        )
    return said


def baselines(found: Findings) -> str:
    """Return what the dashed lines are."""
    valued = sum(trial.value is not None for trial in found.baselines)
    if valued > MOST:
        return f"the dashed ones the best of {valued} baselines"
    return "the dashed ones the baselines" if valued > 1 else "the dashed one the baseline"


def _risen_last(steps: Steps) -> float | None:
    """Return the cost at which the best was found: the last step but the one that is the end."""
    return next((cost for cost, best in steps if best == steps[-1][1]), None)


def _spent(seconds: float | None, epochs: float | None) -> str:
    """Return "5 min 12 s and 1,204 epochs", as far as it is known."""
    parts = [] if seconds is None else [words.duration(seconds)]
    parts += [] if epochs is None else [words.count(round(epochs), "epoch")]
    return " and ".join(parts)
