"""What is needed to run a study again."""

from __future__ import annotations

from nia_optuna.findings.facts import StudyFacts
from nia_optuna.findings.summary import environment
from nia_optuna.report import words
from nia_optuna.report.trained import trained

_SETTINGS = {
    "held out for validation": "validation",
    "split again for every seed": "resplit",
    "subset of the training examples": "subset",
    "normalise": "normalise",
    "augment": "augment",
    "most epochs": "epochs",
    "patience": "patience",
    "target": "target",
    "sampler": "sampler",
    "pruner": "pruner",
    "seed of the study": "seed",
    "seeds of a configuration": "repeats",
}


def reproduce(facts: StudyFacts) -> list[tuple[str, str]]:
    """Return what is needed to run the study again, as (what, value) pairs that are known."""
    data, source, sessions = facts.dataset, facts.source, facts.sessions
    recorded = environment(facts)
    versions = [
        f"{name.replace('_', '-')} {recorded.pop(name)}"
        for name in ("nia_optuna", "optuna", "torch", "python")
        if recorded.get(name) is not None
    ]
    cores = recorded.pop("cores", None)
    # What the device would take: "trained" says what the networks took.
    ways = trained(facts)
    if ways is not None:
        recorded.pop("precision", None)
    hardware = [str(value) for value in recorded.values() if value is not None]
    hardware += [f"{cores} cores"] if cores is not None else []
    sizes = [
        f"{size:,} {part}"
        for part, size in (
            ("train", data.train),
            ("validation", data.validation),
            ("test", data.test),
        )
        if size is not None
    ]
    settings = facts.settings
    pairs = {
        "study file": source.get("file"),
        "study": source.get("study"),
        "sha256 of the study file": source.get("sha256"),
        "git commit": source.get("git_commit"),
        "data set": data.name,
        "task": facts.task if facts.loss else None,
        "loss": words.loss(facts) if facts.loss else None,
        "metric": words.measure(facts.metric),
        words.examples(facts): ", ".join(sizes),
        "fingerprint": data.fingerprint,
        **{what: _setting(settings.get(name)) for what, name in _SETTINGS.items()},
        "seeds of the confirmation": ", ".join(map(str, sorted({r.seed for r in facts.runs}))),
        "rehearsal": facts.rehearsal,
        "extends": _extends(facts),
        "versions": ", ".join(versions),
        "hardware": ", ".join(hardware),
        "trained": ways,
        "sessions": "; ".join(
            f"{words.date(s.started)} UTC {s.stage}, {words.duration(s.wall_seconds)}"
            + (f", {words.count(s.workers, 'worker')}" if s.workers is not None else "")
            for s in sessions
        ),
    }
    return [(what, str(value)) for what, value in pairs.items() if value not in (None, "")]


def _extends(facts: StudyFacts) -> str | None:
    old = facts.extends
    if old is None:
        return None
    if old.migrated is None or old.trials is None:
        return old.study
    return f"{old.study}, with {old.migrated:,} of its {words.count(old.trials, 'trial')}"


def _setting(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else None
    return ", ".join(map(str, value)) if isinstance(value, list) else value
