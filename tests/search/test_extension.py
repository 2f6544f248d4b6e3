"""A study goes on with another space in a new one, and keeps of the old what still makes sense."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState, create_trial

from nia_optuna.architectures import MLP
from nia_optuna.data import open_data, silent, split
from nia_optuna.optimizer import SGD
from nia_optuna.recipe import Recipe
from nia_optuna.record import StudyAttr, TrialAttr
from nia_optuna.search.address import StorageError
from nia_optuna.search.distributions import distribution
from nia_optuna.search.extension import extended
from nia_optuna.search.family import Attrs, latest
from nia_optuna.search.identity import ChangedError, facts_of
from nia_optuna.search.migration import migration
from nia_optuna.search.run import Place, run
from nia_optuna.search.runs import Runs
from nia_optuna.search.storage import open_storage
from nia_optuna.search.watch import Event, Said
from nia_optuna.space import Space
from nia_optuna.study import Study, check_space
from tests.search.small import INLINE, small
from tests.search.test_baselines import OUTSIDE
from tests.search.test_replay import Odd, again

optuna.logging.set_verbosity(optuna.logging.ERROR)


def before(space: Space) -> Recipe:
    width = space.integer("width", 4, 32, default=8)
    activation = space.choice("activation", ("relu", "tanh"), default="relu")
    lr = space.log("lr", 1e-2, 1.0, default=0.1)
    return Recipe(MLP((width,), activation=activation), SGD(lr=lr), batch_size=32)


def after(space: Space) -> Recipe:
    """A narrower width, a wider rate, one more activation, and a parameter that was fixed."""
    width = space.integer("width", 4, 28, default=8)
    activation = space.choice("activation", ("relu", "tanh", "elu"), default="relu")
    lr = space.log("lr", 1e-3, 1.0, default=0.1)
    l2 = space.uniform("l2", 0, 0.1, default=0)
    return Recipe(MLP((width,), activation=activation), SGD(lr=lr, l2=l2), batch_size=32)


def one_more(name: str, draw: Callable[[Space], Recipe]) -> Callable[[Space], Recipe]:
    """Ask for a parameter that changes nothing, too."""

    def both(space: Space) -> Recipe:
        space.uniform(name, 0, 0.5, default=0)
        return draw(space)

    return both


old = replace(
    small,
    draw=before,
    budget=replace(small.budget, trials=8, finalists=0),
    baselines={"wide": {"width": 32}, "by hand": OUTSIDE},
    sampler="random",
    pruner=Odd(),
)
new = replace(old, draw=after, baselines={"by hand": OUTSIDE})


def carried_out(
    place: Place, made: Study, trials: int = 8, *, extend: str | None = None
) -> tuple[optuna.Study, list[str]]:
    said: list[str] = []

    def watch(event: Event) -> None:
        if isinstance(event, Said):
            said.append(event.text)

    made = replace(made, budget=replace(made.budget, trials=trials))
    return run(made, place, INLINE, watch, extend=extend), said


def ended(trial: FrozenTrial) -> dict[str, object]:
    """What a trial came to, whatever it is called and asked for."""
    kept = (TrialAttr.SEED, TrialAttr.CURVE, TrialAttr.PATH, TrialAttr.BEST_EPOCH)
    return {
        "state": trial.state,
        "values": trial.values,
        "epochs": trial.intermediate_values,
        "system": trial.system_attrs,
        "times": (trial.datetime_start, trial.datetime_complete),
        **{name: trial.user_attrs.get(name) for name in kept},
    }


def test_what_fits_is_taken_along_and_the_old_study_stays_as_it_was(place: Place) -> None:
    first, _ = carried_out(place, old)
    trials, attrs = first.get_trials(), first.user_attrs
    fitting = [t for t in trials if t.params.get("width", 0) <= 28]
    assert 2 < len(fitting) < len(trials)
    assert {TrialState.COMPLETE, TrialState.PRUNED} <= {t.state for t in fitting}

    second, said = carried_out(place, new, 9, extend="small")
    assert second.study_name == "small-2"
    assert said[0] == (
        f"study 'small-2' begins with {len(fitting)} of the 8 trials of 'small'; "
        f"left out: {8 - len(fitting)} outside the new space"
    )
    migrated, own = second.trials[: len(fitting)], second.trials[len(fitting) :]
    for was, now in zip(fitting, migrated, strict=True):
        assert ended(now) == ended(was)
        assert now.user_attrs[TrialAttr.MIGRATED] == was.number
        assert now.params == (was.params | {"l2": 0.0} if was.params else {})
    # Both baselines are among them, and are not trained again; they count towards the total.
    assert [t.user_attrs.get(TrialAttr.BASELINE) for t in second.trials[:2]] == [
        "default",
        "by hand",
    ]
    assert not [t for t in own if TrialAttr.BASELINE in t.user_attrs]
    assert len(second.trials) == 9
    # Numbers come again, draws do not.
    assert not {t.params["lr"] for t in own} & {t.params["lr"] for t in trials if t.params}
    link = second.user_attrs[StudyAttr.EXTENDS]
    assert (link["study"], link["trials"], link["migrated"]) == ("small", 8, len(fitting))
    assert (first.get_trials(), first.user_attrs) == (trials, attrs)

    # The same line goes on with the new one; a migrated trial can be trained again there.
    third, said = carried_out(place, new, 10, extend="small")
    assert said == ["study 'small-2' extends 'small' and is continued"]
    assert len(third.trials) == 10
    found = again(place, replace(new, name="small-2"), migrated[-1].number)
    assert found.verdict in ("identical", "rounding")
    # So does the new one's own name, without a word of what it extends.
    assert len(carried_out(place, replace(new, name="small-2"), 11)[0].trials) == 11


def test_another_change_extends_the_latest_and_a_name_may_be_chosen(place: Place) -> None:
    carried_out(place, old, 3)
    with pytest.raises(ChangedError, match=r"parameter 'l2' is new; .* with --extend"):
        carried_out(place, new, 3)
    carried_out(place, new, 3, extend="small")
    wider = replace(new, draw=one_more("more", after))
    third, _ = carried_out(place, wider, 3, extend="small")
    assert third.study_name == "small-3"
    assert third.user_attrs[StudyAttr.EXTENDS]["study"] == "small-2"
    # Undone, the first one goes on.
    assert carried_out(place, old, 3, extend="small")[0].study_name == "small"
    with pytest.raises(ChangedError, match="'small-3' has this space: continue it with --name"):
        carried_out(place, replace(wider, name="mine"), 3, extend="small")
    narrow = replace(new, draw=one_more("other", before))
    chosen, _ = carried_out(place, replace(narrow, name="mine"), 3, extend="small")
    assert chosen.study_name == "mine"
    assert chosen.user_attrs[StudyAttr.EXTENDS]["study"] == "small-3"


def otherwise_fixed(space: Space) -> Recipe:
    recipe = after(space)
    momentum = space.uniform("momentum", 0, 0.9, default=0.5)
    return replace(recipe, optimizer=SGD(lr=0.1, momentum=momentum))


def without_relu(space: Space) -> Recipe:
    lr = space.log("lr", 1e-3, 1.0, default=0.1)
    activation = space.choice("activation", ("tanh", "elu"), default="elu")
    return Recipe(MLP((8,), activation=activation), SGD(lr=lr), batch_size=32)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (replace(new, metric="loss"), "its metric was 'accuracy' and is now 'loss'"),
        (replace(new, validation=0.2), "its validation was 0.1 and is now 0.2"),
        (replace(new, seed=3), "its seed was 0 and is now 3"),
        (replace(new, dataset="digits"), "its data were "),
        (replace(new, draw=otherwise_fixed), "the default of what is new must be the value that"),
        (replace(new, draw=without_relu), "its defaults are not in the new space"),
        (replace(new, name="taken"), "there is a study 'taken' already"),
    ],
)
def test_more_than_a_changed_space_is_refused_and_nothing_is_written(
    begun: Place, made: Study, why: str
) -> None:
    database = begun.runs.database.read_bytes()
    with pytest.raises(ChangedError, match=why):
        carried_out(begun, made, extend="small")
    assert begun.runs.database.read_bytes() == database


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A study of one trial beside another program's, for tests that change nothing."""
    folder: Path = tmp_path_factory.mktemp("begun")
    place = Place(Runs(folder / "runs"), folder / "data")
    carried_out(place, replace(old, baselines={}), 1)
    storage = open_storage(None, place.runs.path, create=False)
    optuna.create_study(study_name="taken", storage=storage)
    return place


