"""What mattered, in words: the verdict, what the bars are, branches and pairs."""

from __future__ import annotations

from nia_optuna.findings.findings import Findings
from nia_optuna.findings.importances import EVALUATORS, Importances, Pair
from nia_optuna.findings.measured import REPLICATES, SAMPLE
from nia_optuna.report import words
from nia_optuna.report.numbers import share


def mattered(found: Findings) -> list[str]:
    """Return the paragraphs of the section, the verdict first."""
    known = found.importances
    if known.missing:
        return [f"Importances were not computed because {known.missing}.", *_left_out(known)]
    grid = words.search(found.facts) == "grid"
    why = "" if grid else _WHY
    said = [_verdict(known), _method(known, why), _branches(known), _pairs(known)]
    said += _left_out(known)
    if grid:
        said.append(
            "A grid looks everywhere alike, so nothing was tried more often for doing well: these "
            "shares hold for the values that were listed, and for no others."
        )
    return [paragraph for paragraph in said if paragraph]


def _verdict(known: Importances) -> str:
    first = known.order[0]
    if known.verdict.rely:
        return (
            f"{first} alone mattered most over the searched ranges: both evaluators put it first, "
            "well clear of every other when the trials are drawn again. That is likely and not "
            "certain: where the truth is known such verdicts were nearly always right, but mostly "
            "of parameters that dominate; so try it in a study of its own before building on it."
        )
    return f"Do not rely on this. {_sentence('; '.join(known.verdict.reasons))}."


_WHY = (
    "Shares over the trials themselves would describe the sampler, which looks mostly where it "
    "expects to win; so "
)


def _method(known: Importances, why: str) -> str:
    one, other = EVALUATORS
    learned = _sentence(f"{why}a {one} and a {other} learned from {known.basis}")
    return (
        "A bar is the share of a parameter alone in the variance of the predicted rank over the "
        "whole searched space; what the bars leave of 100 % belongs to parameters together. "
        f"{learned} and predicted "
        f"{SAMPLE:,} configurations spread evenly over the space. A pruned trial counts with its "
        "last value plus the median of what complete ones still gained from there, a failed one "
        f"with the worst value. Lines hold 90 % of {REPLICATES} bootstrap samples of the trials, "
        f"to each of which both are fitted again. {_unseen(known)}"
    )


def _unseen(known: Importances) -> str:
    parts = [
        f"{each.unseen:.2f} ({each.name})" for each in known.evaluators if each.unseen is not None
    ]
    if not parts:
        return ""
    return f"Rank correlation with trials that a model had not seen: {words.listed(parts)}."


def _branches(known: Importances) -> str:
    if not known.inside:
        return ""
    told = [
        f"{name} where {each.branch} ({share(each.share)} of the variance there)"
        for name, each in known.inside.items()
    ]
    return (
        f"Parameters that only a part of the space uses are judged inside their branch: "
        f"{words.listed(told)}. Their bars are shares of the whole, to compare with the others."
    )


def _pairs(known: Importances) -> str:
    if not known.pairs:
        return (
            "No two parameters are shown to explain more together than each of them alone: the "
            "intervals of every pair reach down to nothing."
        )
    return (
        "Together, beyond each alone, and by one evaluator and the other: "
        f"{words.listed([_pair(pair) for pair in known.pairs])}."
    )


def _pair(pair: Pair) -> str:
    one, other = pair.shares
    return f"{' with '.join(pair.names)} ({share(one.value)} and {share(other.value)})"


def _left_out(known: Importances) -> list[str]:
    if not known.left_out:
        return []
    names = words.listed(list(known.left_out))
    return [f"Not judged, because the trials do not tell when it is used: {names}."]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
