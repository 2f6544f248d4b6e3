"""Studies that a report could stumble over: each is written up whole, and no link leads nowhere."""

from __future__ import annotations

import csv
import json
import math
import random
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import optuna
import pytest
from markdown_it import MarkdownIt
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState, create_trial

from nia_optuna.record import StudyAttr, TrialAttr
from nia_optuna.report.write import write_report
from tests.findings import gridded, made, regression

EVIL = "<script>alert(1)</script> | `a` [x](y) ![z](q.png) $m$\n# two\n\u202etxt\u2066 <b>&amp;"


def one_trial() -> optuna.Study:
    study = optuna.create_study(storage=InMemoryStorage())
    study.add_trial(create_trial(value=0.5))
    return study


def failed_and_pruned() -> optuna.Study:
    study = made.empty()
    for dropout in (0.1, 0.2, 0.3, 0.4):
        made.add(study, {"dropout": dropout}, TrialState.FAIL, epochs=1)
        made.add(study, {"dropout": dropout}, TrialState.PRUNED, epochs=3)
    return study


def one_parameter() -> optuna.Study:
    study = made.empty()
    for number in range(12):
        attrs: dict[str, Any] = {} if number else {TrialAttr.BASELINE: "default"}
        made.add(study, {"dropout": 0.4 - 0.02 * number}, attrs=attrs)
    return study


def not_finite() -> optuna.Study:
    """Return a confirmed study in which whatever can be NaN or infinite somewhere is."""
    study = made.empty()
    rng = random.Random(5)
    for number in range(14):
        params = made.draw(rng, focused=False) if number else made.DEFAULTS
        curve = made.train(made.DEFAULTS | params, number).curve
        curve[number % 9] |= {"validation_accuracy": math.nan, "validation_loss": math.inf}
        curve[0] |= {"train_loss": -math.inf, "lr": math.nan, "first_loss": math.inf}
        attrs: dict[str, Any] = {TrialAttr.CURVE: curve, TrialAttr.SECONDS: math.nan}
        made.add(study, params, attrs=attrs | ({} if number else {TrialAttr.BASELINE: "default"}))
    for value in (math.inf, -math.inf):
        study.add_trial(create_trial(value=value))
    study.add_trial(
        create_trial(state=TrialState.PRUNED, intermediate_values={1: math.nan, 2: math.inf})
    )
    runs = {
        f"{trial}/{seed}": {
            "trial": trial,
            "seed": seed,
            "validation": math.nan if (trial, seed) == (3, 2) else 0.7 + 0.01 * seed,
            "test": math.inf if trial == 0 else 0.7,
            "seconds": math.nan,
            "curve": [{"number": 1, "validation_accuracy": math.nan}],
        }
        for trial in (0, 3, 5)
        for seed in (1, 2, 3)
    }
    study.set_user_attr(StudyAttr.CONFIRMATION, runs)
    study.set_user_attr(StudyAttr.CHOSEN, {"trial": 5, "finalists": [3, 5], "baselines": [0]})
    return study


def plain(direction: Literal["maximize", "minimize"]) -> optuna.Study:
    """Return a study that nia-optuna never saw: conditions, choices of all kinds, pruning."""
    sampler = optuna.samplers.RandomSampler(seed=1)
    study = optuna.create_study(storage=InMemoryStorage(), sampler=sampler, direction=direction)

    def objective(trial: optuna.Trial) -> float:
        value = trial.suggest_float("x", -1e30, 1e30) / 1e30
        if trial.suggest_categorical("deep", [True, False]):
            value += trial.suggest_int("layers", 1, 9, log=True)
        kind = trial.suggest_categorical("kind", [None, 1, 2.5, "three"])
        for epoch in (1, 2, 3):
            trial.report(value / epoch, epoch)
            if trial.number % 5 == epoch:
                raise optuna.TrialPruned
        if kind == "three" and trial.number % 2:
            raise ArithmeticError(EVIL)
        return value

    study.optimize(objective, n_trials=40, catch=(ArithmeticError,))
    return study


