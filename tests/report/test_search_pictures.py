"""The pictures of a search: light whatever its size, and with captions that say what is drawn."""

import io
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import optuna
import pytest
from matplotlib.figure import Figure
from PIL import Image

from nia_optuna.findings.anytime import anytime
from nia_optuna.findings.facts import StudyFacts
from nia_optuna.findings.findings import Findings, find
from nia_optuna.findings.frames import trials_frame
from nia_optuna.findings.importances import Importances, importances
from nia_optuna.findings.landscape import landscape
from nia_optuna.findings.looked import looked
from nia_optuna.findings.standing import baselines, best_so_far, ranked, reference, winner
from nia_optuna.findings.timeline import timeline
from nia_optuna.findings.usable import usable
from nia_optuna.record import TrialAttr
from nia_optuna.report import looked as said
from nia_optuna.report import plots, went, words
from nia_optuna.report.plots import look
from nia_optuna.report.plots.anytime import anytime as anytime_picture
from nia_optuna.report.plots.baselines import baseline_lines, lines
from nia_optuna.report.plots.contour import contour
from nia_optuna.report.plots.curves import curves
from nia_optuna.report.plots.history import history
from nia_optuna.report.plots.parallel import parallel
from nia_optuna.report.plots.slices import slices
from nia_optuna.report.plots.timeline import lane_name
from nia_optuna.report.plots.timeline import timeline as timeline_picture
from nia_optuna.report.write import write_report
from tests.findings import gridded, made, timed

DRAWN = (history, curves, anytime_picture, timeline_picture, slices, contour, parallel)


@cache
def known() -> Importances:
    return importances(timed.stored(timed.searched(40)))


def of(facts: StudyFacts, **shares: float) -> Findings:
    """Return the findings that these pictures are drawn from, without a storage."""
    where, times = looked(facts, shares), timeline(facts)
    tried = usable(timed.stored(facts)) if shares else ()
    return replace(
        find(optuna.create_study(direction=facts.direction)),
        facts=facts,
        trials=trials_frame(facts),
        ranked=ranked(facts),
        best_so_far=best_so_far(facts),
        baselines=baselines(facts),
        winner=winner(facts),
        reference=reference(facts),
        timeline=times,
        anytime=anytime(facts),
        looked=where,
        importances=known(),
        landscape=landscape(tried, tuple(shares)),
    )


@cache
def searched(trials: int) -> Findings:
    return of(timed.searched(trials), lr=0.7, dropout=0.2)


@pytest.mark.parametrize("trials", [60, 10_000])
@pytest.mark.parametrize("picture", DRAWN, ids=lambda picture: picture.__name__)
def test_a_picture_is_light_whatever_the_number_of_trials(
    picture: plots.Picture, trials: int
) -> None:
    png = picture(searched(trials))
    assert png is not None
    assert len(png) < 150_000
    drawn = np.asarray(Image.open(io.BytesIO(png)).convert("L"))
    assert (drawn < 200).mean() > 0.01


def test_workers_are_named_by_their_coordinator_where_two_were_at_work() -> None:
    facts = timed.searched(8, workers=2)
    apart = [replace(t, worker=0, coordinator="ab"[t.number % 2]) for t in facts.trials]
    for trials, named in (
        (facts.trials, ["worker 0", "worker 1"]),
        (tuple(apart), ["coordinator 0, worker 0", "coordinator 1, worker 0"]),
    ):
        seen = timeline(replace(facts, trials=trials))
        assert seen is not None
        assert [lane_name(seen, lane) for lane in seen.busy] == named


def test_every_baseline_is_named_at_its_line_and_no_name_covers_another() -> None:
    study = made.empty()
    for number in range(8):
        name = "default" if number == 0 else f"by hand {number}"
        params = made.DEFAULTS | {"dropout": 0.3 + 0.001 * number}
        made.add(study, params, attrs={TrialAttr.BASELINE: name})
    found = find(study)
    axes = Figure().subplots()
    axes.set_ylim(0.5, 0.8)
    baseline_lines(axes, found)
    named = [text.get_text().split(":")[0] for text in axes.texts]
    assert len(named) == 6
    assert "default" in [name.strip("↓↑ ") for name in named]
    assert named == [t.baseline for t, _ in lines(found)]
    heights = sorted(text.xyann[1] for text in axes.texts)  # type: ignore[attr-defined]
    assert min(np.diff(heights)) > 0.06
    assert went.baselines(found) == "the dashed ones the best of 8 baselines"


def test_a_baseline_beyond_the_picture_is_named_with_an_arrow() -> None:
    found = find(made.confirmed(baselines=(0, 1)))
    axes = Figure().subplots()
    axes.set_ylim(0.7, 0.8)
    baseline_lines(axes, found)
    assert [text.get_text()[:10] for text in axes.texts] == ["↓ notebook", "default: 7"]


