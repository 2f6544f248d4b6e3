"""Networks that train side by side are the ones that train alone."""

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from nia_optuna.architectures import CNN, MLP, LeNet
from nia_optuna.architectures.dropout import ByteDropout
from nia_optuna.data import DataSet, Resized, Splits, open_data, silent, split
from nia_optuna.decay import Constant, Cosine, Decay, Exponential, Plateau
from nia_optuna.metric import LOSSES, Loss
from nia_optuna.optimizer import SGD, Adam, AdamW, Optimizer, RMSprop
from nia_optuna.recipe import Architecture, Augmentation, Recipe
from nia_optuna.training import precision
from nia_optuna.training.device import Device
from nia_optuna.training.epoch import Epoch
from nia_optuna.training.fit import Fitted, GivenUp, fit
from nia_optuna.training.stacked.fit import Diverged, Member, fit_together
from nia_optuna.training.stacked.network import Unstackable, stack, state
from nia_optuna.training.stacked.size import MOST, MOST_SMALL, most_together
from nia_optuna.training.training import Training

CPU = Device()
MOVED: tuple[Augmentation, ...] = ("flip", "crop")
# Float32 rounds differently in a batched product; over the few epochs here that stays this small.
RELATIVE, ABSOLUTE = 1e-4, 1e-5
PLAIN = MLP((32, 16))
NORMED = MLP((32, 16), activation="tanh", batch_norm=True)
CONVOLUTIONAL = LeNet(filters=(4, 6), hidden=(20,), pool="max")
OPTIMIZERS: list[tuple[Optimizer, ...]] = [
    (SGD(0.01), SGD(0.02, momentum=0.9, nesterov=True, l2=1e-2), SGD(0.02, momentum=0.5)),
    (Adam(1e-3), Adam(3e-3, l2=1e-2), Adam(3e-3, l2=1e-2)),
    (AdamW(1e-3), AdamW(1e-3), AdamW(2e-3, l2=0.1)),
    (RMSprop(1e-3, momentum=0.5, l2=1e-3), RMSprop(1e-3), RMSprop(2e-3, smoothing=0.9)),
]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    """Digits large enough for LeNet."""
    return open_data(Resized("digits", 12), tmp_path_factory.mktemp("data"), silent)


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    return open_data("boston_housing", tmp_path_factory.mktemp("data"), silent)


def cut(data: DataSet, seed: int, subset: float | None = None) -> Splits:
    return split(data, validation=0.2, subset=subset, seed=seed)


def alone(member: Member, device: Device = CPU) -> tuple[list[Epoch], Fitted]:
    epochs = fit(member.training, member.splits, seed=member.seed, device=device)
    seen = []
    while True:
        try:
            seen.append(next(epochs))
        except StopIteration as end:
            return seen, end.value


def together(
    members: Sequence[Member], device: Device = CPU
) -> tuple[list[list[Epoch | Diverged]], list[Fitted | Diverged]]:
    epochs = fit_together(members, device=device)
    seen: list[list[Epoch | Diverged]] = [[] for _ in members]
    while True:
        try:
            for k, epoch in next(epochs).items():
                seen[k].append(epoch)
        except StopIteration as end:
            return seen, end.value


def assert_close(ours: Fitted, theirs: Fitted) -> None:
    torch.testing.assert_close(
        ours.model.state_dict(), theirs.model.state_dict(), rtol=RELATIVE, atol=ABSOLUTE
    )


def assert_same(members: Sequence[Member], device: Device = CPU) -> None:
    seen, ends = together(members, device)
    for member, mine, end in zip(members, seen, ends, strict=True):
        expected, fitted = alone(member, device)
        assert isinstance(end, Fitted)
        assert (end.best.number, end.stopped) == (fitted.best.number, fitted.stopped)
        assert end.parameters == fitted.parameters
        for ours, theirs in zip(mine, expected, strict=True):
            assert isinstance(ours, Epoch)
            assert (ours.number, ours.last) == (theirs.number, theirs.last)
            assert ours.lr == pytest.approx(theirs.lr, rel=RELATIVE)
            assert ours.first_loss == pytest.approx(theirs.first_loss, rel=RELATIVE)
            assert ours.blank_loss == pytest.approx(theirs.blank_loss)
            assert ours.train == pytest.approx(theirs.train, rel=RELATIVE)
            assert ours.validation == pytest.approx(theirs.validation, rel=RELATIVE)
        assert_close(end, fitted)


