"""Augmented pictures are the same pictures, moved."""

import torch
from torch.nn import functional

from nia_optuna.training.augmentation import augmentation

PICTURES = torch.randint(1, 256, (200, 3, 6, 8), dtype=torch.uint8)


def test_nothing_asked_is_nothing_done() -> None:
    assert augmentation(()) is None


def test_flip_mirrors_about_half_of_the_pictures() -> None:
    flip = augmentation(("flip",))
    assert flip is not None
    flipped = flip(PICTURES)
    same = (flipped == PICTURES).flatten(1).all(1)
    mirrored = (flipped == PICTURES.flip(3)).flatten(1).all(1)
    assert bool((same ^ mirrored).all())
    assert 50 < int(mirrored.sum()) < 150


def test_crop_moves_each_picture_by_up_to_four_pixels() -> None:
    crop = augmentation(("crop",))
    assert crop is not None
    cropped = crop(PICTURES)
    padded = functional.pad(PICTURES, (4, 4, 4, 4))
    found = torch.zeros(len(PICTURES), dtype=torch.int64)
    places = set()
    for y in range(9):
        for x in range(9):
            same = (cropped == padded[:, :, y : y + 6, x : x + 8]).flatten(1).all(1)
            found += same
            if same.any():
                places.add((y, x))
    assert bool((found == 1).all())
    assert len(places) > 60


def test_both_keep_size_type_and_count() -> None:
    both = augmentation(("flip", "crop"))
    assert both is not None
    moved = both(PICTURES)
    assert moved.shape == PICTURES.shape
    assert moved.dtype == torch.uint8
