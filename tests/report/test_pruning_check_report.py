"""What a report says of pruned trials that were trained to their end."""

import io
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState as State
from PIL import Image

from nia_optuna.findings.facts import RepeatFacts
from nia_optuna.findings.findings import Findings, find
from nia_optuna.findings.pruning_check import pruning_check as check_of
from nia_optuna.record import StudyAttr
from nia_optuna.report.belief import belief
from nia_optuna.report.plots.curves import curves
from nia_optuna.report.pruning_check import pruning_check
from nia_optuna.report.write import write_report
from tests.findings import made
from tests.findings.test_pruning_check import facts


def found(ends: Mapping[int, float | None], *, sign: int = 1, pruned: int = 6) -> Findings:
    study = replace(facts(ends, sign=sign, pruned=pruned), metric="mae")
    return replace(find(made.empty()), facts=study, pruning_check=check_of(study))


def said(ends: Mapping[int, float | None], *, sign: int = 1, pruned: int = 6) -> str:
    return " ".join(pruning_check(found(ends, sign=sign, pruned=pruned))["words"])


def finished(*numbers: int) -> optuna.Study:
    """Return a study after its search, with these of its pruned trials trained to their end."""
    study = made.searched()
    records = {}
    for number in numbers:
        trained = made.train(made.DEFAULTS | study.trials[number].params, 1000 + number)
        records[f"{number}/{1000 + number}"] = {
            "trial": number,
            "seed": 1000 + number,
            "validation": trained.best,
            "seconds": trained.seconds,
            "curve": trained.curve,
        }
    study.set_user_attr(StudyAttr.FINISHED, records)
    return study


def pruned(study: optuna.Study) -> list[int]:
    return [t.number for t in study.trials if t.state == optuna.trial.TrialState.PRUNED]


def test_a_small_sample_without_a_loss_proves_nothing() -> None:
    words = said({10: 40.0, 11: 41.0}, pruned=24)
    assert words.startswith(
        "Of 24 pruned trials 2, drawn at random, were trained to their end, with the seeds that "
        "they had. Each held by itself against the search as it was, none would have beaten the "
        "best (70.00), and none would have been among the finalists (the last of whom has 50.00)."
    )
    assert "0 to 84 % better than the best and 0 to 84 % among the finalists (exact 95" in words
    assert "so small a sample cannot show that pruning lost nothing" in words


def test_a_large_one_bounds_the_loss() -> None:
    words = said(dict.fromkeys(range(10, 70), 40.0), pruned=400)
    assert "0 to 6 % better than the best" in words
    assert "good ones were hardly lost" in words


def test_a_lost_one_is_counted_and_may_be_luck() -> None:
    words = said({10: 71.0, 11: 41.0}, pruned=24)
    assert "1 would have beaten the best" in words
    assert "pruning lost good ones" in words
    assert "may be luck" in words
    assert "hardly lost" not in words
    words = said({10: 51.0, 11: 41.0}, pruned=24)
    assert "none would have beaten the best" in words
    assert "pruning lost good ones" in words


def test_where_all_were_finished_nothing_is_estimated() -> None:
    words = said(dict.fromkeys(range(10, 16), 40.0))
    assert words.startswith("All 6 pruned trials were trained")
    assert "For all pruned trials that makes" not in words
    assert "bias" not in words
    assert "interval" not in words
    assert said({10: 40.0}, pruned=1).startswith("The one pruned trial was trained to its end")
    # Each of them ended far below what was imputed: a bias, were they a sample.
    low = {n: n / 2 for n in range(10, 16)}
    assert "flatters" in said(low, pruned=7)
    assert "flatters" not in said(low)


def test_with_room_among_the_finalists_none_is_called_one_and_it_is_said_why() -> None:
    study = facts({10: 1.0, 11: 55.0}, pruned=24, finalists=4)
    shown = pruning_check(replace(found({}), facts=study, pruning_check=check_of(study)))
    words = " ".join(shown["words"])
    assert "None is called a finalist: only 3 configurations were complete" in words
    assert "so a place was open to every one" in words
    assert "among the finalists" not in words
    assert "pruning lost good ones" not in words
    assert [row[-1] for row in shown["rows"]] == ["not the best"] * 2


def test_less_than_one_per_cent_is_not_called_nothing() -> None:
    words = said(dict.fromkeys(range(10, 910), 40.0), pruned=2000)
    assert "0 to 0.4 % better than the best" in words


def test_a_mean_of_several_seeds_is_not_called_one_training() -> None:
    study = facts({10: 71.0, 11: 41.0}, pruned=24)
    again = tuple(
        replace(t, repeats=(RepeatFacts(3, t.value, 1.0),)) if t.state == "complete" else t
        for t in study.trials
    )
    for trials, luck in ((study.trials, True), (again, False)):
        seen = replace(study, trials=trials)
        shown = pruning_check(replace(found({}), facts=seen, pruning_check=check_of(seen)))
        assert ("A lead by one training may be luck" in " ".join(shown["words"])) == luck