def classifying(
    optimizer: Optimizer, model: Architecture = PLAIN, epochs: int = 3, batch_size: int = 100
) -> Training:
    return Training(Recipe(model, optimizer, batch_size=batch_size), epochs=epochs)


@pytest.mark.parametrize("optimizers", OPTIMIZERS, ids=lambda o: type(o[0]).__name__)
@pytest.mark.parametrize("model", [PLAIN, NORMED], ids=["plain", "batch norm"])
def test_perceptrons_learn_digits_as_they_would_alone(
    digits_data: DataSet, model: MLP, optimizers: tuple[Optimizer, ...]
) -> None:
    decays: tuple[Decay, ...] = (Cosine(), Exponential(0.1, 1), Constant())
    trainings = [
        Training(Recipe(model, optimizer, decay, batch_size=100), epochs=2)
        for optimizer, decay in zip(optimizers, decays, strict=True)
    ]
    assert_same([Member(t, cut(digits_data, k), k) for k, t in enumerate(trainings)])


@pytest.mark.parametrize(
    ("model", "optimizers"),
    [
        *((CONVOLUTIONAL, each) for each in OPTIMIZERS),
        # Of a bias in front of a batch norm little more than rounding is left as its gradient, and
        # all optimizers but this one make steps of the usual length out of that.
        (replace(CONVOLUTIONAL, batch_norm=True), OPTIMIZERS[0]),
    ],
    ids=["SGD", "Adam", "AdamW", "RMSprop", "SGD, batch norm"],
)
def test_lenets_learn_digits_as_they_would_alone(
    pictures: DataSet, model: LeNet, optimizers: tuple[Optimizer, ...]
) -> None:
    splits = cut(pictures, 0, subset=0.3)
    trainings = [classifying(each, model, epochs=2, batch_size=64) for each in optimizers]
    assert_same([Member(t, splits, k) for k, t in enumerate(trainings)])


@pytest.mark.parametrize(
    ("model", "loss"),
    [
        (MLP((16, 8), output="relu"), "squared"),
        (MLP((16, 8), output="relu"), "absolute"),
        # Not the absolute loss: while all answers are too low its gradient is the same for every
        # house, of which a batch norm leaves rounding alone, and Adam makes whole steps of that.
        (NORMED, "squared"),
    ],
    ids=["squared", "absolute", "squared, batch norm"],
)
def test_houses_are_priced_as_they_would_be_alone(houses: DataSet, model: MLP, loss: Loss) -> None:
    members = [
        Member(
            Training(
                Recipe(model, Adam(rate), batch_size=32, init="glorot"),
                epochs=4,
                loss=loss,
                metric="mse",
            ),
            cut(houses, seed),
            seed,
        )
        for seed, rate in enumerate((1e-2, 1e-2, 3e-3))
    ]
    assert_same(members)


@pytest.mark.parametrize("loss", LOSSES["classification"])
def test_every_loss_of_classes_is_that_of_one(digits: Splits, loss: Loss) -> None:
    training = replace(classifying(SGD(0.1), epochs=2), loss=loss)
    assert_same([Member(training, digits, seed) for seed in range(2)])


def test_each_ends_as_it_would_alone_and_the_others_go_on(digits_data: DataSet) -> None:
    quick = classifying(Adam(5e-3), epochs=7)
    plateau = Recipe(PLAIN, Adam(0.03), Plateau(patience=1), batch_size=100)
    members = [
        Member(training, cut(digits_data, seed, subset=0.5), seed)
        for seed, training in enumerate(
            (
                quick,
                replace(quick, epochs=2),
                replace(quick, target=0.8),
                Training(plateau, epochs=7, patience=1),
                quick,
            )
        )
    ]
    assert_same(members)
    _, ends = together(members)
    stopped = [end.stopped for end in ends if isinstance(end, Fitted)]
    assert stopped == ["epochs", "epochs", "target", "patience", "epochs"]


