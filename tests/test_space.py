"""The five verbs: what they answer, and what they refuse."""

from __future__ import annotations

import enum
import random

import numpy as np
import pytest

from nia_optuna.branches import random_answer, union
from nia_optuna.decay import Constant, Cosine
from nia_optuna.space import Space, SpaceError, answers


def narrow(space: Space) -> float:
    return space.log("lr", 1e-3, 1.0, default=0.1)


def wide(space: Space) -> float:
    return space.log("lr", 1e-5, 10.0, default=0.1)


def test_without_an_answer_every_verb_answers_its_default() -> None:
    space = Space()
    assert space.choice("activation", ("relu", "tanh"), default="tanh") == "tanh"
    assert space.integer("depth", 2, 4, default=3) == 3
    assert space.uniform("dropout", 0.0, 0.5, default=0.25) == 0.25
    assert space.log("lr", 1e-3, 1.0, default=0.1) == 0.1
    assert space.one_of("size", narrow, wide, default=wide) == 0.1
    assert space.values == {
        "activation": "tanh",
        "depth": 3,
        "dropout": 0.25,
        "lr": 0.1,
        "size": "wide",
        "wide.lr": 0.1,
    }


def test_both_ends_of_a_range_belong_to_it() -> None:
    for end in (2, 4):
        assert Space(answers({"depth": end})).integer("depth", 2, 4, default=3) == end


def test_a_choice_may_be_any_value_and_is_stored_by_its_repr() -> None:
    space = Space(answers({"decay": "Cosine(floor=0.1)"}))
    decay = space.choice("decay", (Constant(), Cosine(floor=0.1)), default=Constant())
    assert decay == Cosine(floor=0.1)
    assert space.values == {"decay": "Cosine(floor=0.1)"}


def test_choices_that_only_python_calls_equal_stay_apart() -> None:
    assert Space(answers({"x": True})).choice("x", (1, True, 1.0), default=1) is True


def test_numbers_and_texts_of_other_kinds_are_stored_as_plain_ones() -> None:
    class Width(enum.IntEnum):
        NARROW = 8
        WIDE = 64

    space = Space()
    assert space.choice("width", tuple(Width), default=Width.WIDE) is Width.WIDE
    rate = space.choice("rate", (np.float64(0.1), np.float64(0.2)), default=np.float64(0.1))
    assert rate == 0.1
    assert [type(value) for value in space.values.values()] == [int, float]


def test_a_name_asked_for_twice_in_the_same_way_gets_the_same_answer() -> None:
    space = Space(random_answer(random.Random(1)))
    assert narrow(space) == narrow(space)


def test_branches_own_their_parameters_even_inside_each_other() -> None:
    def outer(space: Space) -> float:
        return space.one_of("inner", narrow, wide)

    space = Space(answers({"inner": "wide", "outer.inner": "wide", "outer.wide.lr": 5.0}))
    assert space.one_of("which", outer) == 5.0
    assert list(space.values) == ["which", "outer.inner", "outer.wide.lr"]


