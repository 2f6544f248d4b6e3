"""How much better each study's answer is than another's: rows, and what they say in words."""

from __future__ import annotations

from collections.abc import Sequence

from nia_optuna.findings.apart import Apart, Verdict
from nia_optuna.findings.comparison import Comparison
from nia_optuna.findings.confirmation import Interval
from nia_optuna.findings.facts import StudyFacts
from nia_optuna.report import words

VERDICTS: dict[Verdict, str] = {
    "better": "better",
    "worse": "worse",
    "networks better": "its networks are better",
    "networks worse": "its networks are worse",
    "same": "the same",
    "not shown": "not shown to differ",
}


def difference_rows(found: Comparison, apart: Sequence[Apart]) -> list[list[str]]:
    """Return a row a pair: names, part, gain, intervals over seeds and examples, verdict."""
    return [_row(found.standing(each.one).facts, each) for each in apart]


def told(facts: StudyFacts, each: Apart, names: tuple[str, str]) -> str:
    """Return the verdict on a pair in a sentence, `names` being what the two are called."""
    one, other = names
    size = words.gain(facts, abs(each.over_seeds.difference.gain)).lstrip("+")
    better, worse = (one, other) if each.over_seeds.difference.gain > 0 else (other, one)
    by = f"by {size} on {each.part}"
    if each.verdict == "same":
        return f"{one} and {other} are the same on {each.part}, on every seed."
    if each.verdict in ("better", "worse"):
        also = " and the one over test examples" if each.over_examples else ""
        return f"{better} is better than {worse} {by}: the intervals over seeds{also} hold no 0."
    if each.verdict.startswith("networks"):
        return (
            f"The networks trained for {better} are better than those for {worse} {by}, and the "
            "interval over test examples holds no 0; that the configuration is better, and not "
            f"only these networks of it, {_few(each)} cannot show."
        )
    why = _why(facts, each)
    return f"{one} and {other} are not shown to differ: {better} is better {by}, {why}."


def _few(each: Apart) -> str:
    return words.count(each.over_seeds.difference.seeds, "seed") + " each"


def _why(facts: StudyFacts, each: Apart) -> str:
    seeds, examples = each.over_seeds, each.over_examples
    if examples is not None and not examples.shown:
        if examples.ci95 is None:
            return "every test example being answered as well by both"
        interval = words.interval(facts, examples.ci95, of_gain=True)
        return f"which chance in the test examples alone may do ({interval})"
    if seeds.difference.ci95 is None:
        return (
            "on every seed alike, which leaves no interval to judge by"
            if seeds.difference.seeds > 1
            else "of one seed, which tells nothing"
        )
    interval = words.interval(facts, seeds.difference.ci95, of_gain=True)
    return f"which chance in the seeds may do ({interval})"


def _row(facts: StudyFacts, each: Apart) -> list[str]:
    seeds = each.over_seeds
    pairs = "paired" if seeds.paired else "unpaired"
    counted = words.count(seeds.difference.seeds, "seed")
    t = _range(facts, seeds.difference.ci95)
    resampled = _range(facts, seeds.bootstrap)
    return [
        each.one,
        each.other,
        each.part,
        words.gain(facts, seeds.difference.gain),
        t if seeds.difference.ci95 is None else f"{t} ({seeds.difference.method}, {counted})",
        resampled if seeds.bootstrap is None else f"{resampled} ({pairs})",
        _over_examples(facts, each),
        VERDICTS[each.verdict],
    ]


def _over_examples(facts: StudyFacts, each: Apart) -> str:
    held = each.over_examples
    if held is None:
        return words.NOTHING
    if held.ci95 is None:
        return f"all {held.examples:,} answered alike"
    return f"{_range(facts, held.ci95)} ({held.examples:,} {words.examples(facts)})"


def _range(facts: StudyFacts, ci95: Interval | None) -> str:
    if ci95 is None:
        return words.NOTHING
    return words.interval(facts, ci95, of_gain=True).removeprefix("95 % interval ")