def test_a_few_dead_networks_do_not_rule_the_curves(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = timed.searched(60)
    high = [replace(t, value=0.9 + t.number / 1000) for t in facts.trials]
    curved = [
        replace(t, curve=tuple(replace(e, metric=t.value) for e in t.curve))
        for t in (*high[:-1], replace(high[-1], value=0.1))
    ]
    limits: list[tuple[float, float]] = []
    kept = look.png

    def noted(made: Figure, *, light: bool = False) -> bytes:
        limits.append(made.axes[0].get_ylim())
        return kept(made, light=light)

    monkeypatch.setattr(look, "png", noted)
    assert curves(of(replace(facts, trials=tuple(curved)))) is not None
    assert limits[0][0] > 0.5


def drawn(monkeypatch: pytest.MonkeyPatch, picture: plots.Picture, found: Findings) -> Figure:
    """Return the figure of a picture, laid out as it is written."""
    figures: list[Figure] = []
    kept = look.png

    def noted(made: Figure, *, light: bool = False) -> bytes:
        figures.append(made)
        return kept(made, light=light)

    monkeypatch.setattr(look, "png", noted)
    assert picture(found) is not None
    return figures[0]


def test_no_two_pauses_are_told_on_top_of_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    # Pauses behind trials of 300 seconds: after the second the longest, a week.
    starts = (0, 90_000, 700_000, 790_000, 880_000, 970_000, 1_060_000, 1_150_000)
    found = of(timed.study(*(timed.trial(k, at, at + 300) for k, at in enumerate(starts))))
    assert found.timeline is not None
    axes = drawn(monkeypatch, timeline_picture, found).axes[0]
    boxes = sorted((text.get_window_extent() for text in axes.texts), key=lambda box: box.x0)
    assert 2 <= len(boxes) < len(found.timeline.pauses) == len(axes.lines) == 7
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))
    assert words.duration(max(p.seconds for p in found.timeline.pauses)) in " ".join(
        text.get_text() for text in axes.texts
    )


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
@pytest.mark.parametrize("values", [(0.5, 0.7, 0.6), (0.5, 0.55, 0.7)], ids=["early", "late"])
def test_the_name_of_the_best_lies_inside_of_the_frame(
    monkeypatch: pytest.MonkeyPatch, direction: Literal["maximize", "minimize"], values: list[float]
) -> None:
    sign = 1 if direction == "maximize" else -1
    trials = [timed.trial(k, 300 * k, 300 * k + 300, value=sign * v) for k, v in enumerate(values)]
    found = of(replace(timed.study(*trials), direction=direction))
    for axes in drawn(monkeypatch, anytime_picture, found).axes:
        name, frame = axes.texts[0].get_window_extent(), axes.get_window_extent()
        assert frame.y0 < name.y0 < name.y1 < frame.y1


def test_captions_say_when_the_baseline_was_passed_and_what_was_cut_out() -> None:
    found = of(
        timed.study(
            replace(timed.trial(0, 0, 600, value=0.5), baseline="default"),
            timed.trial(1, 90_000, 90_300, value=0.6),
            timed.trial(2, 90_300, 90_600, value=0.55),
        )
    )
    passed, last = went.anytime(found)
    assert passed == "It surpassed the default baseline after 15 min 00 s and 6 epochs."
    assert last.startswith("The best was found after 15 min 00 s and 6 epochs; the whole took ")
    assert last.endswith("20 min 00 s and 9 epochs.")
    assert went.timeline(found) == [
        "The workers trained 100 % of the time.",
        "The dotted line stands for a pause in which nothing was trained, which is cut out.",
    ]


def test_captions_name_the_two_parameters_and_say_where_the_model_guesses() -> None:
    first, *_ = told = said.contour(searched(60))
    assert "predicts over lr and dropout, the two parameters that matter most" in first
    assert any(each.startswith("Where it is hatched, none of those") for each in told)
    assert not any("empty" in each or "read no shape" in each for each in told)
    assert said.contour(searched(10_000))[-1].startswith("Of more than 80 trials of a kind 80")
    one, other = known().evaluators
    blind = replace(known(), evaluators=(replace(one, unseen=0.1), other))
    branch = replace(of(timed.searched(60), activation=0.7, momentum=0.2), importances=blind)
    told = said.contour(branch)
    assert "Where it is empty, the two are not in use together." in told
    assert "(rank correlation 0.10): read no shape into it." in told[-1]


@pytest.mark.parametrize(
    "pair",
    [("lr", "dropout"), ("lr", "activation"), ("activation", "depth"), ("activation", "momentum")],
    ids=" and ".join,
)
def test_two_parameters_of_any_kind_are_drawn_the_same_each_time(pair: tuple[str, str]) -> None:
    pictures = {contour(of(timed.searched(50), **dict.fromkeys(pair, 0.5))) for _ in range(2)}
    assert len(pictures) == 1
    assert None not in pictures


def test_captions_tell_of_gaps_and_of_trials_that_are_not_drawn() -> None:
    (gap,) = said.parallel(searched(60))
    assert gap.startswith("A line is broken, and dotted for the best, where a trial's branch")
    assert said.parallel(searched(10_000))[1].startswith("Of more than 100 complete trials 100")
    assert said.slices(searched(60)) == []
    assert said.slices(searched(10_000))[0].startswith("Of more than 600 trials of a kind 600")


def test_a_grid_and_a_study_of_another_program_are_drawn_too(tmp_path: Path) -> None:
    text = write_report(gridded.grid(), tmp_path / "grid").read_text()
    assert "## Where the grid looked" in text
    assert (tmp_path / "grid" / "contour.png").exists()
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(lambda t: t.suggest_float("x", 1e-3, 1, log=True) + t.suggest_int("n", 0, 3), 20)
    found = find(study)
    assert found.looked is not None
    assert [(axis.name, axis.between and axis.between.log) for axis in found.looked.axes] == [
        ("n", False),
        ("x", True),
    ]
    assert "## Where the search looked" in write_report(study, tmp_path / "plain").read_text()
