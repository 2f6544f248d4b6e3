from collections.abc import Callable

import numpy as np
import optuna
import pytest

from nia_optuna.findings.on_test import OnTest, on_test
from nia_optuna.findings.read import read
from nia_optuna.predictions import from_bytes, predictions, to_bytes
from nia_optuna.record import StudyAttr
from tests.findings import answered, made


def found(study: optuna.Study, load: Callable[[str], bytes | None]) -> OnTest:
    test = on_test(read(study), load)
    assert test is not None
    return test


def test_the_network_is_the_one_whose_weights_were_kept() -> None:
    study, artifacts = answered.digits()
    test = found(study, artifacts.get)
    assert (test.run.seed, test.is_kept, test.source) == (502, True, "read")
    record = study.user_attrs[StudyAttr.CONFIRMATION][f"{test.run.trial}/502"]
    assert test.confusion == tuple(map(tuple, record["confusion"]))
    read_back = from_bytes(artifacts[record["predictions"]])
    assert [each.example for each in test.mistakes] == read_back.shown.tolist()


def test_one_artifact_is_asked_for_and_none_without_a_report() -> None:
    study, artifacts = answered.digits()
    asked: list[str] = []

    def load(artifact: str) -> bytes | None:
        asked.append(artifact)
        return artifacts[artifact]

    test = found(study, load)
    assert asked == [test.run.predictions]


def test_where_no_weights_are_named_the_first_seed_stands_for_all() -> None:
    study, artifacts = answered.digits()
    chosen = dict(study.user_attrs[StudyAttr.CHOSEN])
    del chosen["checkpoint"]
    study.set_user_attr(StudyAttr.CHOSEN, chosen)
    test = found(study, artifacts.get)
    assert (test.run.seed, test.is_kept) == (501, False)


def test_mistakes_have_names_a_confidence_and_their_picture() -> None:
    study, artifacts = answered.digits()
    test = found(study, artifacts.get)
    assert len(test.mistakes) == 24
    assert all(each.true != each.taken_for for each in test.mistakes)
    sure = [each.confidence for each in test.mistakes]
    assert sure == sorted(sure, reverse=True)
    assert 0.5 < sure[-1] <= sure[0] <= 1
    assert test.mistakes[0].picture.shape == (1, 8, 8)


def unreadable(_: str) -> bytes:
    raise PermissionError(13, "Permission denied")


def of_other_classes(_: str) -> bytes:
    outputs = np.full((4, 3), 1 / 3, np.float32)
    return to_bytes(predictions(outputs, np.arange(4) % 3, np.empty((4, 2), np.float32)))


@pytest.mark.parametrize(
    ("load", "source"),
    [
        (lambda _: None, "not found"),
        (lambda _: b"", "not readable"),
        (lambda _: b"PK no archive", "not readable"),
        (unreadable, "not readable"),
        (of_other_classes, "not readable"),
    ],
)
def test_without_the_artifact_what_the_storage_says_is_left(
    load: Callable[[str], bytes | None], source: str
) -> None:
    study, _ = answered.digits()
    test = found(study, load)
    assert test.source == source
    assert test.mistakes == ()
    assert len(test.classes) == len(test.gains) == 10
    assert len(test.losses) == len(test.errors) == 2


def test_predictions_that_were_not_recorded_are_not_asked_for() -> None:
    study, _ = answered.digits()
    answered.replace(study, predictions=None)
    assert found(study, unreadable).source == "not recorded"


@pytest.mark.parametrize(
    "odd", [[[1, 2], [3]], [[1, -2], [3, 4]], [[1, "x"], [3, 4]], [[1.5, 2], [3, 4]], "x", [1, 2]]
)
def test_a_confusion_that_is_no_square_of_counts_is_left_out(odd: object) -> None:
    study, artifacts = answered.digits()
    answered.replace(study, confusion=odd)
    test = found(study, artifacts.get)
    assert not any((test.confusion, test.classes, test.gains, test.errors))
    assert len(test.mistakes) == 24  # the predictions have classes of their own


def test_a_regression_has_misses_and_no_classes() -> None:
    study, artifacts = answered.diabetes()
    test = found(study, artifacts.get)
    assert not any((test.names, test.classes, test.mistakes))
    assert test.misses is not None
    assert len(test.misses.all) == 142


def test_a_study_of_which_only_the_metric_is_known_has_nothing_to_show() -> None:
    assert on_test(read(made.confirmed()), unreadable) is None
    assert on_test(read(made.searched()), unreadable) is None
    assert on_test(read(made.empty()), unreadable) is None