def test_a_copy_that_was_left_half_made_is_made_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = carried_out(place, old, 4)
    add = optuna.Study.add_trial

    def broken(study: optuna.Study, trial: FrozenTrial) -> None:
        if trial.user_attrs[TrialAttr.MIGRATED]:
            raise KeyboardInterrupt
        add(study, trial)

    with monkeypatch.context() as patched:
        patched.setattr(optuna.Study, "add_trial", broken)
        with pytest.raises(KeyboardInterrupt):
            carried_out(place, new, 4, extend="small")
    storage = open_storage(None, place.runs.path, create=False)
    assert len(optuna.load_study(study_name="small-2", storage=storage).trials) == 1
    second, _ = carried_out(place, new, 4, extend="small")
    numbers = [
        t.user_attrs[TrialAttr.MIGRATED] for t in second.trials if "migrated" in t.user_attrs
    ]
    assert numbers == [t.number for t in first.trials if t.params.get("width", 0) <= 28]
    assert sorted(s.study_name for s in storage.get_all_studies()) == ["small", "small-2"]


def test_two_that_extend_a_study_on_one_server_at_once_make_one(
    postgres_url: str, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = replace(place, storage=postgres_url)
    first, _ = carried_out(shared, old, 4)
    add = optuna.Study.add_trial

    def slowly(study: optuna.Study, trial: FrozenTrial) -> None:
        time.sleep(0.1)
        add(study, trial)

    monkeypatch.setattr(optuna.Study, "add_trial", slowly)
    data = open_data(new.dataset, place.data_dir, silent)
    splits = split(data, validation=new.validation, subset=new.subset, seed=new.seed)
    facts = facts_of(new, check_space(new), data, splits)

    def extend(_: int) -> str:
        return extended(new, "small", shared, facts, lambda _: None).name

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(extend, range(2))) == ["small-2", "small-2"]
    made = optuna.load_study(study_name="small-2", storage=postgres_url)
    numbers = [t.user_attrs[TrialAttr.MIGRATED] for t in made.trials if "migrated" in t.user_attrs]
    assert numbers == [t.number for t in first.trials if t.params.get("width", 0) <= 28]


