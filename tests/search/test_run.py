"""A run from end to end, with the trainings in this process."""

import os
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import optuna
import pytest
from optuna.trial import TrialState

from nia_optuna.architectures import MLP
from nia_optuna.data import Synthetic
from nia_optuna.optimizer import SGD
from nia_optuna.recipe import Recipe
from nia_optuna.record import StudyAttr, TrialAttr
from nia_optuna.search.address import StorageError
from nia_optuna.search.contest import fresh_seeds
from nia_optuna.search.coordinator import MOST_FAILURES, SearchError
from nia_optuna.search.identity import ChangedError
from nia_optuna.search.interrupt import Interrupted
from nia_optuna.search.rehearsal import rehearsal_of
from nia_optuna.search.run import Place, run
from nia_optuna.search.storage import claim
from nia_optuna.search.watch import Advanced, Ended, Event, Opened, Said
from nia_optuna.space import Space
from tests.search.small import INLINE, Run, small

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)


def test_the_total_of_finished_trials_is_exact_and_the_baselines_come_first(run_study: Run) -> None:
    stored = run_study()
    assert [t.state in FINISHED for t in stored.trials] == [True] * 5
    names = [t.user_attrs.get(TrialAttr.BASELINE) for t in stored.trials]
    assert names == ["default", "wide", None, None, None]
    assert stored.trials[0].params == {"width": 8, "lr": 0.1}
    assert stored.trials[1].params == {"width": 32, "lr": 0.1}


def test_a_trial_keeps_its_curve_its_seed_and_the_value_of_its_best_epoch(run_study: Run) -> None:
    trial = run_study(trials=1).trials[0]
    curve = trial.user_attrs[TrialAttr.CURVE]
    assert [epoch["number"] for epoch in curve] == [1, 2, 3]
    assert trial.intermediate_values == {e["number"]: e["validation_accuracy"] for e in curve}
    best = curve[trial.user_attrs[TrialAttr.BEST_EPOCH] - 1]
    assert trial.value == best["validation_accuracy"] == max(trial.intermediate_values.values())
    assert trial.user_attrs[TrialAttr.PARAMETERS] == 36 * 8 + 8 + 8 * 3 + 3


def test_every_trial_has_a_seed_of_its_own_and_the_confirmation_fresh_ones(run_study: Run) -> None:
    stored = run_study()
    seeds = {t.user_attrs[TrialAttr.SEED] for t in stored.trials}
    confirmed = {r["seed"] for r in stored.user_attrs[StudyAttr.CONFIRMATION].values()}
    assert len(seeds) == len(stored.trials)
    assert confirmed == set(fresh_seeds(0, 2))
    assert not seeds & confirmed


def test_the_same_command_again_trains_nothing(run_study: Run, events: list[Event]) -> None:
    first = run_study()
    events.clear()
    second = run_study()
    assert not [e for e in events if isinstance(e, Advanced)]
    assert len(second.trials) == len(first.trials)


def test_a_larger_total_continues_without_repeating_a_draw(run_study: Run) -> None:
    run_study(trials=4)
    stored = run_study(trials=9)
    assert sum(t.state in FINISHED for t in stored.trials) == 9
    assert len({tuple(t.params.items()) for t in stored.trials}) == 9


def test_the_test_part_is_scored_for_the_chosen_and_the_baselines_alone(run_study: Run) -> None:
    stored = run_study()
    records = stored.user_attrs[StudyAttr.CONFIRMATION].values()
    chosen = stored.user_attrs[StudyAttr.CHOSEN]
    scored = {r["trial"] for r in records if "test" in r}
    assert scored == {chosen["trial"], *chosen["baselines"]}
    assert {r["trial"] for r in records} == {*chosen["finalists"], *chosen["baselines"]}
    for record in records:
        if "test" in record:
            confusion = record["confusion"]
            right = sum(confusion[k][k] for k in range(3))
            assert sum(map(sum, confusion)) == 60
            assert record["test"] == pytest.approx(right / 60)


def test_the_chosen_has_the_best_mean_over_the_fresh_seeds(run_study: Run) -> None:
    stored = run_study()
    values: dict[int, list[float]] = {}
    for record in stored.user_attrs[StudyAttr.CONFIRMATION].values():
        values.setdefault(record["trial"], []).append(record["validation"])
    chosen = stored.user_attrs[StudyAttr.CHOSEN]["trial"]
    assert sum(values[chosen]) == max(map(sum, values.values()))


def test_checkpoints_of_the_confirmed_are_kept(run_study: Run, place: Place) -> None:
    stored = run_study()
    kept = {p.name for p in (place.runs.checkpoints / "small").iterdir()}
    assert kept == {r["checkpoint"] for r in stored.user_attrs[StudyAttr.CONFIRMATION].values()}


