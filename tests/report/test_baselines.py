"""Every confirmed baseline is named beside the recommended configuration, with its difference."""

import re
from dataclasses import replace
from pathlib import Path

import optuna
import pytest

from nia_optuna.findings.findings import find
from nia_optuna.record import StudyAttr
from nia_optuna.report.answer import answer
from nia_optuna.report.belief import belief
from nia_optuna.report.configurations import best_table, top_table
from nia_optuna.report.confirmed_table import confirmation_table
from nia_optuna.report.words import label
from nia_optuna.report.write import write_report
from tests.findings import made, regression


@pytest.fixture(scope="module")
def both() -> optuna.Study:
    return made.confirmed(baselines=(0, 1))


def test_the_verdict_tells_the_beaten_from_those_not_shown_to_be(both: optuna.Study) -> None:
    said = belief(find(both))[0]
    assert said.startswith("Not shown to beat the default baseline: on test it is +3.06 points")
    assert "It beats the notebook baseline, confirmed: on test it is +19.27 points" in said


def test_those_with_one_verdict_share_a_sentence_in_which_each_is_named() -> None:
    said = belief(find(regression.confirmed()))[0]
    assert said.startswith(
        'It beats the baselines default and "by hand", confirmed: on test it is '
    )
    assert re.search(r"paired t\) against the default baseline and \+\d", said)
    assert said.endswith("the intervals do not hold 0.")


def test_of_many_that_are_beaten_the_closest_is_named() -> None:
    found = find(regression.confirmed())
    beaten = [rival for rival in found.rivals if rival.verdict == "beats it"]
    closest = min(beaten, key=lambda rival: rival.difference.gain)
    said = belief(replace(found, rivals=tuple(beaten * 3)))[0]
    assert said.startswith("It beats 6 of 6 baselines, confirmed: ")
    assert f"Closest comes {label(closest.trial)}: on test it is +" in said
    assert said.count("95 % interval") == 1


def test_the_answer_says_what_every_baseline_reached(both: optuna.Study) -> None:
    said = answer(find(both))[0]
    assert "; it is not shown to beat the default baseline (74.30 %); " in said
    assert said.endswith("; it beats the notebook baseline (58.10 %).")


def test_a_baseline_that_won_is_named() -> None:
    study = regression.confirmed()
    chosen = study.user_attrs[StudyAttr.CHOSEN] | {"trial": 1}
    study.set_user_attr(StudyAttr.CHOSEN, chosen)
    said = belief(find(study))[0]
    assert said == (
        'With fresh seeds nothing the search found was better than the "by hand" baseline.'
    )


def test_both_tables_hold_each_baseline_against_the_recommended(both: optuna.Study) -> None:
    found = find(both)
    rows = {row[0]: row for row in confirmation_table(found)}
    assert rows["the notebook baseline"][7].startswith("−19.27 points")  # noqa: RUF001
    cells = {name: values for name, values, _ in best_table(found)["rows"]}
    verdicts = ["—", "is not shown to beat it", "beats it"]
    assert cells["verdict: the recommended one"] == verdicts
    assert cells["recommended against it, on test"][2].startswith("+19.27 points (95 % interval")


def test_a_baseline_outside_of_the_space_has_its_recipe_below_the_table(tmp_path: Path) -> None:
    table = best_table(find(regression.confirmed()))
    cells = {name: values for name, values, _ in table["rows"]}
    assert cells["lr"][2] == "—"
    assert table["recipes"] == [('the "by hand" baseline', regression.BY_HAND)]
    text = write_report(regression.confirmed(), tmp_path).read_text()
    assert f'- the "by hand" baseline is `{regression.BY_HAND}`\n' in text


def test_what_lies_outside_does_not_make_every_parameter_differ() -> None:
    study = regression.searched(trials=3)
    top = top_table(find(study))
    assert top["outside"] == 'the "by hand" baseline'
    assert "batch_size" not in str(top["same"])
    regression.add(study, regression.DEFAULTS)
    same = regression.searched(trials=2)
    regression.add(same, regression.DEFAULTS)
    assert top_table(find(same))["same"] == "batch_size 16, lr 0.01 and width 16"


def test_a_reference_outside_of_the_space_leaves_every_parameter_a_change() -> None:
    study = optuna.create_study()
    source = regression.searched()
    for name, value in source.user_attrs.items():
        study.set_user_attr(name, value)
    study.add_trials(source.trials[1:])
    said = " ".join(answer(find(study)))
    assert re.search(r"\(batch_size \d+, lr [\d.]+, width \d+\)", said)
    assert 'of the "by hand" baseline (mean of 10 seeds each).' in said
