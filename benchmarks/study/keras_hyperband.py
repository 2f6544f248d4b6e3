"""Keras Tuner: Hyperband over Keras with the torch backend, `fit` on arrays in memory.

Hyperband begins at random: Keras Tuner has no way to hand it a first configuration. A network that
it trains on in a later round counts as a trial again, as Keras Tuner counts; over all its rounds it
is trained for no more epochs than elsewhere.
"""

from __future__ import annotations

import os
from functools import partial
from typing import Any, assert_never

os.environ["KERAS_BACKEND"] = "torch"

import keras
import keras_tuner
import numpy as np
from keras import layers
from numpy.typing import NDArray

from benchmarks.study.examples import CLASSES, Examples, read_examples
from benchmarks.study.peer import say, task
from benchmarks.study.space import BLOCKS, MOMENTUM, Choice, Integer, Log, Question, Uniform, owner

VALIDATION_BATCH = 1_000
WITHOUT_END = 1_000  # rounds of Hyperband; nobody waits for the last


class Network(keras_tuner.HyperModel):
    """Builds and fits the network of a configuration; numbers the trials."""

    def __init__(self, question: Question, shape: tuple[int, ...]) -> None:
        super().__init__()
        self._question = question
        self._shape = shape
        self._begun = 0

    def build(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        """Return the compiled network."""
        settings = ask(self._question, hp)
        body = perceptron if self._question.network == "mlp" else convolutional
        model = keras.Sequential([keras.Input(self._shape), *body(settings), layers.Dense(CLASSES)])
        model.compile(
            optimizer=optimizer_of(settings),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )
        return model

    def fit(
        self,
        hp: keras_tuner.HyperParameters,
        model: keras.Model,
        *args: Any,  # noqa: ANN401  # Keras Tuner's signature
        **kwargs: Any,  # noqa: ANN401
    ) -> keras.callbacks.History:
        """Fit in batches of the searched size."""
        number, self._begun = self._begun, self._begun + 1
        told = keras.callbacks.LambdaCallback(on_epoch_end=partial(_say, number))
        callbacks = [*kwargs.pop("callbacks"), told]
        return model.fit(*args, batch_size=hp.get("batch_size"), callbacks=callbacks, **kwargs)


def _say(trial: int, _epoch: int, logs: dict[str, float]) -> None:
    say(trial, logs["val_accuracy"])


def ask(question: Question, hp: keras_tuner.HyperParameters) -> dict[str, Any]:
    """Return the values of a trial, the optimizer's own for the one it chose."""
    settings: dict[str, Any] = {}
    for name, parameter in question.space.items():
        belongs = owner(name)
        under = {"parent_name": "optimizer", "parent_values": [belongs]} if belongs else {}
        match parameter:
            case Choice(values, default):
                settings[name] = hp.Choice(name, list(values), default=default, **under)
            case Integer(low, high, default):
                settings[name] = hp.Int(name, low, high, default=default, **under)
            case Uniform(low, high, default):
                settings[name] = hp.Float(name, low, high, default=default, **under)
            case Log(low, high, default):
                settings[name] = hp.Float(name, low, high, default=default, sampling="log", **under)
            case _:
                assert_never(parameter)
    # Keras Tuner draws what it has met before: the other optimizer's own, too, which is None here.
    return {name: value for name, value in settings.items() if value is not None}


def optimizer_of(settings: dict[str, Any]) -> keras.optimizers.Optimizer:
    """Return Keras' optimizer of these settings, Adam with PyTorch's epsilon."""
    if settings["optimizer"] == "adam":
        return keras.optimizers.Adam(settings["adam.lr"], epsilon=1e-8)
    return keras.optimizers.SGD(settings["sgd.lr"], momentum=MOMENTUM, nesterov=True)


def perceptron(settings: dict[str, Any]) -> list[keras.layers.Layer]:
    """Return the layers of a multilayer perceptron."""
    return [layers.Flatten(), *dense([settings["width"]] * settings["layers"], settings)]


def convolutional(settings: dict[str, Any]) -> list[keras.layers.Layer]:
    """Return the layers of four blocks, each of which halves the picture."""
    made: list[keras.layers.Layer] = []
    for block in range(BLOCKS):
        width = settings["width"] * 2**block
        made.append(layers.Conv2D(width, 3, padding="same", activation="relu"))
        made.append(layers.MaxPooling2D())
        made += regularised(settings)
    hidden = [settings["hidden"]] if settings["hidden"] else []
    return [*made, layers.Flatten(), *dense(hidden, settings)]


def dense(widths: list[int], settings: dict[str, Any]) -> list[keras.layers.Layer]:
    """Return dense layers with ReLU, batch norm and dropout."""
    made: list[keras.layers.Layer] = []
    for width in widths:
        made += [layers.Dense(width, activation="relu"), *regularised(settings)]
    return made


def regularised(settings: dict[str, Any]) -> list[keras.layers.Layer]:
    """Return batch norm, with PyTorch's momentum and epsilon, and dropout."""
    norm = [layers.BatchNormalization(axis=1, momentum=0.9, epsilon=1e-5)]
    return [*(norm if settings["batch_norm"] else []), layers.Dropout(settings["dropout"])]


def normalised(pictures: NDArray[np.uint8], examples: Examples) -> NDArray[np.float32]:
    """Return pictures as normalised numbers, all at once."""
    mean, std = (
        np.array(each, np.float32).reshape(-1, 1, 1) for each in (examples.mean, examples.std)
    )
    normal: NDArray[np.float32] = (pictures.astype(np.float32) / np.float32(255) - mean) / std
    return normal


def main() -> None:
    """Search until somebody ends this process."""
    given = task()
    examples = read_examples(given.examples)
    keras.utils.set_random_seed(given.seed)
    keras.config.set_image_data_format("channels_first")  # as the torch backend computes
    tuner = keras_tuner.Hyperband(
        Network(given.question, examples.train.shape[1:]),
        objective="val_accuracy",
        max_epochs=given.question.epochs,
        factor=3,
        hyperband_iterations=WITHOUT_END,
        seed=given.seed,
        directory=given.scratch,
        project_name="hyperband",
    )
    validation = normalised(examples.validation, examples), examples.validation_classes
    tuner.search(
        normalised(examples.train, examples),
        examples.train_classes,
        validation_data=validation,
        validation_batch_size=VALIDATION_BATCH,
        verbose=0,
    )


if __name__ == "__main__":
    main()