def test_the_scope_ends_with_its_branch() -> None:
    space = Space()
    space.one_of("which", narrow)
    space.uniform("dropout", 0.0, 0.5, default=0.1)
    assert "dropout" in space.values


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda s: s.log("lr", 0.0, 1.0, default=0.1), "log range of 'lr' must begin above 0"),
        (lambda s: s.uniform("x", 1.0, 0.0, default=0.5), "range of 'x' is upside down"),
        (lambda s: s.uniform("x", 0.0, float("inf"), default=0.5), "range of 'x' is not finite"),
        (lambda s: s.uniform("x", "0", 1.0, default=0.5), "is not made of numbers: '0'"),
        (lambda s: s.uniform("x", 0.0, 1.0, default=float("nan")), "default nan of 'x' is outside"),
        (lambda s: s.uniform("x", 0.0, 1.0, default=2.0), "default 2.0 of 'x' is outside its"),
        (lambda s: s.integer("n", 1, 4.5, default=2), "is not made of whole numbers: 4.5"),
        (lambda s: s.integer("n", 1, 4, default=2.0), "default 2.0 of 'n' is outside its range"),
        (lambda s: s.integer("n", 1, 4, default=1, step=0), "step 0 of 'n' must be 1 or more"),
        (lambda s: s.integer("n", 1, 9, default=1, step=2, log=True), "and 1 with log"),
        (lambda s: s.integer("n", 1, 10, default=1, step=4), "range of 'n' never reaches its end"),
        (lambda s: s.choice("c", (), default=1), "'c' has no choices"),
        (lambda s: s.choice("c", ("a", "b", "a"), default="a"), "choices of 'c' repeat a value"),
        (lambda s: s.choice("c", (None, "None"), default=None), "choices of 'c' are written alike"),
        (lambda s: s.choice("c", ("a", "b"), default="d"), "default 'd' of 'c' is outside"),
        (lambda s: s.choice("c", (1, 2), default=1.0), "default 1.0 of 'c' is outside"),
        (lambda s: s.choice("c", "relu", default="relu"), "are one text; put them in brackets"),
        (lambda s: s.choice("c", (object(),), default=None), "needs a repr without its memory"),
        (
            lambda s: s.choice("sgd.lr", (1, 2), default=1),
            "must be one readable line without a dot",
        ),
        (lambda s: s.choice("", (1, 2), default=1), "must be one readable line"),
        (lambda s: s.choice("two\nlines", (1, 2), default=1), "must be one readable line"),
        (lambda s: s.one_of("o"), "needs branches with different names"),
        (lambda s: s.one_of("o", narrow, narrow), "needs branches with different names"),
        (lambda s: s.one_of("o", lambda _: 1), "is not a function with a name of its own"),
        (lambda s: s.one_of("o", narrow, default=wide), "default 'wide' of 'o' is outside"),
        (lambda s: (s.one_of("a", narrow), s.one_of("b", narrow)), "belongs to both 'a' and 'b'"),
        (
            lambda s: (
                s.uniform("x", 0.0, 1.0, default=0.5),
                s.uniform("x", 0.0, 2.0, default=1.0),
            ),
            "'x' is used twice with different ranges",
        ),
        (
            lambda s: (
                s.uniform("x", 0.0, 1.0, default=0.5),
                s.uniform("x", 0.0, 1.0, default=0.1),
            ),
            "'x' is used twice with different kinds or defaults",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(ask: object, said: str) -> None:
    assert callable(ask)
    with pytest.raises(SpaceError) as error:
        ask(Space())
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_an_answer_outside_the_range_is_refused() -> None:
    with pytest.raises(SpaceError, match="5 for 'depth' is outside its range: 2 to 4"):
        Space(answers({"depth": 5})).integer("depth", 2, 4, default=3)


def test_random_answers_stay_in_range_and_reach_every_choice() -> None:
    seen: set[int] = set()
    answer = random_answer(random.Random(0))
    for _ in range(300):
        space = Space(answer)
        assert 1e-6 <= space.log("l2", 1e-6, 1e-2, default=1e-4) <= 1e-2
        assert space.integer("even", 2, 8, default=2, step=2) in {2, 4, 6, 8}
        assert 16 <= space.integer("width", 16, 256, default=64, log=True) <= 256
        seen.add(space.choice("batch", (32, 64, 128), default=64))
    assert seen == {32, 64, 128}


def test_the_union_finds_a_parameter_behind_a_chain_of_rare_choices() -> None:
    def rare(space: Space) -> None:
        for level in "abcde":
            if space.choice(level, tuple(range(20)), default=0) != 19:
                return
        space.uniform("treasure", 0.0, 1.0, default=0.5)

    assert list(union(rare, draws=0)) == ["a", "b", "c", "d", "e", "treasure"]


def test_the_union_tells_a_failing_draw_by_its_departures_from_the_defaults() -> None:
    def fragile(space: Space) -> float:
        return 1 / (4 - space.integer("depth", 1, 4, default=1))

    with pytest.raises(ZeroDivisionError) as error:
        union(fragile)
    assert error.value.__notes__ == ["with depth=4"]
