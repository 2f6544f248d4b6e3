"""What a data set's fingerprint tells apart, and what it does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nia_optuna.data import Part, Synthetic
from nia_optuna.data.dataset import Decoded, fingerprint
from nia_optuna.data.synthetic import make_synthetic

SYNTHETIC = "sha256:112f3d3a5db871a5389f440b8b7e3680877e18d9a21c030eeb885c8dd656aa92"
TABLE_DIGEST = "sha256:29508feae730966610bb1c209c20898976b1c7e24364822ccdd19c639637ecfa"
ROWS = Part(np.array([[1.5, -2], [3, 4]], np.float32), np.array([0.5, 7], np.float32))
TABLE = Decoded((), ROWS, ROWS)


def test_that_of_pictures_is_the_one_it_always_was() -> None:
    assert fingerprint(make_synthetic(Synthetic())) == SYNTHETIC


def test_that_of_rows_is_of_little_endian_float32() -> None:
    assert fingerprint(TABLE) == TABLE_DIGEST


def test_it_is_the_same_on_a_machine_that_counts_from_the_other_end() -> None:
    other = Part(ROWS.inputs.astype(">f4"), ROWS.targets.astype(">f4"))
    assert fingerprint(Decoded((), other, other)) == TABLE_DIGEST


@pytest.mark.parametrize("what", ["inputs", "targets"])
def test_another_number_is_another_fingerprint(what: str) -> None:
    changed = getattr(ROWS, what).copy()
    changed.flat[0] += 1e-6
    assert fingerprint(replace(TABLE, test=replace(ROWS, **{what: changed}))) != TABLE_DIGEST


def test_the_way_of_visiting_the_examples_is_none_of_it() -> None:
    in_turn = replace(ROWS, shards=np.array([0, 1]))
    assert fingerprint(replace(TABLE, train=in_turn)) == TABLE_DIGEST
