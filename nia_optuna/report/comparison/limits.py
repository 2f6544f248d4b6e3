"""What a comparison cannot tell, said plainly."""

from __future__ import annotations

from nia_optuna.findings.comparison import Comparison
from nia_optuna.report import words
from nia_optuna.report.comparison.differing import named

_FEW = 8  # seeds below which a bootstrap's interval is too short: see findings/bootstrap.py


def limits(found: Comparison) -> list[str]:
    """Return the limits that hold for this comparison, as sentences."""
    said = [_seeds(found), _examples(found), _searches(found), _chosen(found)]
    said += [_several(found), _hardware(found)]
    return [sentence for sentence in said if sentence]


def _seeds(found: Comparison) -> str:
    counts = [e.over_seeds.difference.seeds for e in (*found.apart, *found.methods_apart)]
    if not counts or min(counts) >= _FEW:
        return ""
    return (
        f"The fewest seeds behind a difference are {min(counts)}, which is few. A bootstrap over "
        "seeds only repeats the values that were seen: of normal values its 95 % interval held the "
        "truth in 76 % of simulated samples of 3, in 92 % of 5 and in 95 % from 8 on. So a "
        "difference counts as shown only where Student's t, which assumes a normal spread that few "
        "seeds cannot check, says so too."
    )


def _examples(found: Comparison) -> str:
    if not any(each.over_examples for each in found.apart):
        return ""
    return (
        "Intervals over test examples are of the networks that were trained: they cover which "
        "examples the test part happens to hold, not the luck of the seeds."
    )


def _searches(found: Comparison) -> str:
    alone = [each.studies[0] for each in found.methods if len(each.studies) == 1]
    if not found.apart or not alone:
        return ""
    return (
        f"One search each stands for {words.listed(alone)}: fresh seeds confirm what was found, "
        "and do not tell what the same search would have found with another seed. To compare "
        "samplers, pruners or spaces rather than two answers, run each with several seeds (--seed "
        "and --name) and name all of them."
    )


def _chosen(found: Comparison) -> str:
    if not any(each.part == "test" for each in found.apart):
        return ""
    return (
        "Choose by validation: who chooses a study for its number on test has chosen by the test "
        "part, and that number is then a little too good."
    )


def _several(found: Comparison) -> str:
    if len(found.apart) + len(found.methods_apart) < 2:  # noqa: PLR2004  # several
        return ""
    return "Differences are judged pair by pair, without correction for several comparisons."


def _hardware(found: Comparison) -> str:
    differ = named(found.differing, "cost")
    if not differ:
        return ""
    return (
        f"They did not run alike ({words.listed(differ)}), so times compare only roughly; "
        "epochs do."
    )
