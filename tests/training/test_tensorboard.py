"""What TensorBoard's own reader finds in the files of a training."""

import gc
import json
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from nia_optuna.architectures import CNN, MLP
from nia_optuna.cli.main import main
from nia_optuna.data import DataSet, Splits, open_data, silent, split
from nia_optuna.decay import Exponential
from nia_optuna.optimizer import SGD, Adam
from nia_optuna.recipe import Recipe
from nia_optuna.training.device import Device
from nia_optuna.training.epoch import Epoch
from nia_optuna.training.fit import Fitted, GivenUp, fit
from nia_optuna.training.tensorboard import TensorBoard, hyperparameters
from nia_optuna.training.training import Training

CPU = Device("cpu")
RECIPE = Recipe(
    CNN(widths=(4,), hidden=(16,)), SGD(lr=0.1, momentum=0.5), Exponential(), batch_size=300
)
ALL = dict.fromkeys(("scalars", "histograms", "tensors", "compressedHistograms", "images"), 0)


def training(
    splits: Splits, recorder: TensorBoard | None, *, epochs: int = 3, seed: int = 7
) -> Generator[Epoch, None, Fitted]:
    return fit(Training(RECIPE, epochs=epochs), splits, seed=seed, device=CPU, recorder=recorder)


def recorded(
    splits: Splits, folder: Path, *, epochs: int = 3, seed: int = 7
) -> tuple[list[Epoch], Fitted]:
    recorder = TensorBoard(folder, RECIPE, seed=seed, task=splits.task)
    return ended(training(splits, recorder, epochs=epochs, seed=seed))


def ended(epochs: Generator[Epoch, None, Fitted]) -> tuple[list[Epoch], Fitted]:
    seen: list[Epoch] = []
    while True:
        try:
            seen.append(next(epochs))
        except StopIteration as end:
            return seen, end.value


def read(folder: Path) -> EventAccumulator:
    reader = EventAccumulator(str(folder), size_guidance=ALL)
    reader.Reload()
    return reader


def scalars(reader: EventAccumulator, tag: str) -> dict[int, float]:
    return {event.step: event.value for event in reader.Scalars(tag)}


def test_the_scalars_of_epochs_are_what_the_training_yielded(
    digits: Splits, tmp_path: Path
) -> None:
    epochs, _ = recorded(digits, tmp_path / "3-7")
    reader = read(tmp_path / "3-7")
    for measure in ("loss", "accuracy"):
        for part in ("train", "validation"):
            expected = {epoch.number: getattr(epoch, part)[measure] for epoch in epochs}
            assert scalars(reader, f"epoch/{part}/{measure}") == expected
    rates = {epoch.number: float(np.float32(epoch.lr)) for epoch in epochs}
    assert scalars(reader, "epoch/learning_rate") == rates
    assert len(set(rates.values())) == 3


def test_the_scalars_of_steps_add_up_to_the_epochs(digits: Splits, tmp_path: Path) -> None:
    epochs, _ = recorded(digits, tmp_path / "3-7")
    count = len(digits.train)
    sizes = [min(300, count - start) for start in range(0, count, 300)]
    for measure in ("loss", "accuracy"):
        steps = scalars(read(tmp_path / "3-7"), f"step/{measure}")
        assert list(steps) == list(range(1, len(epochs) * len(sizes) + 1))
        means = np.reshape(list(steps.values()), (len(epochs), -1)) @ sizes / count
        assert means == pytest.approx([epoch.train[measure] for epoch in epochs], rel=1e-5)


def test_the_first_step_is_the_first_loss(digits: Splits, tmp_path: Path) -> None:
    epochs, _ = recorded(digits, tmp_path / "3-7", epochs=1)
    steps = scalars(read(tmp_path / "3-7"), "step/loss")
    assert steps[1] == pytest.approx(epochs[0].first_loss, rel=1e-6)