def test_a_pruner_that_prunes_everything_spares_the_baselines(run_study: Run) -> None:
    class Everything(optuna.pruners.BasePruner):
        def prune(self, study: optuna.Study, trial: optuna.trial.FrozenTrial) -> bool:  # noqa: ARG002
            return True

    stored = run_study(replace(small, pruner=Everything()))
    states = [t.state for t in stored.trials]
    assert states == [TrialState.COMPLETE] * 2 + [TrialState.PRUNED] * 3
    assert all(len(t.intermediate_values) == 1 for t in stored.trials[2:])


def hopeless(space: Space) -> Recipe:
    """Learns nothing with one of its two learning rates."""
    rate = space.choice("lr", (0.1, 1e-9), default=0.1)
    width = space.integer("width", 8, 32, default=16)
    return Recipe(MLP((width,)), SGD(lr=rate), batch_size=32)


def test_halving_gives_up_what_learns_nothing_at_the_first_rung(run_study: Run) -> None:
    made = replace(small, draw=hopeless, baselines={}, sampler="random")
    stored = run_study(made, trials=12, epochs=6, finalists=0)
    bad = [t for t in stored.trials if t.params["lr"] == 1e-9]
    assert bad
    assert {t.state for t in bad} == {TrialState.PRUNED}
    assert {t.last_step for t in bad} == {3}
    for trial in bad:
        assert trial.user_attrs[TrialAttr.STOPPED] == "pruned"
        assert len(trial.user_attrs[TrialAttr.CURVE]) == 3


def test_a_loss_is_minimised(run_study: Run) -> None:
    stored = run_study(replace(small, metric="loss"))
    chosen = stored.user_attrs[StudyAttr.CHOSEN]
    means: dict[int, float] = {}
    for record in stored.user_attrs[StudyAttr.CONFIRMATION].values():
        means[record["trial"]] = means.get(record["trial"], 0) + record["validation"]
    assert means[chosen["trial"]] == min(means.values())
    assert stored.direction == optuna.study.StudyDirection.MINIMIZE


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        (replace(small, metric="loss"), "its metric was 'accuracy' and is now 'loss'"),
        (replace(small, seed=7), "its seed was 0 and is now 7"),
        (
            replace(small, dataset=Synthetic(shape=(1, 6, 6), classes=3, train=150, test=61)),
            "its data were",
        ),
    ],
)
def test_another_question_is_refused_under_the_old_name(
    run_study: Run, changed: object, what: str
) -> None:
    before = run_study(trials=2)
    with pytest.raises(ChangedError, match=what):
        run_study(changed, trials=4)
    assert len(before.get_trials()) == 2


def test_a_changed_range_is_refused_by_its_name(run_study: Run) -> None:
    run_study(trials=2)

    def wider(space: Space) -> Recipe:
        width = space.integer("width", 4, 64, default=8)
        return Recipe(MLP((width,)), SGD(lr=space.log("lr", 1e-2, 1.0, default=0.1)), batch_size=32)

    with pytest.raises(ChangedError, match=r"parameter 'width' was 4 to 32 .* is now 4 to 64"):
        run_study(replace(small, draw=wider), trials=4)


def test_a_study_of_another_program_is_refused(run_study: Run, place: Place) -> None:
    run_study(trials=1)
    stored = optuna.create_study(
        study_name="foreign", storage=f"sqlite:///{place.runs.database}", direction="maximize"
    )
    stored.tell(stored.ask(), 1.0)
    with pytest.raises(ChangedError, match="not made by nia-optuna"):
        run_study(replace(small, name="foreign"))


def test_an_empty_study_of_the_other_direction_is_refused(run_study: Run, place: Place) -> None:
    run_study(trials=1)
    storage = f"sqlite:///{place.runs.database}"
    optuna.create_study(study_name="backwards", storage=storage, direction="minimize")
    with pytest.raises(ChangedError, match="not made by nia-optuna"):
        run_study(replace(small, name="backwards"))


@dataclass(frozen=True)
class Moody:
    """A user's network that refuses some widths."""

    width: int
    refused: int

    def build(self, shape: tuple[int, ...], classes: int) -> object:
        if self.width > self.refused:
            raise RuntimeError(f"no network of width {self.width}\nand a second line")
        return MLP((self.width,)).build(shape, classes)


def moody(refused: int) -> object:
    def draw(space: Space) -> Recipe:
        width = space.integer("width", 4, 32, default=8)
        model = Moody(width, refused)
        return Recipe(model, SGD(lr=space.log("lr", 1e-2, 1.0, default=0.1)), batch_size=32)  # type: ignore[arg-type]

    return replace(small, draw=draw)


