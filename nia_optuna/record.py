"""The names under which a study's facts stand in the storage: written by search, read by findings.

Everything is a user attribute of the Optuna study or trial, so plain Optuna and optuna-dashboard
show it too. All values are JSON.
"""

from enum import StrEnum

DEFAULTS = "default"
"""The baseline that every study has: trial 0, the defaults."""


class StudyAttr(StrEnum):
    """User attributes of a study."""

    QUESTION = "question"
    """str: the docstring of the study function."""
    DATASET = "dataset"
    """{name, fingerprint, shape: [c, h, w], classes: [str], train, validation, test: sizes}."""
    METRIC = "metric"
    """"accuracy" (a fraction, maximised) or "loss" (minimised); always of the validation part."""
    SPACE = "space"
    """[{name, kind, default, choices, low, high, step, log}]: fields of space.Parameter."""
    RECIPE = "recipe"
    """str: the recipe of the defaults, which shows a change of what the file holds fixed."""
    SETTINGS = "settings"
    """{trials, epochs, timeout, patience, target, finalists, seeds, seed, validation, subset,
    augment, sampler, pruner, baselines: {name: params}}; `trials` is the total last asked for."""
    ENVIRONMENT = "environment"
    """{python, torch, optuna, nia_optuna: versions, cpu, cores, device, precision, platform}."""
    COMMAND = "command"
    """str: the nia-optuna line that ran last, with paths as the user gave them."""
    SOURCE = "source"
    """{file, study, sha256, git_commit or null}: where the study function came from."""
    SESSIONS = "sessions"
    """[{started, wall_seconds, workers, device, stage: "search" | "confirmation"}]: each run.
    `started` is ISO 8601 in UTC."""
    CONFIRMATION = "confirmation"
    """{"<trial number>/<seed>": {trial, seed, validation, validation_loss, validation_accuracy,
    best_epoch, stopped, seconds, curve: [epoch], checkpoint}}; the chosen and the baseline also
    {test, test_loss, test_accuracy, confusion: [[int]], true class by predicted}.
    `validation` and `test` are the study's metric. A training that failed has {trial, seed,
    failure, validation: null} instead."""
    CHOSEN = "chosen"
    """{trial, finalists: [trial numbers], baselines: [trial numbers], checkpoint}: set once the
    confirmation is whole. `trial` has the best mean validation metric over the fresh seeds;
    `checkpoint` is the file of its best seed."""
    REHEARSAL = "rehearsal"
    """str: the study whose best configurations were enqueued here."""


class TrialAttr(StrEnum):
    """User attributes of a trial."""

    BASELINE = "baseline"
    """str: "default", or the name given in the study file. Absent on searched trials."""
    REHEARSED = "rehearsed"
    """int: number of the rehearsal's trial this configuration comes from."""
    SEED = "seed"
    """int: seed of its weights and batches."""
    CURVE = "curve"
    """[{number, train_loss, train_accuracy, validation_loss, validation_accuracy, lr, seconds,
    last}]:
    one entry an epoch, `number` from 1. Written when the trial ends, pruned or not."""
    SECONDS = "seconds"
    """float: training time, evaluation included."""
    PARAMETERS = "parameters"
    """int: trainable parameters of the network."""
    BEST_EPOCH = "best_epoch"
    """int: the epoch whose weights were kept; the trial's value is its validation metric."""
    STOPPED = "stopped"
    """str: "epochs", "patience", "target", "pruned"; "failed" on a trial that did."""
    ATTEMPTS = "attempts"
    """int: one more than the times its trainer died under it; absent means one."""
    FAILURE = "failure"
    """str: one line, on failed trials."""
    WORKER = "worker"
    """int: slot that trained it."""
    DRAWN = "drawn"
    """{parameter: value} for every parameter of every branch, as the sampler proposed it."""