def test_the_steps_have_the_times_at_which_they_were_taken(digits: Splits, tmp_path: Path) -> None:
    epochs, fitted = ended(training(digits, None, epochs=1))
    recorder = TensorBoard(tmp_path / "3-7", RECIPE, seed=7, task="classification")
    moments = [time.time()]
    for number in (1, 2):
        recorder.step(number, torch.ones(2), 4)
        time.sleep(0.01)
        moments.append(time.time())
    recorder.epoch(epochs[0], fitted.model)
    first, second = (event.wall_time for event in read(tmp_path / "3-7").Scalars("step/loss"))
    assert moments[0] <= first <= moments[1] <= second <= moments[2]


def test_every_parameter_and_gradient_has_a_histogram_an_epoch(
    digits: Splits, tmp_path: Path
) -> None:
    _, fitted = recorded(digits, tmp_path / "3-7")
    reader = read(tmp_path / "3-7")
    names = [name for name, _ in fitted.model.named_parameters()]
    tags = {f"{kind}/{name}" for kind in ("parameters", "gradients") for name in names}
    assert set(reader.Tags()["histograms"]) == tags
    for tag in tags:
        assert [event.step for event in reader.Histograms(tag)] == [1, 2, 3]


def test_a_histogram_counts_the_weights_of_its_epoch(digits: Splits, tmp_path: Path) -> None:
    epochs, fitted = recorded(digits, tmp_path / "3-7")
    assert fitted.best.number == epochs[-1].number, "so that the weights kept are the last epoch's"
    reader = read(tmp_path / "3-7")
    for name, parameter in fitted.model.named_parameters():
        found = reader.Histograms(f"parameters/{name}")[-1].histogram_value
        assert found.num == parameter.numel()
        assert found.min == parameter.min().item()
        assert found.max == parameter.max().item()
        assert found.sum == pytest.approx(parameter.double().sum().item(), abs=1e-6)
        gradient = reader.Histograms(f"gradients/{name}")[-1].histogram_value
        assert parameter.grad is not None
        assert gradient.max == parameter.grad.max().item()


def test_the_recipe_is_there_as_text(digits: Splits, tmp_path: Path) -> None:
    recorded(digits, tmp_path / "3-7", epochs=1)
    (event,) = read(tmp_path / "3-7").Tensors("recipe/text_summary")
    text = event.tensor_proto.string_val[0].decode()
    assert repr(RECIPE) in text
    assert "seed=7" in text


def test_the_hyperparameters_are_columns_beside_the_best(digits: Splits, tmp_path: Path) -> None:
    epochs, _ = recorded(digits, tmp_path / "3-7")
    gc.collect()
    reader = read(tmp_path / "3-7")
    content = reader.PluginTagToContent("hparams")
    started = HParamsPluginData.FromString(content["_hparams_/session_start_info"])
    values = started.session_start_info.hparams
    assert values["optimizer.lr"].number_value == 0.1
    assert values["model"].string_value == "CNN"
    assert values["model.widths"].string_value == "(4,)"
    assert values["seed"].number_value == 7
    listed = HParamsPluginData.FromString(content["_hparams_/experiment"]).experiment
    assert {info.name.tag for info in listed.metric_infos} == {"best/loss", "best/accuracy"}
    assert "_hparams_/session_end_info" in content
    best = max(epoch.validation["accuracy"] for epoch in epochs)
    assert scalars(reader, "best/accuracy")[3] == best
    least = min(epoch.validation["loss"] for epoch in epochs)
    assert scalars(reader, "best/loss")[3] == least


def test_hyperparameters_are_flat_numbers_and_words() -> None:
    flat = hyperparameters(Recipe(MLP((8, 4)), Adam(lr=0.01), batch_size=None))
    assert flat["model.widths"] == "(8, 4)"
    assert flat["optimizer"] == "Adam"
    assert flat["optimizer.lr"] == 0.01
    assert flat["decay"] == "Constant"
    assert "batch_size" not in flat