def test_it_is_said_on_how_many_complete_trials_the_imputed_gain_rests() -> None:
    assert "count on is the median gain of 4 complete trials." in said({10: 40.0}, pruned=24)
    study = facts({10: 40.0}, pruned=24)
    for known, tell in ((1, "is the gain of 1 complete trial."), (0, "No complete trial says")):
        few = tuple(
            replace(t, curve=()) if t.state == "complete" and t.number >= known else t
            for t in study.trials
        )
        seen = replace(study, trials=few)
        shown = pruning_check(replace(found({}), facts=seen, pruning_check=check_of(seen)))
        assert tell in " ".join(shown["words"])


@pytest.mark.parametrize("sign", [1, -1], ids=["maximised", "minimised"])
def test_a_bias_is_said_with_its_direction(sign: int) -> None:
    # Imputed were 40, 41, 42 and 43.
    words = said({10: 35.0, 11: 36.1, 12: 37.0, 13: 38.0}, sign=sign)
    assert "imputed for them were 4.975 too good on average" in words
    assert "flatters what was pruned" in words
    words = said({10: 45.0, 11: 46.1, 12: 47.0, 13: 48.0}, sign=sign)
    assert "imputed for them were 5.025 too bad on average" in words
    assert "wrongs what was pruned" in words
    words = said({10: 41.0, 11: 40.0, 12: 42.0}, sign=sign)
    assert "No bias is shown" in words
    assert "one training cannot tell" in said({10: 41.0}, sign=sign)


def test_what_failed_and_what_began_otherwise_is_said() -> None:
    words = said({10: None, 11: 41.0})
    assert "1 training failed on its way, so it is no loss." in words
    assert "did not begin" not in words
    study = facts({10: 41.0})
    other = replace(study, finished=(replace(study.finished[0], curve=()),))
    seen = replace(found({}), facts=other, pruning_check=check_of(other))
    assert "1 curve did not begin as in the search" in " ".join(pruning_check(seen)["words"])


def test_the_table_has_the_ends_best_first_and_the_failed_last() -> None:
    rows = pruning_check(found({10: None, 11: 41.0, 12: 71.0, 13: 55.0}))["rows"]
    assert [row[0] for row in rows] == ["12", "13", "11", "10"]
    assert [row[-1] for row in rows] == ["the best", "a finalist", "no finalist", "failed"]
    assert rows[2] == ["11", "1", "21.00", "41.00", "41.00", "no finalist"]
    many = pruning_check(found({n: float(n) for n in range(10, 30)}, pruned=30))
    assert (len(many["rows"]), many["left_out"]) == (10, 10)


def test_the_page_has_words_table_and_cost_where_it_was_asked_for(tmp_path: Path) -> None:
    study = finished(*pruned(made.searched())[:3])
    text = write_report(study, tmp_path / "asked").read_text()
    part = text.split("## Pruning and cost")[1]
    assert "Of 8 pruned trials 3, drawn at random, were trained to their end" in part
    assert "| pruned trial | pruned after epoch |" in part
    assert re.search(r"\| pruned, finished for the check \| 3 \| 27 \|", part)
    assert "--finish-pruned" not in part
    assert "Dash-dotted lines" in text


def test_where_nobody_asked_half_a_sentence_says_how(tmp_path: Path) -> None:
    text = write_report(made.searched(), tmp_path / "not").read_text()
    part = text.split("## Pruning and cost")[1]
    assert (
        "`nia-optuna run` with `--finish-pruned N` tells where pruned trials would have ended."
    ) in part
    assert "finished for the check" not in text
    assert "Dash-dotted lines" not in text


def test_a_study_of_another_tool_is_not_told_to_run_again(tmp_path: Path) -> None:
    study = optuna.create_study(direction="maximize")
    for trial in made.searched().get_trials(states=(State.COMPLETE, State.PRUNED)):
        study.add_trial(trial)
    text = write_report(study, tmp_path / "other").read_text()
    assert "More were pruned after epoch 3 than after any other" in text
    assert "--finish-pruned" not in text
    assert "Pruning saved" not in text
    assert "pruning saved" not in text


def test_continued_curves_are_drawn_where_there_are_any() -> None:
    with_them, without = (
        curves(find(finished(*pruned(made.searched())))),
        curves(find(made.searched())),
    )
    assert with_them is not None
    assert without is not None
    assert len(with_them) < 150_000
    grey = [np.asarray(Image.open(io.BytesIO(png)).convert("L")) for png in (with_them, without)]
    assert grey[0].shape == grey[1].shape
    assert (grey[0] != grey[1]).mean() > 0.005


def test_a_loss_is_among_the_reasons_not_to_believe() -> None:
    seen = find(made.confirmed())
    for ends, counted in (({10: 55.0, 11: 41.0}, True), ({10: 41.0}, False)):
        check = found(ends).pruning_check
        reasons = [each for each in belief(replace(seen, pruning_check=check)) if "Pruning" in each]
        assert bool(reasons) is counted
        assert not counted or "of 2 pruned trials trained to the end for a check, 1" in reasons[0]
