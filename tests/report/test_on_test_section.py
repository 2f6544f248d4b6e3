import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import optuna
import pytest
from markdown_it import MarkdownIt

from nia_optuna.findings.by_class import by_class
from nia_optuna.record import StudyAttr
from nia_optuna.report.by_class import sentence
from nia_optuna.report.plots.mistakes import confidence, pixels
from nia_optuna.report.write import write_report
from tests.findings import answered, made

Load = Callable[[str], bytes | None]


def section(study: optuna.Study, load: Load, folder: Path) -> str:
    text = write_report(study, folder, load).read_text()
    return text.split("## The recommended network on the test part")[1].split("\n## ")[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reports")


@pytest.fixture(scope="module")
def digits(folder: Path) -> str:
    study, artifacts = answered.digits()
    return section(study, artifacts.get, folder)


def test_it_says_which_training_it_is_and_its_test_metric(digits: str) -> None:
    assert re.search(
        r"This is trial 14 trained with seed 502, .* test accuracy 93.11 % on 900 pictures", digits
    )


def test_pictures_are_beside_it_and_linked(digits: str, folder: Path) -> None:
    linked = re.findall(r"\]\(([^)]+)\)", digits)
    assert linked == ["confusion.png", "mistakes.png"]
    assert all((folder / name).read_bytes().startswith(b"\x89PNG") for name in linked)
    assert not (folder / "predicted.png").exists()


def test_errors_losses_and_classes_have_a_row_each(digits: str) -> None:
    assert "| trial 14 | 62 | 61.7 (3 seeds) | 900 |" in digits
    assert re.search(r"^\| trial 14 \| 0\.0685 ± 0\.\d{4} \|", digits, re.MULTILINE)
    assert "| nothing learned | 0.9000 | 0.9000 | 1.8000 | 1.0000 | 2.3026 |" in digits
    assert len(re.findall(r"^\| \d \| ", digits, re.MULTILINE)) == 10


def test_every_scored_configuration_says_what_it_mistook_most_often(digits: str) -> None:
    assert "- trial 14: 62 errors; most often 1 was taken for 9, 5 times, as often as 3" in digits
    assert re.search(r"- the default baseline: \d+ errors; most often \d was taken", digits)


def test_sentences_of_errors_say_level_and_none(tmp_path: Path) -> None:
    study, _ = answered.digits()
    for counts, says in (
        ([[5, 2, 0], [2, 5, 0], [0, 1, 5]], "5 errors; most often 0 was taken for 1, 2 times, "),
        ([[5, 0], [0, 5]], "trial 14: no errors."),
        ([[5, 1], [0, 5]], "1 error; most often 0 was taken for 1, once."),
    ):
        answered.replace(study, confusion=counts)
        assert says in section(study, lambda _: None, tmp_path)


def test_a_sentence_for_every_class(digits: str) -> None:
    assert "- 8 was most often taken for 5, 5 times (5.7 % of 88)." in digits
    assert len(re.findall(r"^- \d was most often taken for", digits, re.MULTILINE)) == 10


def test_sentences_say_once_level_never_and_nothing() -> None:
    counts = ((981, 1, 0, 0, 0), (0, 5, 0, 0, 0), (2, 2, 9, 2, 2), (3, 3, 0, 4, 0), (0,) * 5)
    assert [sentence(each) for each in by_class(counts, "01234")] == [
        "0 was most often taken for 1, once (0.1 % of 982).",
        "1 was never mistaken (5 of 5).",
        "2 was most often taken for 0, 1, 3 and 1 other, 2 times each (11.8 % of 17).",
        "3 was most often taken for 0 and 1, 3 times each (30.0 % of 10).",
        "4 has no example in the test part.",
    ]


@pytest.mark.parametrize(
    ("load", "says"),
    [
        (lambda _: None, "was not found among the artifacts here"),
        (lambda _: b"broken", "could not be read"),
    ],
)
def test_without_artifacts_the_rest_stands_and_one_line_says_so(
    load: Load, says: str, digits: str, tmp_path: Path
) -> None:
    study, _ = answered.digits()
    (tmp_path / "mistakes.png").write_bytes(b"of an earlier report")
    text = section(study, load, tmp_path)
    assert text.count(says) == 1
    assert not (tmp_path / "mistakes.png").exists()
    assert (tmp_path / "confusion.png").exists()
    # Single examples come from an artifact.
    whole = digits.split("| test example | is |", maxsplit=1)[0]
    tables = [line for line in whole.splitlines() if line.startswith("|")]
    assert [line for line in text.splitlines() if line.startswith("|")] == tables


def test_a_regression_shows_its_largest_errors(tmp_path: Path) -> None:
    study, artifacts = answered.diabetes()
    text = section(study, artifacts.get, tmp_path)
    assert re.findall(r"\]\(([^)]+)\)", text) == ["predicted.png"]
    assert "51 % of the variance" in text
    assert "| 59 | 311 | 169.1 | −141.9 |" in text  # noqa: RUF001  # a minus sign is meant
    assert "hinge" not in text


def test_of_a_hundred_classes_the_least_recognised_are_shown(tmp_path: Path) -> None:
    counts = np.diag(np.arange(100, 200)) + np.roll(np.eye(100, dtype=int), 1, axis=1) * 50
    study, _ = answered.digits()
    answered.replace(study, confusion=counts.tolist())
    text = section(study, lambda _: None, tmp_path)
    rows = re.findall(r"^\| (\d+) \| \d+ \| \d+ \| ", text, re.MULTILINE)
    assert rows == [str(number) for number in range(20)]
    assert "the 20 least recognised of 100 classes" in text
    assert text.count("was most often taken for") == 20


def test_names_of_classes_are_no_markup(tmp_path: Path) -> None:
    evil = "<script>x</script> | [a](javascript:a) $x$ *b*"
    study, artifacts = answered.digits()
    data = study.user_attrs[StudyAttr.DATASET] | {"classes": [evil] * 10}
    study.set_user_attr(StudyAttr.DATASET, data)
    text = section(study, artifacts.get, tmp_path)
    page = str(MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(text))
    assert "<script" not in page
    assert "<em>" not in page
    assert 'href="javascript' not in page


def test_one_class_and_no_mistakes_are_written_up(tmp_path: Path) -> None:
    study, _ = answered.digits()
    for odd in ([[7]], [[7, 0], [0, 0]], [[0, 0], [0, 0]]):
        answered.replace(study, confusion=odd)
        assert not re.search(r"\b(nan|inf|None)\b", section(study, lambda _: None, tmp_path))


def test_a_study_without_answers_has_no_such_section(tmp_path: Path) -> None:
    assert "on the test part\n" not in write_report(made.confirmed(), tmp_path).read_text()


def test_the_same_answers_give_the_same_bytes(folder: Path, digits: str, tmp_path: Path) -> None:
    study, artifacts = answered.digits()
    assert section(study, artifacts.get, tmp_path) == digits
    for name in ("confusion.png", "mistakes.png"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_no_confidence_is_called_certain() -> None:
    assert confidence(0.98712) == "98.7 %"
    assert confidence(1.0) == "> 99.9 %"


def test_a_picture_of_any_number_of_channels_can_be_shown() -> None:
    colour = np.arange(3 * 2 * 5, dtype=np.uint8).reshape(3, 2, 5)
    assert np.array_equal(pixels(colour)[1, 4], colour[:, 1, 4])
    assert np.array_equal(pixels(colour[:1]), colour[0])
    assert pixels(np.full((4, 2, 5), 255, np.uint8)).tolist() == [[255] * 5] * 2