def test_a_regression_has_its_own_measures(tmp_path: Path) -> None:
    data = open_data("boston_housing", tmp_path / "data", silent)
    splits = split(data, validation=0.2, subset=None, seed=0)
    recipe = Recipe(MLP((8,)), Adam(lr=0.01), batch_size=64)
    recorder = TensorBoard(tmp_path / "0-1", recipe, seed=1, task=splits.task)
    epochs, _ = ended(
        fit(
            Training(recipe, epochs=2, loss="squared", metric="mae"),
            splits,
            seed=1,
            device=CPU,
            recorder=recorder,
        )
    )
    reader = read(tmp_path / "0-1")
    found = set(reader.Tags()["scalars"])
    assert {"step/loss", "step/mse", "step/mae", "best/mae"} <= found
    expected = {epoch.number: epoch.validation["mae"] for epoch in epochs}
    assert scalars(reader, "epoch/validation/mae") == expected


def test_looking_on_changes_nothing(digits: Splits, tmp_path: Path) -> None:
    watched, with_it = recorded(digits, tmp_path / "3-7")
    alone, without = ended(training(digits, None))
    assert [(e.train, e.validation, e.lr) for e in watched] == [
        (e.train, e.validation, e.lr) for e in alone
    ]
    for name, tensor in with_it.model.state_dict().items():
        assert torch.equal(tensor, without.model.state_dict()[name])


def test_looking_on_draws_nothing_at_random(digits: Splits, tmp_path: Path) -> None:
    model = RECIPE.model.build(digits.shape, digits.outputs)
    epochs, _ = ended(training(digits, None, epochs=1))
    state, numpy_state = torch.get_rng_state(), repr(np.random.get_state())  # noqa: NPY002
    recorder = TensorBoard(tmp_path / "3-7", RECIPE, seed=7, task="classification")
    recorder.step(1, torch.ones(2), 4)
    recorder.epoch(epochs[0], model)
    assert torch.equal(torch.get_rng_state(), state)
    assert repr(np.random.get_state()) == numpy_state  # noqa: NPY002


def test_a_training_given_up_keeps_its_whole_epochs_and_no_thread(
    digits: Splits, tmp_path: Path
) -> None:
    before = threading.active_count()
    epochs = training(digits, TensorBoard(tmp_path / "3-7", RECIPE, seed=7, task=digits.task))
    next(epochs)
    assert threading.active_count() > before
    assert list(scalars(read(tmp_path / "3-7"), "epoch/train/loss")) == [1], "already on the disk"
    next(epochs)
    epochs.close()
    del epochs
    assert threading.active_count() == before
    assert list(scalars(read(tmp_path / "3-7"), "epoch/train/loss")) == [1, 2]


KILLED = """
import os, sys, time
from pathlib import Path
import torch
from nia_optuna.architectures import MLP
from nia_optuna.optimizer import SGD
from nia_optuna.recipe import Recipe
from nia_optuna.training.epoch import Epoch
from nia_optuna.training.tensorboard import TensorBoard

recipe = Recipe(MLP((64,)), SGD(lr=0.1))
recorder = TensorBoard(Path(sys.argv[1]), recipe, seed=7, task="classification")
model = recipe.model.build((1, 8, 8), 10)
for step in range(1, 201):
    recorder.step(step, torch.ones(2), 4)
measures = {"loss": 1.0, "accuracy": 0.5}
recorder.epoch(Epoch(1, measures, measures, 0.1, 1.0), model)
os._exit(0)
"""


def test_an_epoch_is_whole_on_the_disk_though_the_trainer_is_killed_after_it(
    tmp_path: Path,
) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "3-7")], check=True)
    reader = read(tmp_path / "3-7")
    assert len(scalars(reader, "step/accuracy")) == 200
    assert len(reader.Tags()["histograms"]) == 4


def test_a_training_that_raises_leaves_no_thread(digits: Splits, tmp_path: Path) -> None:
    before = threading.active_count()

    def unwanted() -> None:
        recorder = TensorBoard(tmp_path / "3-7", RECIPE, seed=7, task=digits.task)
        epochs = fit(
            Training(RECIPE, epochs=1),
            digits,
            seed=7,
            device=CPU,
            given_up=lambda: True,
            recorder=recorder,
        )
        del recorder
        with pytest.raises(GivenUp):
            next(epochs)

    unwanted()
    gc.collect()
    assert threading.active_count() == before