def test_a_network_that_raises_fails_its_trial_with_the_reason_and_the_study_goes_on(
    run_study: Run,
) -> None:
    stored = run_study(moody(refused=20), trials=8)
    states = Counter(t.state for t in stored.trials)
    assert states[TrialState.COMPLETE] + states[TrialState.PRUNED] == 8
    failed = [t for t in stored.trials if t.state == TrialState.FAIL]
    assert failed
    for trial in failed:
        assert "RuntimeError: no network of width" in trial.user_attrs[TrialAttr.FAILURE]
        assert "\n" not in trial.user_attrs[TrialAttr.FAILURE]


def test_a_study_that_always_fails_ends_with_one_line(run_study: Run) -> None:
    with pytest.raises(SearchError, match=f"{MOST_FAILURES} trials failed in a row.*no network"):
        run_study(moody(refused=0), trials=30)


def test_a_learning_rate_that_diverges_fails_its_trial(run_study: Run) -> None:
    def wild(space: Space) -> Recipe:
        rate = space.choice("lr", (0.1, 1e30), default=0.1)
        return Recipe(MLP((space.integer("width", 4, 32, default=8),)), SGD(lr=rate), batch_size=32)

    baselines = {"wild": {"lr": 1e30}}
    stored = run_study(replace(small, draw=wild, baselines=baselines), trials=2)
    assert stored.trials[1].state == TrialState.FAIL
    assert stored.trials[1].user_attrs[TrialAttr.FAILURE].startswith("diverged")


def test_a_rehearsal_passes_its_best_configurations_on(run_study: Run, events: list[Event]) -> None:
    rehearsal = rehearsal_of(small)
    assert rehearsal.name == "small-quick"
    best = run_study(rehearsal)
    stored = run_study()
    passed = [t for t in stored.trials if TrialAttr.REHEARSED in t.user_attrs]
    assert passed
    assert [t.number for t in passed] == list(range(2, 2 + len(passed)))
    for trial in passed:
        assert trial.params == best.trials[trial.user_attrs[TrialAttr.REHEARSED]].params
    assert any("small-quick" in e.text for e in events if isinstance(e, Said))


def test_a_timeout_ends_the_search_and_what_was_asked_waits(run_study: Run) -> None:
    run_study(trials=1, finalists=0)  # torch's import would take the time of a busy machine
    stored = run_study(trials=500, timeout=2, finalists=0)
    states = Counter(t.state for t in stored.trials)
    assert 1 < states[TrialState.COMPLETE] + states[TrialState.PRUNED] < 500
    assert states[TrialState.RUNNING] == 0
    total = len(stored.trials) + 1
    again = run_study(trials=total, timeout=None, finalists=0)
    assert sum(t.state in FINISHED for t in again.trials) == total


def test_trials_left_running_by_a_killed_run_go_on_with_their_draws(
    run_study: Run, place: Place
) -> None:
    run_study(trials=3)
    left = optuna.load_study(study_name="small", storage=f"sqlite:///{place.runs.database}")
    zombie = left.ask()
    draw = {"width": zombie.suggest_int("width", 4, 32), "lr": 0.0}
    draw["lr"] = zombie.suggest_float("lr", 1e-2, 1.0, log=True)
    stored = run_study(trials=5)
    assert stored.trials[zombie.number].state in FINISHED
    assert stored.trials[zombie.number].params == draw
    assert len(stored.trials) == 5


def test_the_watcher_hears_of_both_stages_and_every_end(
    run_study: Run, events: list[Event]
) -> None:
    run_study()
    assert [e.stage for e in events if isinstance(e, Opened)] == ["search", "confirmation"]
    ends = [e for e in events if isinstance(e, Ended)]
    assert [e.done for e in ends[:5]] == [1, 2, 3, 4, 5]
    assert sum(isinstance(e, Advanced) for e in events) >= 5


def test_no_finalists_means_no_confirmation(run_study: Run) -> None:
    stored = run_study(finalists=0)
    assert StudyAttr.CHOSEN not in stored.user_attrs


def test_two_runs_of_one_study_at_once_are_refused(place: Place) -> None:
    claimed = claim(None, place.runs.path, "small")
    with claimed, pytest.raises(StorageError, match="being run by another"):
        run(small, place, INLINE, lambda _: None)


def interrupted_after(count: int, events: list[Event]) -> Callable[[Event], None]:
    """Watch, and press Ctrl-C when so many trainings have ended in the second stage."""

    def watch(event: Event) -> None:
        events.append(event)
        stages = [e.stage for e in events if isinstance(e, Opened)]
        ends = sum(isinstance(e, Ended) for e in events)
        if stages == ["search", "confirmation"] and ends == 5 + count:
            os.kill(os.getpid(), signal.SIGINT)

    return watch