def test_one_that_diverges_fails_alone(digits: Splits) -> None:
    rates = (0.1, 1e12, 0.2)
    members = [Member(classifying(SGD(rate)), digits, k) for k, rate in enumerate(rates)]
    seen, ends = together(members)
    assert isinstance(ends[1], Diverged)
    assert seen[1][-1] is ends[1]
    assert str(ends[1]).endswith(f" in epoch {len(seen[1])}")
    assert_same([members[0], members[2]])
    for k in (0, 2):
        end = ends[k]
        assert isinstance(end, Fitted)
        _, fitted = alone(members[k])
        assert_close(end, fitted)


def test_all_are_given_up_at_once_within_an_epoch(digits: Splits) -> None:
    members = [Member(classifying(SGD(0.1), batch_size=10), digits, seed) for seed in range(3)]
    asked: list[bool] = []

    def after_a_while() -> bool:
        asked.append(len(asked) > 20)
        return asked[-1]

    epochs = fit_together(members, device=CPU, given_up=after_a_while)
    assert set(next(epochs)) == {0, 1, 2}
    with pytest.raises(GivenUp):
        next(epochs)
    assert asked.count(True) == 1


def test_closed_trainings_are_over(digits: Splits) -> None:
    epochs = fit_together([Member(classifying(SGD(0.1)), digits, 0)] * 2, device=CPU)
    next(epochs)
    epochs.close()
    assert list(epochs) == []


def test_the_time_of_an_epoch_is_shared(digits: Splits) -> None:
    epochs = fit_together([Member(classifying(SGD(0.1)), digits, 0)] * 4, device=CPU)
    began = time.perf_counter()
    seconds = [e.seconds for e in next(epochs).values() if isinstance(e, Epoch)]
    assert len(set(seconds)) == 1
    assert 0 < sum(seconds) < time.perf_counter() - began


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize(
    "model",
    [
        replace(NORMED, dropout=0.3),
        LeNet(filters=(4, 6), hidden=(20,), dropout=0.3, conv_dropout=0.1),
    ],
    ids=["perceptron", "LeNet"],
)
def test_dropout_flips_and_crops_are_those_that_each_draws_alone(
    pictures: DataSet, model: MLP | LeNet, *, channels_last: bool
) -> None:
    splits = cut(pictures, 0, subset=0.4)
    members = [
        Member(replace(classifying(SGD(0.05), each, batch_size=64), augment=MOVED), splits, seed)
        for seed, each in enumerate((model, replace(model, dropout=0.0), model))
    ]
    assert_same(members, replace(CPU, channels_last=channels_last))


