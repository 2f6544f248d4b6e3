"""How often pruning was wrong, by the pruned trials that were trained to their end."""

from __future__ import annotations

from typing import Any

from nia_optuna.findings.findings import Findings
from nia_optuna.findings.pruning_check import Finished, Imputation, PruningCheck, Share
from nia_optuna.report import words
from nia_optuna.report.numbers import minus, share

_MOST = 10  # rows; those that ended best
_SMALL = 0.01  # a part of 1 whose whole per cent say nothing
_MUCH = 0.1  # share of all pruned trials that is no small loss


def pruning_check(found: Findings) -> dict[str, Any]:
    """Return sentences on the sample, and a row for each of those that ended best.

    Both are empty where nobody asked for a sample.
    """
    check = found.pruning_check
    if check is None:
        return {"words": [], "rows": [], "left_out": 0}
    said = [_lost(found, check), _believed(found, check), _failed(check), _imputed(found, check)]
    ends = sorted(check.finished, key=lambda each: (_rank(found, each), each.trial))
    return {
        "words": [sentence for sentence in (*said, _replayed(check)) if sentence],
        "rows": [_row(found, check, each) for each in ends[:_MOST]],
        "left_out": len(ends[_MOST:]),
    }


def _lost(found: Findings, check: PruningCheck) -> str:
    facts, search = found.facts, words.search(found.facts)
    best = words.metric(facts, check.best)
    one = len(check.finished) == 1
    said = (
        f"{_sample(check)} {'was' if one else 'were'} trained to {'its' if one else 'their'} end, "
        f"with the seeds that {'it' if one else 'they'} had. {'Held' if one else 'Each held'} by "
        f"itself against the {search} as it was, {_count(check.beat_best)} would have beaten the "
        f"best ({best})"
    )
    if check.rivals is not None:
        return f"{said}. {_uncontested(check.rivals)}"
    if check.finalists is None:
        return f"{said}."
    last = words.metric(facts, check.last_finalist)
    return (
        f"{said}, and {_count(check.finalists)} would have been among the finalists (the last of "
        f"whom has {last})."
    )


def _uncontested(rivals: int) -> str:
    """Return why nobody is held against the finalists."""
    were = "configuration was" if rivals == 1 else "configurations were"
    complete = f"only {rivals:,} {were} complete" if rivals else "no configuration was complete"
    return (
        f"None is called a finalist: {complete} (baselines take no place), so a place was open to "
        "every one."
    )


def _believed(found: Findings, check: PruningCheck) -> str:
    shares = [share for share in (check.beat_best, check.finalists) if share is not None]
    lost = any(share.count for share in shares)
    one = lost and words.most_seeds(found.facts) == 1
    luck = " A lead by one training may be luck, as it may for whoever led." if one else ""
    if check.whole:
        return luck.strip()
    said = f"For all pruned trials that makes {_interval(check.beat_best)} better than the best"
    if check.finalists is not None:
        said += f" and {_interval(check.finalists)} among the finalists"
    said += " (exact 95 % intervals)"
    if lost:
        return f"{said}: pruning lost good ones, how many, a sample tells only roughly.{luck}"
    if max(share.ci95[1] for share in shares) > _MUCH:
        return f"{said}: so small a sample cannot show that pruning lost nothing."
    return f"{said}: good ones were hardly lost."


def _imputed(found: Findings, check: PruningCheck) -> str:
    told = check.imputation
    if told is None:
        return ""
    facts = found.facts
    size = words.gain(facts, abs(told.bias.mean)).lstrip("+")
    side = "too good" if told.bias.mean > 0 else "too bad"
    said = f"The ends that were imputed for them were {size} {side} on average"
    if told.bias.ci95 is not None:
        said += f" ({words.interval(facts, told.bias.ci95, of_gain=True)}, too good being positive)"
    if told.deviation is not None:
        said += f", with a standard deviation of {_size(found, told.deviation)}"
    said += f"; they missed the real ends by {_size(found, told.error)}, where the last values "
    said += f"before pruning missed them by {_size(found, told.unmended)}"
    if told.correlation is not None:
        said += (
            " (rank correlation of imputed with real ends "
            f"{minus(f'{told.correlation:.2f}')}, Spearman)"
        )
    return f"{said}. {_gains(told)}{_truth(check, told)}"


def _gains(told: Imputation) -> str:
    """Return how many trials say what was still to be gained."""
    low, high = told.gains
    if not high:
        return "No complete trial says what was still to be gained there: they are the last values."
    trials = words.count(high, "complete trial")
    over = trials if low == high else f"{low:,} to {trials}, by the epoch of pruning"
    median = "gain of" if high == 1 else "median gain of"
    return f"What they count on is the {median} {over}."


def _truth(check: PruningCheck, told: Imputation) -> str:
    """Return whether what a sampler learns of pruned trials is true, where that is estimated."""
    if check.whole:
        return ""
    if told.bias.ci95 is None:
        one = len(told.bias.values) == 1
        return " Whether that is a rule one training cannot tell." if one else ""
    low, high = told.bias.ci95
    if low <= 0 <= high:
        return " No bias is shown, which in a small sample is not to say that there is none."
    praise = "flatters" if low > 0 else "wrongs"
    return f" So the rule by which ends are imputed {praise} what was pruned."


def _failed(check: PruningCheck) -> str:
    if not check.failed:
        return ""
    many = check.failed > 1
    return (
        f"{words.count(check.failed, 'training')} failed on {'their' if many else 'its'} way, so "
        f"{'they are' if many else 'it is'} no loss."
    )


def _replayed(check: PruningCheck) -> str:
    others = sum(not each.replayed for each in check.finished)
    if not others:
        return ""
    return (
        f"{words.count(others, 'curve')} did not begin as in the search, as happens on other "
        "hardware, with another number of threads and on GPUs: these ends are of other trainings "
        "of the same configurations with the same seeds."
    )


def _row(found: Findings, check: PruningCheck, each: Finished) -> list[str]:
    facts = found.facts
    shown = [words.metric(facts, value) for value in (each.last, each.imputed, each.value)]
    return [f"{each.trial}", f"{each.epoch:,}", *shown, _would_be(check, each)]


def _would_be(check: PruningCheck, each: Finished) -> str:
    if each.value is None:
        return "failed"
    if each.beats_best:
        return "the best"
    if each.finalist:
        return "a finalist"
    return "no finalist" if check.finalists is not None else "not the best"


def _rank(found: Findings, each: Finished) -> float:
    if each.value is None:
        return float("inf")
    return -each.value if found.facts.direction == "maximize" else each.value


def _interval(found: Share) -> str:
    low, high = map(_part, found.ci95)
    return f"{low.removesuffix(' %')} to {high}"


def _part(part: float) -> str:
    """Return a part of 1 in whole per cent, below one with one digit that is not 0."""
    return f"{100 * part:.1g} %" if 0 < part < _SMALL else share(part)


def _size(found: Findings, value: float) -> str:
    return words.gain(found.facts, value).lstrip("+")


def _sample(check: PruningCheck) -> str:
    finished = len(check.finished)
    if finished < check.pruned:
        return f"Of {check.pruned:,} pruned trials {finished:,}, drawn at random,"
    return f"All {finished:,} pruned trials" if finished > 1 else "The one pruned trial"


def _count(found: Share) -> str:
    return f"{found.count:,}" if found.count else "none"