def test_a_training_again_replaces_what_its_interrupted_one_left(
    digits: Splits, tmp_path: Path
) -> None:
    recorded(digits, tmp_path / "3-7", epochs=2)
    (tmp_path / "3-7" / "notes.txt").write_text("mine")
    epochs, _ = recorded(digits, tmp_path / "3-7", epochs=1)
    assert len(list((tmp_path / "3-7").glob("events*"))) == 1
    assert (tmp_path / "3-7" / "notes.txt").exists()
    assert list(scalars(read(tmp_path / "3-7"), "epoch/train/loss")) == [epochs[-1].number]


def test_repeats_of_a_trial_lie_below_its_first_training(digits: Splits, tmp_path: Path) -> None:
    first, _ = recorded(digits, tmp_path / "3-7", epochs=1)
    second, _ = recorded(digits, tmp_path / "3-7", epochs=1, seed=8)
    for folder, epochs in ((tmp_path / "3-7", first), (tmp_path / "3-7" / "repeat-8", second)):
        (file,) = folder.glob("events*")
        expected = {1: epochs[0].validation["loss"]}
        assert scalars(read(file), "epoch/validation/loss") == expected


def test_what_is_not_finite_has_no_histogram_and_stops_nothing(
    digits: Splits, tmp_path: Path
) -> None:
    model = RECIPE.model.build(digits.shape, digits.outputs)
    names = [name for name, _ in model.named_parameters()]
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, float("inf"))
    epochs, _ = ended(training(digits, None, epochs=1))
    recorder = TensorBoard(tmp_path / "3-7", RECIPE, seed=7, task="classification")
    recorder.epoch(epochs[0], model)
    found = set(read(tmp_path / "3-7").Tags()["histograms"])
    assert found == {f"parameters/{name}" for name in names}


STUDY = """
from nia_optuna import MLP, SGD, Budget, Recipe, Space, study


@study(
    dataset="digits",
    budget=Budget(trials=2, epochs=2, finalists=1, seeds=2),
    repeats=2,
    pruner="none",
)
def tiny(space: Space) -> Recipe:
    \"\"\"Which width?\"\"\"
    return Recipe(MLP((8,)), SGD(lr=space.log("lr", 0.01, 1.0, default=0.3)))
"""


def call(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["nia-optuna", *words])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


def test_a_run_leaves_a_folder_a_training(
    digits_data: DataSet,  # noqa: ARG001  # so that nothing is decoded in this test
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "tiny.py").write_text(STUDY)
    monkeypatch.chdir(tmp_path)
    words = ["run", "tiny.py", "--data-dir", "data", "--workers", "0", "--tensorboard", "seen"]
    assert call(monkeypatch, *words, "--json") == 0
    summary = json.loads(capfd.readouterr().out)
    assert summary["study"] == "tiny"
    names = [folder.name for folder in (tmp_path / "seen" / "tiny").iterdir()]
    searched, fresh = 1, len(summary["confirmed"]["seeds"])
    trials = sorted(int(name.split("-")[0]) for name in names)
    assert trials == [0] * (searched + fresh) + [1] * (searched + fresh)
    repeats = list((tmp_path / "seen" / "tiny").glob("*/repeat-*"))
    assert len(repeats) == 2
    for folder in [*(tmp_path / "seen" / "tiny").iterdir(), *repeats]:
        (file,) = folder.glob("events*")
        assert next(iter(scalars(read(file), "epoch/validation/accuracy"))) == 1


def test_a_missing_package_is_one_line_before_anything_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tiny.py").write_text(STUDY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    assert call(monkeypatch, "run", "tiny.py", "--tensorboard", "seen") == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "pip install 'nia-optuna[tensorboard]'" in err
    assert not (tmp_path / "runs").exists()


def test_a_file_for_a_folder_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tiny.py").write_text(STUDY)
    monkeypatch.chdir(tmp_path)
    assert call(monkeypatch, "run", "tiny.py", "--tensorboard", "tiny.py") == 2
    assert "is a file, where a folder should be" in capfd.readouterr().err
    assert not (tmp_path / "runs").exists()
