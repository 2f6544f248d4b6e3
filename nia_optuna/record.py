"""The names under which a study's facts stand in the storage: written by search, read by findings.

Everything is a user attribute of the Optuna study or trial, so plain Optuna and optuna-dashboard
show it too. All values are JSON.
"""

from enum import StrEnum

DEFAULTS = "default"
"""The baseline that every study has: trial 0, the defaults."""


QUICK = "-quick"
"""What the name of a rehearsal ends with."""


NOTE = "*Written by nia-optuna, and written anew by every report as long as this line is its last.*"
"""How a note in the storage ends that is ours: one that does not is the user's, and is kept."""


class StudyAttr(StrEnum):
    """User attributes of a study."""

    QUESTION = "question"
    """str: the docstring of the study function."""
    DATASET = "dataset"
    """{name, fingerprint, shape: [c, h, w] or [features], classes: [str], none in regression,
    train, validation, test: numbers of examples, source: what opens it again, see
    data.plain_source}."""
    TASK = "task"
    """"classification" or "regression"; absent means classification."""
    LOSS = "loss"
    """"cross_entropy", "squared", "absolute" or "hinge": what the trainings minimise."""
    METRIC = "metric"
    """"accuracy" (a fraction, maximised), "loss", "mse" or "mae" (minimised); always of the
    validation part."""
    SPACE = "space"
    """[{name, kind, default, choices, low, high, step, log}]: fields of space.Parameter."""
    RECIPE = "recipe"
    """str: the recipe of the defaults, which shows a change of what the file holds fixed."""
    SETTINGS = "settings"
    """{trials, epochs, timeout, patience, target, finalists, seeds, seed, repeats, resplit,
    validation, subset, normalise, shards, augment, sampler, pruner, baselines: {name: params},
    reported: {name: figure}}; `trials` is the total last asked for. A baseline outside the space
    has {"recipe": its repr} for params."""
    ENVIRONMENT = "environment"
    """{python, torch, optuna, nia_optuna: versions, cpu, cores, device, precision, platform}."""
    COMMAND = "command"
    """str: the nia-optuna line that ran last, with paths as the user gave them."""
    SOURCE = "source"
    """{file, study, sha256, git_commit or null}: where the study function came from."""
    SESSIONS = "sessions"
    """[{started, wall_seconds, workers, device, stage: "search" | "confirmation" |
    "pruning check"}]: each run. `started` is ISO 8601 in UTC."""
    CONFIRMATION = "confirmation"
    """{"<trial number>/<seed>": {trial, seed, validation, validation_<measure>, best_epoch,
    stopped, seconds, curve: [epoch], path, checkpoint}}; the chosen and the baselines also {test,
    test_<measure>, losses: {loss: mean on the test part}, confusion: [[int]], true class by
    predicted (classification), predictions: id of an artifact, see predictions.py}.
    A <measure> is loss and accuracy, or loss, mse and mae in regression. `validation` and `test`
    are the study's metric. A training that failed has {trial, seed, failure, validation: null}
    instead."""
    CHOSEN = "chosen"
    """{trial, finalists: [trial numbers], baselines: [trial numbers], checkpoint}: set once the
    confirmation is whole. `trial` has the best mean validation metric over the fresh seeds;
    `checkpoint` is the file of its best seed, of the median one where every seed was validated on
    examples of its own."""
    FINISHED = "finished_pruned"
    """{"<trial number>/<seed>": {trial, seed, validation, best_epoch, stopped, seconds, curve:
    [epoch], path, repeats}}: pruned trials that were trained to their end for the pruning check,
    with the seeds that they had; `repeats` is as in TrialAttr. `validation` is what the trial's
    value would have been. One that failed on its way has {trial, seed, failure, validation: null,
    seconds, curve, path, repeats} instead. `path` is as in TrialAttr."""
    REHEARSAL = "rehearsal"
    """str: the study whose best configurations were enqueued here."""

    EXTENDS = "extends"
    """{study, trials, migrated, left_out: {why: count}}: the study of a smaller or larger space
    whose trials this one began with, how many it had, and how many of them fit in here."""


class TrialAttr(StrEnum):
    """User attributes of a trial."""

    BASELINE = "baseline"
    """str: "default", or the name given in the study file. Absent on searched trials."""
    REHEARSED = "rehearsed"
    """int: number of the rehearsal's trial this configuration comes from."""
    SEED = "seed"
    """int: seed of its weights and batches."""
    CURVE = "curve"
    """[{number, train_<measure>, validation_<measure>, lr, seconds, last, first_loss,
    blank_loss}]: one entry an epoch, `number` from 1. `first_loss` is the loss of its first
    batch, `blank_loss` what a network that answers nothing but zeros has on that batch. Written
    when the trial ends, pruned or not."""
    SECONDS = "seconds"
    """float: training time, evaluation included, and that of what its last attempt went on from."""
    PARAMETERS = "parameters"
    """int: trainable parameters of the network."""
    EPOCHS = "epochs"
    """int: how many epochs its training may take; absent means the budget's."""
    REPEATS = "repeats"
    """[{seed, value, best_epoch, stopped, seconds, values: [metric by epoch]}]: the trainings
    after the first that the trial's value is the mean of, where a study repeats."""
    MIGRATED = "migrated"
    """int: its number in the study that this one extends; absent on trials of its own."""
    SEEDED = "seeded"
    """int: on a migrated trial, the number that its seeds are made of: the one it was begun as."""
    CELL = "cell"
    """int: number of the cell, from 0 on, on the trials of a grid."""
    RECIPE = "recipe"
    """str: repr of the recipe, on a baseline outside the space, which has no parameters."""
    BEST_EPOCH = "best_epoch"
    """int: the epoch whose weights were kept; the trial's value is its validation metric."""
    STOPPED = "stopped"
    """str: "epochs", "patience", "target", "pruned"; "failed" on a trial that did."""
    ATTEMPTS = "attempts"
    """int: one more than the times its trainer died under it; absent means one."""
    INLINE = "inline"
    """[str, int]: which of its starts a coordinator trained itself, by Optuna's time of it, and in
    which attempt: whose death then may have been the training's doing."""
    FAILURE = "failure"
    """str: one line, on failed trials."""
    PATH = "path"
    """str: how it was trained, such as "cpu, bfloat16 autocast, channels last: stack of 8, then
    stack of 5": the device and its settings, then who trained beside it as its epochs went by."""
    WORKER = "worker"
    """int: slot that trained it, of its coordinator's."""
    COORDINATOR = "coordinator"
    """str: random name of the coordinator that had it, where several may share a study."""
    TIMES = "times"
    """[asked, told] or [asked, told, begun]: when it was drawn, when its end was written, and when
    a worker had its last attempt, in seconds since 1970 in UTC. Optuna's own are local times, of
    whichever machine."""
    DRAWN = "drawn"
    """{parameter: value} for every parameter of every branch, as the sampler proposed it."""