def test_two_families_that_extend_to_one_name_at_once_make_it_once(
    postgres_url: str, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = replace(place, storage=postgres_url)
    families = {"small": 4, "other": 3}
    for name, trials in families.items():
        carried_out(shared, replace(old, name=name), trials)
    data = open_data(new.dataset, place.data_dir, silent)
    splits = split(data, validation=new.validation, subset=new.subset, seed=new.seed)
    facts = facts_of(new, check_space(new), data, splits)
    together = Barrier(2)

    def at_once(kin: Mapping[str, Attrs]) -> str:
        together.wait(10)
        return latest(kin)

    def slowly(**given: Any) -> optuna.Study:  # noqa: ANN401  # Optuna's
        time.sleep(0.5)
        return create(**given)

    create = optuna.create_study
    monkeypatch.setattr("nia_optuna.search.extension.latest", at_once)
    monkeypatch.setattr(optuna, "create_study", slowly)

    def extend(first: str) -> str:
        try:
            extended(replace(new, name="mine"), first, shared, facts, lambda _: None)
        except ChangedError as error:
            return str(error)
        return first

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(extend, families))
    lost = "there is a study 'mine' already; take another --name"
    assert said in (["small", lost], [lost, "other"])
    made = optuna.load_study(study_name="mine", storage=postgres_url)
    link = made.user_attrs[StudyAttr.EXTENDS]
    assert link["study"] in said
    assert link["trials"] == families[link["study"]]
    assert len(made.trials) == link["migrated"]


