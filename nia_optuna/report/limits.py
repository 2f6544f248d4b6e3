"""What the numbers of a study cannot tell, said plainly."""

from __future__ import annotations

import math

from nia_optuna.findings.cost import full_length
from nia_optuna.findings.facts import StudyFacts
from nia_optuna.findings.findings import Findings
from nia_optuna.findings.standing import reported
from nia_optuna.report import words

_FEW = 10  # seeds below which a t-interval is wide and its assumptions unchecked
_MANY_ROWS = 1000  # from here on which rows were drawn matters little


def limits(found: Findings) -> list[str]:
    """Return the limits that hold for this study, as sentences."""
    said = [_seeds(found), _sampling(found), _searched(found)]
    said.append(_split(found))
    said.append(_reported(found))
    said.append(_extends(found.facts))
    if len(found.confirmed.keys() - found.failed.keys()) > 1:
        said.append("Ties are judged pair by pair, without correction for several comparisons.")
    return [sentence for sentence in said if sentence]


def _seeds(found: Findings) -> str:
    if not found.confirmed:
        if words.seeds_each(found.facts) == "one seed":
            return "Every number is from a single training seed."
        return (
            f"Every number is a {words.seeds_each(found.facts)}, by which the best was chosen: it "
            "is too good until it is confirmed with fresh ones."
        )
    fewest = min(len(each.seeds) for each in found.confirmed.values())
    each = words.seeds_each(found.facts)
    values = f"{words.search(found.facts)} values"
    rest = f"{values} are {'from' if each == 'one seed' else 'the'} {each} each"
    if fewest >= _FEW:
        return f"Confirmed means rest on {fewest} seeds or more; {rest}."
    return (
        f"Confirmed means rest on as few as {words.count(fewest, 'seed')}, so their intervals are "
        f"wide and assume a normal spread that so few cannot check; {rest}."
    )


def _split(found: Findings) -> str:
    if words.resplit(found.facts):
        return (
            "Every seed set aside validation examples of its own, so intervals over seeds cover "
            "the luck of that split too. They do not cover the luck of having been given these "
            "data: what the seeds learned from overlaps, and the test part was one and the same."
        )
    return (
        "One split of the data was used throughout; intervals over seeds do not cover the luck of "
        "the split."
    )


def _extends(facts: StudyFacts) -> str:
    own = sum(trial.migrated is not None for trial in facts.trials)
    if facts.extends is None or not own:
        return ""
    were = "trial was" if own == 1 else "trials were"
    return (
        f"{own:,} {were} taken over from {facts.extends.study}, whose space was another: this one "
        "was chosen by somebody who may have known their values. Their epochs are in the costs, "
        "the wall time of that study is not."
    )


def _reported(found: Findings) -> str:
    if all(reported(found.facts, trial) is None for trial in found.baselines):
        return ""
    return (
        "Figures that authors reported stand beside ours, which are of the epoch that was best on "
        "validation, in trainings without the validation examples; how an author measured may "
        "differ."
    )


def _sampling(found: Findings) -> str:
    facts, best = found.facts, found.winner
    count, things = facts.dataset.validation, words.examples(facts)
    if not count or words.resplit(facts):
        return _tested(facts)
    if facts.metric != "accuracy" or best is None or best.value is None:
        if facts.task != "regression" or count >= _MANY_ROWS:
            return ""
        return (
            f"The validation part has only {count:,} {things}: a few outliers among them can rule "
            f"its {words.measure(facts.metric)}, which no interval over seeds shows."
        )
    error = math.sqrt(max(0.0, best.value * (1 - best.value)) / count)
    return (
        f"With {count:,} validation {things} an accuracy near {words.metric(facts, best.value)} "
        f"has a standard error of {100 * error:.2f} points from the choice of {things} alone."
    )


def _tested(facts: StudyFacts) -> str:
    count, things = facts.dataset.test, words.examples(facts)
    if not count or count >= _MANY_ROWS:
        return ""
    return (
        f"The test part has only {count:,} {things}: a few outliers among them can rule its "
        f"{words.measure(facts.metric)}, which no interval over seeds shows."
    )


def _searched(found: Findings) -> str:
    facts = found.facts
    finished = len(facts.of_state("complete")) + len(facts.of_state("pruned"))
    names = sorted({name for trial in facts.trials for name in trial.configuration})
    said = f"{words.count(finished, 'configuration')} of {words.count(len(names), 'parameter')}"
    were = "was" if finished == 1 else "were"
    return (
        f"{said} {were} tried{_length(facts)}; nothing is known of what the study file does not "
        f"{'list' if words.search(facts) == 'grid' else 'search'}."
    )


def _length(facts: StudyFacts) -> str:
    """Return how long trainings may be; a recipe may say so itself."""
    own = [t.most_epochs or full_length(facts) for t in facts.trials] or [full_length(facts)]
    known = [epochs for epochs in own if epochs is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    if low == high:
        return f", trained at most {words.count(high, 'epoch')} each"
    return f", trained at most {low:,} to {high:,} epochs, each as its recipe says"
