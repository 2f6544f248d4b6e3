"""A hundred random kills of trainers and coordinators: the soak, by the count of its kills."""

from pathlib import Path

import pytest

from benchmarks.soak.killer import Pace
from benchmarks.soak.ordeal import Place, soak
from benchmarks.soak.result import result

KILLS = 50  # in each storage
PACE = Pace(seconds=0.7, coordinators=0.15)


@pytest.mark.slow
@pytest.mark.parametrize(("storage", "coordinators"), [("sqlite", 1), ("postgresql", 2)])
def test_fifty_random_kills_lose_nothing_and_leave_the_database_whole(
    storage: str, coordinators: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/runs/studies.db"
    if storage == "postgresql":
        url = request.getfixturevalue("postgres_url")
    place = Place(url, tmp_path, (coordinators,))
    found = result(storage, place, soak(place, PACE, 0, lambda kills: kills >= KILLS))
    assert found.wrong == []
    assert found.trainers_killed + found.coordinators_killed == KILLS
    assert min(found.trainers_killed, found.coordinators_killed) > 0
    assert storage == "postgresql" or not found.leftovers