def test_a_migrated_trial_keeps_the_seeds_that_its_repeats_have(place: Place) -> None:
    """Twice migrated, with fewer before it each time, and trained to its end in all three."""
    narrower = replace(new, draw=one_more("more", after), baselines={})

    def finished(made: Study, trials: int) -> dict[int, tuple[int, list[int]]]:
        """Return number and the seeds of the repeats by the seed of the first training."""
        budget = replace(made.budget, trials=trials)
        stored = run(
            replace(made, repeats=3, budget=budget),
            place,
            INLINE,
            lambda _: None,
            extend="small" if made is not old else None,
            finish_pruned=9,
        )
        records = stored.user_attrs[StudyAttr.FINISHED].values()
        return {r["seed"]: (r["trial"], [e["seed"] for e in r["repeats"]]) for r in records}

    first, second, third = finished(old, 8), finished(new, 1), finished(narrower, 1)
    assert second
    assert second.keys() == third.keys()
    for seed, (number, repeats) in first.items():
        assert len(repeats) == 2
        if seed in second:
            assert [second[seed][1], third[seed][1]] == [repeats] * 2
            assert number > second[seed][0] > third[seed][0]


def test_without_a_study_there_is_nothing_to_extend(place: Place, begun: Place) -> None:
    with pytest.raises(StorageError, match="no studies yet"):
        carried_out(place, new, extend="small")
    with pytest.raises(ChangedError, match="there is no study 'taken' to extend"):
        carried_out(begun, replace(new, name="other"), extend="taken")


def finished(made: Study, number: int, state: TrialState, **params: object) -> FrozenTrial:
    known = check_space(made)
    trial = create_trial(
        state=state,
        value=0.5 if state == TrialState.COMPLETE else None,
        params=params,
        distributions={name: distribution(known[name]) for name in params},
        user_attrs={TrialAttr.SEED: number, TrialAttr.DRAWN: {"width": 30, "drop": 0.2, "x": 1}},
    )
    trial.number = number
    return trial


def test_a_removed_parameter_had_its_default_or_the_trial_is_left_out() -> None:
    def fewer(space: Space) -> Recipe:
        if space.choice("activation", ("relu", "tanh"), default="relu") == "relu":
            space.uniform("drop", 0, 0.3, default=0)
        return Recipe(MLP((space.integer("width", 4, 32, default=8),)), SGD(lr=0.1))

    was = replace(old, draw=one_more("drop", before))
    now = replace(old, draw=fewer, baselines={"found": {"width": 9}})
    complete, failed = TrialState.COMPLETE, TrialState.FAIL
    rest = {"width": 8, "activation": "relu", "lr": 0.1}
    given = [
        finished(was, 0, complete, drop=0.0, **rest),
        finished(was, 1, complete, drop=0.0, **rest | {"width": 9}),
        finished(was, 2, failed, drop=0.0, **rest | {"activation": "tanh"}),
        finished(was, 3, complete, drop=0.2, **rest | {"activation": "tanh"}),
        finished(was, 4, complete, drop=0.4, **rest),
        finished(was, 5, complete, drop=0.0, **rest | {"lr": 0.2}),
    ]
    given.append(finished(was, 6, complete, drop=0.0, **rest | {"activation": "tanh"}))
    given[6].user_attrs[TrialAttr.EPOCHS] = 2
    given[0].user_attrs[TrialAttr.BASELINE] = "default"
    given[2].user_attrs[TrialAttr.BASELINE] = "gone"
    found = migration(given, now, check_space(was), check_space(now))
    assert [t.user_attrs[TrialAttr.MIGRATED] for t in found.trials] == [0, 1, 2]
    assert [t.params for t in found.trials] == [
        {"width": 8, "activation": "relu", "drop": 0.0},
        {"width": 9, "activation": "relu", "drop": 0.0},
        {"width": 8, "activation": "tanh"},
    ]
    assert found.left_out == {
        "with another value than the default of what is gone": 2,
        "outside the new space": 1,
        "with another number of epochs": 1,
    }
    # The baselines are the new study's, and what was drawn for other branches must fit, too.
    names = [t.user_attrs.get(TrialAttr.BASELINE) for t in found.trials]
    assert names == ["default", "found", None]
    assert found.trials[2].user_attrs[TrialAttr.DRAWN] == {"width": 30, "drop": 0.2}
