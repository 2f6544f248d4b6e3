from dataclasses import replace

import numpy as np
import pytest

from nia_optuna.findings.comparison import compare
from nia_optuna.findings.comparison_summary import comparison_summary
from nia_optuna.findings.facts import StudyFacts
from nia_optuna.findings.read import read
from nia_optuna.predictions import from_bytes, to_bytes
from nia_optuna.record import StudyAttr
from tests.findings import answered, made, regression
from tests.findings.compared import facts


def on(study: StudyFacts, fingerprint: str | None) -> StudyFacts:
    return replace(study, dataset=replace(study.dataset, fingerprint=fingerprint))


def test_the_same_study_twice_is_the_same_on_every_seed() -> None:
    found = compare([facts("one"), facts("two")])
    (apart,) = found.apart
    assert apart.verdict == "same"
    assert apart.over_seeds.difference.gain == 0
    assert found.differing == ()
    assert [each.studies for each in found.methods] == [("one",), ("two",)]


def test_shared_fresh_seeds_are_paired_and_others_are_not() -> None:
    base = facts("one")
    (paired,) = compare([facts("two", gain=0.03), base]).apart
    assert paired.over_seeds.paired
    assert paired.over_seeds.difference.method == "paired t"
    assert paired.over_seeds.difference.gain == pytest.approx(0.03, abs=0.001)
    assert paired.verdict == "better"
    (other,) = compare([base, facts("two", seed=1, gain=0.03)]).apart
    assert not other.over_seeds.paired
    assert other.over_seeds.difference.method == "Welch t"
    assert other.over_seeds.difference.gain < 0
    assert other.over_seeds.bootstrap is not None


def test_another_data_set_a_metric_or_an_unknown_one_compares_with_nothing() -> None:
    base = facts("one")
    others = [
        on(facts("two"), "sha256:other"),
        replace(facts("two"), metric="loss", direction="minimize"),
        on(facts("two"), None),
    ]
    for other in others:
        found = compare([base, other])
        assert found.apart == ()
        assert found.groups == (("one",), ("two",))
    unknown = compare([on(base, None), others[2]])
    assert unknown.groups == (("one",), ("two",))


def test_losses_compare_only_where_they_are_the_same_loss() -> None:
    one, two = (replace(facts(name), metric="loss", loss="hinge") for name in ("one", "two"))
    assert len(compare([one, two]).apart) == 1
    assert compare([one, replace(two, loss="cross_entropy")]).apart == ()


def test_without_the_same_validation_part_only_the_test_part_compares() -> None:
    one, other = facts("one"), facts("two", validation=0.2)
    (apart,) = (found := compare([one, other])).apart
    assert apart.part == "test"
    assert found.validated == (False,)
    assert [(each.name, each.matter) for each in found.differing] == [("validation", "validation")]
    untested = [
        replace(study, runs=tuple(replace(run, test=None) for run in study.runs))
        for study in (one, other)
    ]
    assert compare(untested).apart == ()
    (apart,) = compare([untested[0], replace(untested[0], name="two")]).apart
    assert apart.part == "validation"


def test_what_was_not_confirmed_or_failed_on_a_seed_is_compared_with_nothing() -> None:
    assert compare([facts("one"), read(made.searched("two"))]).apart == ()
    study = made.confirmed("two")
    made.fail(study, (study.user_attrs[StudyAttr.CHOSEN]["trial"], 502))
    found = compare([facts("one"), read(study)])
    assert found.apart == ()
    assert found.standings[1].failed is not None


def test_studies_of_one_trial_or_none_stand_in_the_comparison() -> None:
    study = made.empty("two")
    made.add(study, made.DEFAULTS, attrs={"baseline": "default"})
    found = compare([read(study), read(made.empty("three"))])
    assert found.standings[0].winner is not None
    assert found.standings[1].winner is None
    assert comparison_summary(found)["anytime"]["three"]["epochs"] == []


def test_where_less_is_better_the_smaller_error_gains() -> None:
    one = on(read(regression.confirmed()), "sha256:boston")
    runs = [replace(r, test=r.test and r.test - 5 + r.seed % 3 / 10) for r in one.runs]
    (apart,) = compare([replace(one, name="two", runs=tuple(runs)), one]).apart
    assert apart.over_seeds.difference.gain == pytest.approx(4.9, abs=0.1)
    assert apart.verdict == "better"


def test_methods_are_compared_over_their_searches() -> None:
    gains = (0.001, 0.004, 0.002)
    base = [facts(f"gp{seed}", seed=seed, gain=gain) for seed, gain in enumerate(gains)]
    other = [
        facts(f"tpe{seed}", seed=seed, gain=gain - 0.02, sampler="tpe")
        for seed, gain in enumerate(gains[::-1])
    ]
    found = compare([*base, *other])
    assert [each.studies for each in found.methods] == [
        ("gp0", "gp1", "gp2"),
        ("tpe0", "tpe1", "tpe2"),
    ]
    (apart,) = found.methods_apart
    assert (apart.one, apart.other) == ("gp0", "tpe0")
    assert apart.over_seeds.paired
    assert apart.over_seeds.difference.gain == pytest.approx(0.02, abs=1e-6)
    assert apart.over_seeds.difference.seeds == 3
    assert apart.verdict == "better"
    assert {"gp2", "tpe2"} <= {name for each in found.apart for name in (each.one, each.other)}
    assert len(found.apart) == 5  # of six studies each is held against the leader alone


def test_answers_on_the_same_test_part_are_compared_example_by_example() -> None:
    study, artifacts = answered.digits()
    poor, worse = answered.digits()
    name = "half as good"
    chosen = poor.user_attrs[StudyAttr.CHOSEN]["trial"]
    records = dict(poor.user_attrs[StudyAttr.CONFIRMATION])
    for key, record in records.items():
        if record["trial"] == chosen:
            made_before = from_bytes(worse[record["predictions"]])
            outputs = made_before.outputs.copy()
            outputs[: len(outputs) // 2] = np.roll(outputs[: len(outputs) // 2], 1, axis=1)
            right = float((outputs.argmax(1) == made_before.targets).mean())
            records[key] = record | {"test": right, "predictions": f"poor {key}"}
            artifacts[f"poor {key}"] = to_bytes(replace(made_before, outputs=outputs))
    poor.set_user_attr(StudyAttr.CONFIRMATION, records)
    both = [read(study), replace(read(poor), name=name)]
    (apart,) = compare(both, artifacts.get).apart
    held = apart.over_examples
    assert held is not None
    assert held.gain == pytest.approx(apart.over_seeds.difference.gain)
    assert held.ci95 is not None
    assert held.ci95[0] > 0.3
    assert (held.examples, held.networks) == (900, (3, 3))
    assert apart.verdict == "better"
    # Answers that do not come to the accuracy that was recorded are another training's.
    foreign = [both[0], replace(both[1], runs=tuple(replace(r, test=0.5) for r in both[1].runs))]
    assert compare(foreign, artifacts.get).apart[0].over_examples is None
    assert compare(both).apart[0].over_examples is None


def test_another_space_and_other_hardware_are_named() -> None:
    other = facts("two")
    space = (replace(other.space[0], searched="relu"), *other.space[1:])
    told = {**other.environment, "device": "cuda:0"}
    found = compare([facts("one"), replace(other, space=space, environment=told)])
    assert [(each.name, each.matter) for each in found.differing] == [
        ("searched: activation", "method"),
        ("device", "cost"),
    ]
