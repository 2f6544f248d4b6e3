import math

import pytest

from nia_optuna.findings.clean import clean, clean_text


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://alice:canary@db.example.org/studies",
        "postgresql+psycopg://alice:can/canary@db.example.org:5432/studies",
        "'postgresql://alice:x canary@db.example.org/studies'".replace("x ", ""),
        "mysql+pymysql://alice:canary@db.example.org",
        "https://alice:canary@example.org/x",
    ],
)
def test_no_password_leaves_the_storage(url: str) -> None:
    text = clean_text(f"nia-optuna run a.py --storage {url} --trials 3")
    assert "canary" not in text
    assert text.startswith("nia-optuna run a.py --storage ")
    assert text.endswith("--trials 3")


def test_the_host_of_a_database_does_not_leave_either() -> None:
    assert "db.example.org" not in clean_text("postgresql://db.example.org/studies")


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/home/alice/studies/a.py", "~/studies/a.py"),
        ("/Users/alice/a.py", "~/a.py"),
        ("C:\\Users\\alice\\a.py", "~\\a.py"),
        ("/root/a.py", "~/a.py"),
        ("../../home/alice/a.py", "~/a.py"),
        ("studies/home/a.py", "studies/home/a.py"),
        ("home/a.py", "home/a.py"),
        ("/rooted/a.py", "/rooted/a.py"),
    ],
)
def test_home_folders_become_a_tilde(path: str, shown: str) -> None:
    assert clean_text(path) == shown


def test_terminal_escapes_newlines_and_direction_marks_become_spaces() -> None:
    assert clean_text("a\x1b[31mb\nc\u202ed") == "a [31mb c d"


def test_nan_and_infinity_become_none_at_any_depth() -> None:
    assert clean({"a": [math.nan, {"b": (math.inf, 1.5)}]}) == {"a": [None, {"b": [None, 1.5]}]}


def test_booleans_and_whole_numbers_stay_what_they_are() -> None:
    assert clean([True, 3, None]) == [True, 3, None]
