"""A network goes to JSON and comes back the same, and nothing else comes back."""

import json
from dataclasses import dataclass

import pytest

from nia_optuna.architectures import CNN, MLP, Inception, LeNet, ResNet
from nia_optuna.architectures.plain import from_plain, plain
from nia_optuna.recipe import Architecture

# Every class as it is by default, and with every setting changed.
NETWORKS = [
    MLP(),
    MLP(widths=(), activation="tanh", dropout=0.1, batch_norm=True, output="relu"),
    CNN(),
    CNN(
        widths=(8, 16),
        activation="elu",
        dropout=(0.1, 0.2),
        hidden=(32,),
        hidden_dropout=0.5,
        batch_norm=False,
        kernel=5,
        norm_before_pool=True,
    ),
    LeNet(),
    LeNet(
        activation="sigmoid",
        head_activation="tanh",
        filters=(8, 24),
        hidden=(60,),
        pool="max",
        batch_norm=True,
        dropout=0.3,
        conv_dropout=0.1,
    ),
    Inception(),
    Inception(modules=((1, 2, 3, 4, 5, 6),), activation="gelu", batch_norm=True, dropout=0.2),
    ResNet(),
    ResNet(widths=(16, 32), activation="silu", batch_norm=True, dropout=0.2),
]


@pytest.mark.parametrize("network", NETWORKS, ids=repr)
def test_a_network_comes_back_equal_and_hashable(network: Architecture) -> None:
    back = from_plain(json.loads(json.dumps(plain(network))))
    assert type(back) is type(network)
    assert back == network
    assert hash(back) == hash(network)


def test_it_reads_as_a_class_and_its_settings() -> None:
    written = plain(ResNet(widths=(16, 32)))
    assert json.loads(json.dumps(written)) == {
        "class": "ResNet",
        "settings": {"widths": [16, 32], "activation": "relu", "batch_norm": False, "dropout": 0.0},
    }


def test_what_is_not_written_has_its_default() -> None:
    assert from_plain({"class": "CNN", "settings": {"widths": [8, 16]}}) == CNN(widths=(8, 16))


@dataclass(frozen=True)
class Wider(MLP):
    """A user's own network, which only looks like ours."""


def test_a_users_own_class_is_not_written() -> None:
    assert plain(Wider()) is None


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (None, "an architecture is written as its class and its settings"),
        ([], "an architecture is written as"),
        ({"class": "MLP"}, "an architecture is written as"),
        ({"class": ["MLP"], "settings": {}}, "an architecture is written as"),
        ({"class": "MLP", "settings": [1]}, "an architecture is written as"),
        ({"class": "MLP", "settings": {}, "more": 1}, "an architecture is written as"),
        ({"class": "os.system", "settings": {}}, "architecture 'os.system' is unknown; known are"),
        ({"class": "Recipe", "settings": {}}, "architecture 'Recipe' is unknown"),
        ({"class": "MLP", "settings": {"build": 1}}, "MLP has no setting 'build'"),
        ({"class": "MLP", "settings": {"__class__": "x"}}, "MLP has no setting '__class__'"),
        ({"class": "MLP", "settings": {"a\nb": 1}}, r"MLP has no setting 'a\\nb'"),
        ({"class": "MLP", "settings": {1: 1}}, "MLP has no setting 1"),
        ({"class": "MLP", "settings": {"widths": "128"}}, "widths='128' must be a tuple"),
        ({"class": "MLP", "settings": {"widths": [[128]]}}, r"widths=\(\(128,\),\) must be"),
        ({"class": "MLP", "settings": {"widths": [[[1]]]}}, r"widths=\(\(\[1\],\),\) must be"),
        ({"class": "MLP", "settings": {"activation": ["relu"]}}, "is unknown"),
        ({"class": "MLP", "settings": {"dropout": float("nan")}}, "dropout=nan must be a number"),
        ({"class": "CNN", "settings": {"dropout": {}}}, "dropout={} must be a number"),
        ({"class": "LeNet", "settings": {"pool": {}}}, "pool={} must be"),
        ({"class": "Inception", "settings": {"modules": [[1, 2]]}}, "must be a tuple of 6 whole"),
        ({"class": "ResNet", "settings": {"batch_norm": 1}}, "batch_norm=1 must be True or False"),
    ],
    ids=repr,
)
def test_anything_else_is_refused_in_one_line(written: object, message: str) -> None:
    with pytest.raises(ValueError, match=message) as refused:
        from_plain(written)
    assert "\n" not in str(refused.value)