@pytest.mark.parametrize("count", [1, 8])
def test_an_interrupted_confirmation_goes_on_where_it_was(
    place: Place, events: list[Event], count: int
) -> None:
    """After the first training, and between the last training and the first score."""
    with pytest.raises(Interrupted):
        run(small, place, INLINE, interrupted_after(count, events))
    again: list[Event] = []
    stored = run(small, place, INLINE, again.append)
    trained = [e for e in again if isinstance(e, Ended)]
    assert len(trained) == 8 - count
    records = stored.user_attrs[StudyAttr.CONFIRMATION]
    assert len(records) == 8
    assert stored.user_attrs[StudyAttr.CHOSEN]


def test_a_checkpoint_that_is_gone_before_it_was_scored_is_trained_again(
    place: Place, events: list[Event]
) -> None:
    with pytest.raises(Interrupted):
        run(small, place, INLINE, interrupted_after(8, events))
    for checkpoint in (place.runs.checkpoints / "small").iterdir():
        checkpoint.unlink()
    stored = run(small, place, INLINE, lambda _: None)
    chosen = stored.user_attrs[StudyAttr.CHOSEN]["trial"]
    records = stored.user_attrs[StudyAttr.CONFIRMATION].values()
    assert all("test" in r for r in records if r["trial"] == chosen)


def test_more_seeds_are_confirmed_and_scored_and_may_change_the_choice(run_study: Run) -> None:
    run_study(seeds=1)
    stored = run_study(seeds=3)
    records = stored.user_attrs[StudyAttr.CONFIRMATION].values()
    chosen = stored.user_attrs[StudyAttr.CHOSEN]
    assert len(records) == 12
    assert all("test" in r for r in records if r["trial"] == chosen["trial"])
    means: dict[int, float] = {}
    for record in records:
        means[record["trial"]] = means.get(record["trial"], 0) + record["validation"]
    assert means[chosen["trial"]] == max(means.values())


def test_fewer_seeds_choose_among_themselves(run_study: Run) -> None:
    run_study(seeds=3)
    stored = run_study(seeds=2, trials=6)
    wanted = set(fresh_seeds(0, 2))
    means: dict[int, float] = {}
    for record in stored.user_attrs[StudyAttr.CONFIRMATION].values():
        if record["seed"] in wanted:
            means[record["trial"]] = means.get(record["trial"], 0) + record["validation"]
    chosen = stored.user_attrs[StudyAttr.CHOSEN]
    contenders = {*chosen["finalists"], *chosen["baselines"]}
    assert means[chosen["trial"]] == max(means[n] for n in contenders)


def test_a_baseline_added_later_is_tried(run_study: Run) -> None:
    run_study(trials=3)
    added = replace(small, baselines={**small.baselines, "narrow": {"width": 5}})
    stored = run_study(added, trials=5)
    names = [t.user_attrs.get(TrialAttr.BASELINE) for t in stored.trials]
    assert names[:2] == ["default", "wide"]
    assert "narrow" in names
    assert sum(t.state in FINISHED for t in stored.trials) == 5


def test_a_baseline_that_says_something_else_now_is_refused(run_study: Run) -> None:
    run_study(trials=2)
    with pytest.raises(ChangedError, match=r"its baseline 'wide' was {'width': 32}"):
        run_study(replace(small, baselines={"wide": {"width": 31}}), trials=5)


def test_a_run_with_nothing_to_do_changes_nothing(run_study: Run, place: Place) -> None:
    run_study()
    before = place.runs.database.read_bytes()
    run_study(trials=3)
    assert place.runs.database.read_bytes() == before


def test_the_median_pruner_spares_the_first_three_epochs_too(run_study: Run) -> None:
    made = replace(small, draw=hopeless, baselines={}, sampler="random", pruner="median")
    stored = run_study(made, trials=20, epochs=6, finalists=0)
    pruned = [t for t in stored.trials if t.state == TrialState.PRUNED]
    assert pruned
    assert min(len(t.intermediate_values) for t in pruned) == 3


def test_a_training_that_ends_by_itself_on_a_rung_is_complete(run_study: Run) -> None:
    """Where nothing is learned, patience ends every training at epoch 3, the first rung."""

    def still(space: Space) -> Recipe:
        width = space.integer("width", 4, 32, default=8)
        return Recipe(MLP((width,)), SGD(lr=1e-12), batch_size=32)

    made = replace(small, draw=still, baselines={}, sampler="random")
    stored = run_study(made, trials=8, epochs=9, patience=2, finalists=0)
    assert {t.last_step for t in stored.trials} == {3}
    assert {t.user_attrs[TrialAttr.STOPPED] for t in stored.trials} == {"patience"}
    assert {t.state for t in stored.trials} == {TrialState.COMPLETE}
