"""`nia-optuna predict`: the confirmed winner of a study on picture files, or on a test example."""

from __future__ import annotations

import json as jsonlib
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from errno import EDQUOT, ENOSPC
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nia_optuna.cli.options import RUNS, DataDir, RunsDir, Storage

if TYPE_CHECKING:
    import numpy as np
    import optuna
    from numpy.typing import NDArray

    from nia_optuna.cli.kept import Kept
    from nia_optuna.cli.predicted import ClassAnswer, NumberAnswer
    from nia_optuna.data import DataSet
    from nia_optuna.recipe import Architecture
    from nia_optuna.training.prediction import Description

FULL = frozenset((ENOSPC, EDQUOT))  # the disk's fault, not the user's


def predict(
    name: Annotated[str, typer.Argument(help="A study that has been run to its end.")],
    images: Annotated[
        list[Path] | None,
        typer.Argument(metavar="IMAGE", help="Picture files; a random test example if none."),
    ] = None,
    *,
    resize: Annotated[
        bool, typer.Option("--resize", help="Resize files that have not the study's size.")
    ] = False,
    index: Annotated[
        int | None, typer.Option(min=0, help="This test example instead of a random one.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="The same random test example every time.")
    ] = None,
    png: Annotated[
        Path | None,
        typer.Option(help="Where the test picture goes; predictions/NAME-INDEX.png if absent."),
    ] = None,
    study: Annotated[
        str | None,
        typer.Option(
            "--study", metavar="STUDY.py[:NAME]", help="The study file of a network of your own."
        ),
    ] = None,
    storage: Storage = None,
    runs_dir: RunsDir = RUNS,
    data_dir: DataDir = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Ask the confirmed network of a study what it sees in picture files, or a test example."""
    files = images or []
    _check_options(files, resize=resize, of_test=(index, seed, png))
    _check_file(study)
    stored = _stored(name, storage, runs_dir)

    from nia_optuna.cli.kept import kept
    from nia_optuna.search.runs import Runs

    winner = kept(stored, Runs(runs_dir))
    answers: Sequence[ClassAnswer | NumberAnswer]
    # What a network of the user's own prints must not get between the user and the document.
    with redirect_stdout(sys.stderr):
        if files:
            answers = classified = _of_files(winner, files, stored, study, resize=resize)
        else:
            answers = [_of_test(winner, stored, study, data_dir, (index, seed, png))]
    if json:
        plain = [answer.plain() for answer in answers]
        sys.stdout.write(jsonlib.dumps(plain, indent=2, allow_nan=False) + "\n")
    elif files:
        from rich.console import Console

        from nia_optuna.cli.predicted import table

        Console().print(table(classified))
    else:
        _say(answers[0], winner)


TestOptions = tuple[int | None, int | None, Path | None]


def _check_options(files: list[Path], *, resize: bool, of_test: TestOptions) -> None:
    if files and of_test != (None, None, None):
        raise typer.BadParameter("--index, --seed and --png are of test examples; name no IMAGE")
    if resize and not files:
        raise typer.BadParameter("--resize is of picture files; name an IMAGE")
    png = of_test[2]
    if png is not None and png.suffix.lower() != ".png":
        raise typer.BadParameter(f"--png {png} must end in .png")


def _check_file(study: str | None) -> None:
    """Refuse a study file that is not there, though a network of ours does without it."""
    if study is not None and not any(
        Path(file).is_file() for file in (study, study.rpartition(":")[0])
    ):
        raise typer.BadParameter(f"--study {study}: there is no such file")


def _stored(name: str, storage: str | None, runs_dir: Path) -> optuna.Study:
    import optuna

    from nia_optuna.findings.choose import UnknownStudyError, chosen
    from nia_optuna.search.storage import open_storage

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    opened = open_storage(storage, runs_dir, create=False)
    try:
        return chosen(opened, [name])[0]
    except UnknownStudyError as error:
        raise typer.BadParameter(str(error)) from None


def _of_files(
    winner: Kept, files: list[Path], stored: optuna.Study, study: str | None, *, resize: bool
) -> list[ClassAnswer]:
    from nia_optuna.cli.kept import PredictError
    from nia_optuna.cli.picture_files import picture_files
    from nia_optuna.cli.predicted import ClassAnswer, by_class

    if not winner.of_pictures:
        raise PredictError(
            f"study {winner.study!r} is not of pictures; leave the IMAGE out for a test example"
        )
    channels, height, width = winner.shape
    pictures = picture_files(files, (channels, height, width), resize=resize)
    outputs = _outputs(winner, pictures, stored, study)
    return [
        ClassAnswer(by_class(each, winner.classes), file=file)
        for file, each in zip(files, outputs, strict=True)
    ]


def _of_test(
    winner: Kept,
    stored: optuna.Study,
    study: str | None,
    data_dir: Path | None,
    options: TestOptions,
) -> ClassAnswer | NumberAnswer:
    import numpy as np

    from nia_optuna.cli.kept import PredictError
    from nia_optuna.cli.predicted import ClassAnswer, NumberAnswer, by_class

    index, seed, png = options
    if png is not None and not winner.of_pictures:
        raise PredictError(f"study {winner.study!r} is not of pictures: there is no --png of one")
    test = _data(winner, data_dir).test
    if index is None:
        index = int(np.random.default_rng(seed).integers(len(test)))
    elif index >= len(test):
        raise PredictError(
            f"there is no test example {index}: {winner.dataset} has 0 to {len(test) - 1}"
        )
    example, truth = test.inputs[index], test.targets[index]
    (output,) = _outputs(winner, example[None], stored, study)
    if not winner.classes:
        return NumberAnswer(float(output), index, float(truth))
    return ClassAnswer(
        by_class(output, winner.classes),
        index=index,
        truth=winner.classes[int(truth)],
        png=_drawn(winner, example, index, png) if winner.of_pictures else None,
    )


def _data(winner: Kept, data_dir: Path | None) -> DataSet:
    """Open the data that the study was made on; others would say nothing of its network."""
    from nia_optuna.cli.data import progress as fetching
    from nia_optuna.cli.kept import PredictError
    from nia_optuna.data import default_data_dir, open_data, source_from

    with fetching() as say:
        data = open_data(source_from(winner.source), data_dir or default_data_dir(), say)
    if data.fingerprint != winner.fingerprint:
        raise PredictError(
            f"the data of study {winner.study!r} have changed: they were {winner.dataset} "
            f"{winner.fingerprint[:19]}… and are now {data.name} {data.fingerprint[:19]}…"
        )
    return data


def _outputs(
    winner: Kept, examples: NDArray[Any], stored: optuna.Study, study: str | None
) -> NDArray[np.float32]:
    from nia_optuna.training.prediction import Inputs, describe, predict, restore

    if not winner.checkpoint.exists():
        from nia_optuna.cli.kept import PredictError

        raise PredictError(
            f"there is no checkpoint {winner.checkpoint}: it lies where study {winner.study!r} "
            "was run; name its folder with --runs-dir"
        )
    description = describe(winner.checkpoint)
    architecture = description.architecture or _own(winner, description, stored, study)
    inputs = Inputs(winner.shape, len(winner.classes), description.mean, description.std)
    return predict(restore(winner.checkpoint, architecture, inputs), examples, inputs)


def _own(
    winner: Kept, description: Description, stored: optuna.Study, study: str | None
) -> Architecture:
    """Return the user's own network, from the study file that was named on the command line."""
    from nia_optuna.cli.kept import PredictError
    from nia_optuna.load import load
    from nia_optuna.search.failure import reason
    from nia_optuna.search.identity import stable_repr, without_addresses
    from nia_optuna.search.ledger import Ledger

    if study is None:
        raise PredictError(
            f"the network of study {winner.study!r} is the study file's own: "
            "name that file with --study STUDY.py"
        )
    made = load(study)
    trial = next(t for t in stored.get_trials(deepcopy=False) if t.number == winner.trial)
    try:
        recipe = Ledger(made, stored).recipe_of(trial)
    except Exception as error:  # a study file may raise anything
        raise PredictError(
            f"{study} makes no recipe of trial {winner.trial}: {reason(error)}"
        ) from error
    # The weights alone do not tell: another activation has the same ones.
    if stable_repr(recipe) != without_addresses(description.recipe):
        raise PredictError(
            f"{study} makes another recipe of trial {winner.trial} than the one that was trained: "
            "name the file as it was then"
        )
    return recipe.model


def _drawn(winner: Kept, picture: NDArray[np.uint8], index: int, given: Path | None) -> Path | None:
    """Write a test picture to look at; return where, None for one that no PNG can show."""
    from nia_optuna.cli.kept import PredictError
    from nia_optuna.cli.picture_files import png
    from nia_optuna.training.checkpoints import write

    content = png(picture)
    if content is None:
        if given is not None:
            raise PredictError(f"a PNG has 1 or 3 channels, this picture has {len(picture)}")
        return None
    file = given or Path("predictions") / f"{winner.study}-{index}.png"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write(file, content)
    except OSError as error:  # it may name a file that is none of the user's
        if error.errno in FULL:
            raise OSError(error.errno, error.strerror, str(file)) from error
        raise PredictError(f"{file} cannot be written: {error.strerror}") from error
    return file


def _say(answer: ClassAnswer | NumberAnswer, winner: Kept) -> None:
    from nia_optuna.cli.predicted import ClassAnswer

    typer.echo(answer.words(winner.dataset))
    if isinstance(answer, ClassAnswer) and answer.png is not None:
        typer.echo(f"picture: {answer.png}")
