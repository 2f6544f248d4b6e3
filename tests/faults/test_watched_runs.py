"""A dashboard that somebody looks at, on ten thousand trials, while trainers write."""

import sys
import time
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState

from benchmarks.load.browsing import dashboard, get, known
from benchmarks.load.filled import FILE, fill
from nia_optuna.load import load
from nia_optuna.record import TrialAttr
from nia_optuna.search.storage import open_storage
from tests.faults.runs import ran, running

FINISHED, MORE = 10_000, 200
TRAINERS = 8
WHOLE = "/api/studies/1"
LONGEST = 55.0  # seconds of an answer; a reader that met a lock would wait for a minute
TROUBLE = ("lock", "error", "traceback", "away", "tried again")

Answers = dict[str, list[float]]


def ask(server: str, path: str, answers: Answers) -> bytes:
    """Return an answer, and note how long it took."""
    began = time.monotonic()
    body = get(server, path)  # which raises where it is no good one
    answers[path.partition("?")[0]].append(time.monotonic() - began)
    return body


def drawn_at_random(folder: Path) -> Path:
    """Return the study with trials that are drawn ahead, so that they train as stacks."""
    file = folder / "many.py"
    file.write_text(FILE.read_text().replace("    budget=", '    sampler="random",\n    budget='))
    return file


def trials_in(url: str, folder: Path) -> list[FrozenTrial]:
    storage = open_storage(url, folder, create=False)
    trials = optuna.load_study(study_name="many", storage=storage).get_trials(deepcopy=False)
    storage.engine.dispose()
    return trials


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "coordinators"), [("sqlite", 1), ("postgresql", 2)], ids=["sqlite", "postgresql"]
)
def test_a_dashboard_open_on_ten_thousand_trials_is_in_nobodys_way(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, coordinators: int
) -> None:
    file, url = drawn_at_random(tmp_path), f"sqlite:///{tmp_path}/studies.db"
    if kind == "postgresql":
        url = request.getfixturevalue("postgres_url")
    words = [str(file), "--storage", url, "--trials"]
    ran(tmp_path, *words, "2", "--workers", "2")
    storage = open_storage(url, tmp_path, create=False)
    fill(storage, load(str(file)), FINISHED)
    storage.engine.dispose()
    before = len(trials_in(url, tmp_path))
    words += [str(FINISHED + MORE), "--workers", str(TRAINERS // coordinators)]
    answers: Answers = defaultdict(list)
    with (tmp_path / "errors").open("w+") as errors, ExitStack() as stack:
        server = stack.enter_context(dashboard(tmp_path, "--storage", url, errors=errors))
        after = known(ask(server, WHOLE, answers))  # as a page opens
        runs = [
            stack.enter_context(running(tmp_path / str(number), *words))
            for number in range(coordinators)
        ]
        while any(one.process.poll() is None for one in runs):
            ask(server, "/api/studies", answers)
            ask(server, f"{WHOLE}?after={after}", answers)
            ask(server, f"{WHOLE}/param_importances", answers)
        said = "".join(one.end() for one in runs)
        after_all = known(ask(server, WHOLE, answers))
        errors.seek(0)
        assert errors.read() == ""
    assert [word for word in TROUBLE if word in said.lower()] == []
    trials = trials_in(url, tmp_path)
    finished = sum(t.state in (TrialState.COMPLETE, TrialState.PRUNED) for t in trials)
    assert finished == FINISHED + MORE
    if coordinators == 1:  # several draw nothing ahead that could train side by side
        paths = [t.user_attrs.get(TrialAttr.PATH, "") for t in trials[before:]]
        assert any("stack of" in path for path in paths)
    assert after <= before < after_all
    assert max(second for each in answers.values() for second in each) < LONGEST
    for path, seconds in answers.items():
        sys.stdout.write(f"{kind} {path}: {len(seconds)} answers, {sorted(seconds)[-3:]} s\n")