def hostile() -> optuna.Study:
    """Return a confirmed study in which everything that has a name has an evil one."""
    space: dict[str, BaseDistribution] = {
        EVIL: CategoricalDistribution((f"a {EVIL}", f"b {EVIL}", "=cmd()")),
        f"lr {EVIL}": FloatDistribution(0, 1),
        f"brought {EVIL}": FloatDistribution(0, 1),
    }
    study = made.empty(EVIL)
    for name in (StudyAttr.QUESTION, StudyAttr.COMMAND, StudyAttr.REHEARSAL):
        study.set_user_attr(name, EVIL)
    data = {"name": EVIL, "classes": [f"{n} {EVIL}" for n in range(3)], "validation": 500}
    study.set_user_attr(StudyAttr.DATASET, data)
    study.set_user_attr(StudyAttr.ENVIRONMENT, {"cpu": EVIL})
    study.set_user_attr(
        StudyAttr.SPACE, [{"name": n, "kind": "choice", "choices": [EVIL, 1]} for n in space]
    )
    rng = random.Random(3)
    for number in range(40):
        choice = f"b {EVIL}" if number in (0, 20) else rng.choice((f"a {EVIL}", "=cmd()"))
        params: dict[str, Any] = {EVIL: choice, f"lr {EVIL}": rng.random()}
        if choice == "=cmd()":
            params[f"brought {EVIL}"] = rng.random()
        lost = choice == "=cmd()" and params[f"lr {EVIL}"] < 0.6
        value = {"=": 0.8, "a": 0.6, "b": 0.4}[choice[0]] + 0.1 * params[f"lr {EVIL}"]
        curve = [{"number": k, "validation_accuracy": value * k / 3} for k in (1, 2, 3)]
        attrs: dict[str, Any] = {TrialAttr.CURVE: curve, TrialAttr.PARAMETERS: 10 + number}
        attrs |= {TrialAttr.BASELINE: EVIL if number else "default"} if number in (0, 20) else {}
        study.add_trial(
            create_trial(
                state=TrialState.FAIL if lost else TrialState.COMPLETE,
                value=None if lost else value,
                params=params,
                distributions={name: space[name] for name in params},
                user_attrs={str(k): v for k, v in attrs.items()} | {"failure": EVIL},
            )
        )
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    best, *others = sorted(complete, key=lambda t: -(t.value or 0))[:3]
    confirmed = [best.number, *(t.number for t in others), 0, 20]
    runs = {
        f"{number}/{seed}": {
            "trial": number,
            "seed": seed,
            "validation": None
            if number == 20
            else (study.trials[number].value or 0) + 0.001 * seed,
            "failure": EVIL if number == 20 else None,
            "test": 0.5 + 0.01 * seed,
            "seconds": 1.0 + number,
        }
        for number in confirmed
        for seed in (1, 2, 3)
    }
    study.set_user_attr(StudyAttr.CONFIRMATION, runs)
    study.set_user_attr(
        StudyAttr.CHOSEN,
        {"trial": best.number, "finalists": confirmed[:3], "baselines": [0, 20]},
    )
    return study


STUDIES: dict[str, Callable[[], optuna.Study]] = {
    "no trial": made.empty,
    "one trial": one_trial,
    "only failed and pruned ones": failed_and_pruned,
    "one parameter": one_parameter,
    "conditional parameters": made.confirmed,
    "a regression": regression.confirmed,
    "a grid": gridded.grid,
    "nothing finite": not_finite,
    "plain Optuna, maximised": lambda: plain("maximize"),
    "plain Optuna, minimised": lambda: plain("minimize"),
    "evil names": hostile,
}


@pytest.fixture(scope="module", params=STUDIES)
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hard") / "report"
    study = STUDIES[request.param]()
    (folder.parent / "trials").write_text(str(len(study.get_trials(deepcopy=False))))
    return write_report(study, folder).parent


def page(folder: Path) -> str:
    text = (folder / "README.md").read_text()
    return str(MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(text))


def test_every_link_and_picture_of_it_leads_to_a_file_beside_it(written: Path) -> None:
    targets = re.findall(r'(?:href|src)="([^"]*)"', page(written))
    assert {"trials.csv", "summary.json"} <= set(targets)
    assert [target for target in targets if not (written / target).is_file()] == []
    shown = {target for target in targets if target.endswith(".png")}
    assert shown == {path.name for path in written.glob("*.png")}


def test_nothing_of_the_study_is_markup_and_no_table_is_torn(written: Path) -> None:
    html = page(written)
    assert not re.search(r"<(script|b)\b", html)
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", (written / "README.md").read_text())
    for table in re.findall(r"<table>.*?</table>", html, re.DOTALL):
        rows = re.findall(r"<tr>.*?</tr>", table, re.DOTALL)
        assert len({len(re.findall("<t[hd]", row)) for row in rows}) == 1


def test_nothing_unknown_is_written_as_a_number(written: Path) -> None:
    # A choice may be None, and a reason may speak of nan.
    text = (written / "README.md").read_text().replace("train loss was nan", "")
    assert not re.search(r"\b(nan|inf|NA|NaN)\b", text)
    json.loads((written / "summary.json").read_text(), parse_constant=pytest.fail)
    with (written / "trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == int((written.parent / "trials").read_text())


def test_with_evil_names_every_section_is_there_all_the_same(tmp_path: Path) -> None:
    text = write_report(hostile(), tmp_path).read_text()
    for said in ("## Which changes carried the gain", "Failures are clustered", "ablation.png"):
        assert said in text


def many(trials: int) -> optuna.Study:
    study = made.empty("many")
    rng = random.Random(0)
    added = []
    for number in range(trials):
        params = made.draw(rng, focused=number % 3 == 0) if number else made.DEFAULTS
        curve = made.train(params, number).curve
        lost, cut = number % 97 == 5, number and curve[2]["validation_accuracy"] < 0.55
        curve = curve[: 1 if lost else 3 if cut else 9]
        attrs: dict[str, Any] = {TrialAttr.CURVE: curve, TrialAttr.SECONDS: 1.0}
        attrs |= {} if number else {TrialAttr.BASELINE: "default"}
        state = TrialState.PRUNED if cut else TrialState.COMPLETE
        added.append(
            create_trial(
                state=TrialState.FAIL if lost else state,
                value=None if lost else max(e["validation_accuracy"] for e in curve),
                params=params,
                distributions={name: made.SPACE[name] for name in params},
                user_attrs={str(key): value for key, value in attrs.items()},
            )
        )
    study.add_trials(added)
    return study


@pytest.mark.slow
def test_ten_thousand_trials_are_written_up_in_half_a_minute(tmp_path: Path) -> None:
    study = many(10_000)
    began = time.process_time()  # of this process: the machine may have other work
    write_report(study, tmp_path)
    assert time.process_time() - began < 30
    assert max(path.stat().st_size for path in tmp_path.glob("*.png")) < 150_000
    assert (tmp_path / "README.md").stat().st_size < 100_000
