import math
from dataclasses import replace

import pytest

from nia_optuna.findings.facts import EpochFacts, StudyFacts, TrialFacts
from nia_optuna.findings.findings import Findings, find
from nia_optuna.findings.first_loss import first_losses
from nia_optuna.report.begun import begun
from tests.findings import made

LN10 = math.log(10)


@pytest.fixture(scope="module")
def found() -> Findings:
    study = made.empty(loss="cross_entropy")
    classes = [str(n) for n in range(10)]
    study.set_user_attr("dataset", {"classes": classes})
    return find(study)


def say(found: Findings, *firsts: float | None, blank: tuple[float, ...] = ()) -> str:
    blanks = blank or (LN10,) * len(firsts)
    trials = tuple(
        TrialFacts(
            number=n, state="complete", curve=(EpochFacts(1, first_loss=first, blank_loss=zeros),)
        )
        for n, (first, zeros) in enumerate(zip(firsts, blanks, strict=True))
    )
    facts: StudyFacts = replace(found.facts, trials=trials)
    return begun(replace(found, facts=facts, first_losses=first_losses(facts)))


def test_all_are_as_they_should_be(found: Findings) -> None:
    assert say(found, 2.3, 2.58, 2.4) == (
        "The first loss of all 3 trials was near what a network that has learned nothing should "
        "have (cross-entropy ln 10 = 2.303): 2.30 to 2.58."
    )


def test_one_trial_is_spoken_of_in_the_singular(found: Findings) -> None:
    assert say(found, 2.3).startswith("The first loss of the only trial was near")


def test_those_far_off_are_named_with_what_it_usually_means(found: Findings) -> None:
    said = say(found, 2.3, 12.1, None, 0.3)
    assert said.startswith("The first loss of 1 of 4 trials was near")
    assert "Far above it began trial 1 (12.1 against 2.30) and trial 2 (not finite against" in said
    assert "activations explode" in said
    assert "Far below it began trial 3 (0.300 against 2.30)" in said


def test_of_many_far_off_five_are_named(found: Findings) -> None:
    said = say(found, *[50.0] * 9)
    assert "trial 4 (50.0 against 2.30) and 4 others: usually" in said


def test_batches_that_differ_are_told_as_times_of_their_own(found: Findings) -> None:
    regression = replace(found, facts=replace(found.facts, task="regression", loss="squared"))
    said = say(regression, 450.0, 660.0, blank=(500.0, 600.0))
    assert "(squared error 500 to 600, by its first batch): 0.90 to 1.10 times that" in said


def test_old_studies_have_no_such_line(found: Findings) -> None:
    assert begun(found) == ""
