"""A study file on a machine that has not got it: recipes may hold values of its classes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nia_optuna.load import module_name, studies_in


@dataclass(frozen=True)
class StudyFiles:
    """A study file and those of its neighbours that it has imported, as they are.

    `module` is the name that its classes go by where it came from; `texts` are named by their path
    below its folder.
    """

    name: str
    module: str
    texts: Mapping[str, bytes]

    def load(self, folder: Path) -> None:
        """Write the files into a folder and run the study there, under both of its names.

        Raises LoadError and OSError.
        """
        for name, text in self.texts.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text)
        file = (folder / self.name).resolve()
        studies_in(file)
        sys.modules[self.module] = sys.modules[module_name(file)]


def study_files(path: Path) -> StudyFiles:
    """Return a study file that was loaded here, with what it needs to be loaded elsewhere.

    Neighbours are modules found beside it; what is installed is expected elsewhere, too.
    """
    file = path.resolve()
    texts = {file.name: file.read_bytes()}
    for name, module in sys.modules.copy().items():
        place = getattr(module, "__file__", None)
        below = Path(*name.split("."))
        for beside in (below.with_suffix(".py"), below / "__init__.py"):
            if place == str(file.parent / beside) and below.parts[0] != "nia_optuna":
                texts[beside.as_posix()] = Path(place).read_bytes()
    return StudyFiles(file.name, module_name(file), texts)