@pytest.mark.parametrize(
    "shape", [(3, 4000, 5), (400, 3 * 10, 5, 5)], ids=["behind Flatten", "before"]
)
def test_each_drops_its_own_share_and_keeps_its_mean(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    shares = (0.1, 0.5, 0.9)
    layer = stack([nn.Sequential(ByteDropout(p)) for p in shares])
    x = torch.ones(shape)
    if len(shape) == 4:
        x = x.contiguous(memory_format=torch.channels_last)
    thinned = layer(x)
    assert thinned.stride() == x.stride()
    each = thinned if len(shape) == 3 else thinned.reshape(400, 3, -1).transpose(0, 1)
    for part, share in zip(each, shares, strict=True):
        assert (part == 0).float().mean().item() == pytest.approx(share, abs=0.02)
        assert part.mean().item() == pytest.approx(1, abs=0.1)
    assert torch.equal(layer.eval()(x), x)


def test_the_state_of_one_is_a_view_that_a_plain_network_loads() -> None:
    models = [LeNet(batch_norm=True).build((1, 12, 12), 10) for _ in range(3)]
    stacked = stack(models)
    views = state(stacked, 1)
    fresh = LeNet(batch_norm=True).build((1, 12, 12), 10)
    fresh.load_state_dict(views)
    torch.testing.assert_close(fresh.state_dict(), models[1].state_dict())
    views["0.weight"].zero_()
    assert not stacked.state_dict()["0.weight"][1].any()
    assert stacked.state_dict()["0.weight"][2].any()


def test_what_cannot_be_one_network_is_refused(digits: Splits) -> None:
    def begin(*trainings: Training) -> Callable[[], object]:
        return lambda: next(fit_together([Member(t, digits, 0) for t in trainings], device=CPU))

    plain = classifying(SGD(0.1))
    with pytest.raises(Unstackable, match="their layers differ"):
        begin(plain, classifying(SGD(0.1), MLP((32, 17))))()
    with pytest.raises(Unstackable, match="PReLU is unknown to stacks"):
        begin(*[classifying(SGD(0.1), MLP((8,), activation="prelu"))] * 2)()
    for other in (classifying(Adam()), classifying(SGD(0.1), batch_size=7)):
        with pytest.raises(ValueError, match="share optimizer, batch size, loss, augmentation"):
            begin(plain, other)()


def test_members_with_different_data_or_numbers_of_examples_are_refused(
    digits_data: DataSet,
) -> None:
    training = classifying(SGD(0.1))
    whole, less = cut(digits_data, 0), cut(digits_data, 0, subset=0.5)
    with pytest.raises(ValueError, match="need as many examples of the same data"):
        next(fit_together([Member(training, each, 0) for each in (whole, less)], device=CPU))


def test_only_what_gains_from_it_is_stacked(digits_data: DataSet, digits: Splits) -> None:
    def most(model: Architecture, splits: Splits = digits, device: Device = CPU) -> int:
        return most_together(Recipe(model, SGD(0.1)), splits, device)

    assert most(MLP((16,))) == MOST_SMALL
    assert most(MLP((512,))) == MOST
    assert most(MLP((2000,))) == MOST
    assert most(MLP((2000, 2000))) == 1  # long steps, as are those of the whole training part
    whole = Recipe(MLP((512,)), SGD(0.1), batch_size=None)
    assert most_together(whole, digits, CPU) == 1
    assert most(MLP((16,), activation="prelu")) == 1
    assert most(CNN(widths=(4,))) == 1
    assert most(MLP((16,)), device=Device("mps")) == 1
    shards = replace(digits_data.train, shards=np.arange(len(digits_data.train)) % 3)
    assert most(MLP((16,)), cut(replace(digits_data, train=shards), 0)) == 1


def test_the_generator_says_who_still_trains(digits: Splits) -> None:
    trainings = (classifying(SGD(0.1), epochs=1), classifying(SGD(0.1), epochs=2))
    epochs: Generator[dict[int, Epoch | Diverged], None, object] = fit_together(
        [Member(training, digits, 0) for training in trainings], device=CPU
    )
    assert [sorted(told) for told in epochs] == [[0, 1], [1]]


@pytest.mark.parametrize("model", [PLAIN, CONVOLUTIONAL], ids=["MLP", "LeNet"])
def test_in_bfloat16_they_learn_as_they_would_alone_in_it(
    pictures: DataSet, model: Architecture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "SHORT_STEP", 0)
    training = classifying(Adam(3e-3), model, epochs=3, batch_size=64)
    splits, rough = cut(pictures, 0, subset=0.3), replace(CPU, bf16=True)
    members = [Member(training, splits, seed) for seed in range(2)]
    stacked = list(fit_together(members, device=rough))
    apart = unlike_float32 = 0.0
    for k, member in enumerate(members):
        single = fit(training, splits, seed=member.seed, device=rough)
        exact = fit(training, splits, seed=member.seed, device=CPU)
        for told, theirs, others in zip(stacked, single, exact, strict=True):
            ours = told[k]
            assert isinstance(ours, Epoch)
            # The last bit that bfloat16 has.
            assert ours.validation["loss"] == pytest.approx(theirs.validation["loss"], rel=2**-8)
            apart += abs(ours.validation["loss"] - theirs.validation["loss"])
            unlike_float32 += abs(ours.validation["loss"] - others.validation["loss"])
    assert apart < unlike_float32 / 2
