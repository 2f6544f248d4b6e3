"""What goes along with orders to a machine that may share no folder with the coordinator."""

from pathlib import Path

from nia_optuna.architectures import MLP
from nia_optuna.optimizer import SGD
from nia_optuna.recipe import Recipe
from nia_optuna.search.parcels import Away, pack_order
from nia_optuna.search.protocol import Run, Start, Train
from nia_optuna.training.training import Training


def test_an_unfinished_training_is_kept_where_the_folder_for_it_is_shared(tmp_path: Path) -> None:
    folder = tmp_path / "standings"
    training = Training(Recipe(MLP((4,)), SGD(lr=0.1)), epochs=1)
    order = Train((Start(Run(3, 5), 0, training, standings=folder),))
    for shared in (False, True):
        if shared:
            folder.mkdir()
        here = Away(tmp_path / "node").unpack(pack_order(order))
        assert isinstance(here, Train)
        assert here.starts[0].standings == (folder if shared else None)
