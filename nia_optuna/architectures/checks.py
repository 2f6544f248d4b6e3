"""What settings and inputs of networks must satisfy; a check raises ValueError in one line."""

from __future__ import annotations


def check_widths(name: str, widths: object, count: int | None = None) -> None:
    """Accept a tuple of whole numbers of at least 1: `count` of them where it is given."""
    whole = isinstance(widths, tuple) and all(_whole(width) for width in widths)
    if not isinstance(widths, tuple) or not whole or count not in {None, len(widths)}:
        numbers = "whole numbers" if count is None else f"{count} whole numbers"
        raise ValueError(f"{name}={widths!r} must be a tuple of {numbers} of at least 1")


def check_dropout(name: str, dropout: object) -> None:
    """Accept a probability in [0, 1)."""
    if not isinstance(dropout, int | float) or not 0 <= dropout < 1:
        raise ValueError(f"{name}={dropout!r} must be a number in [0, 1)")


def check_kernel(kernel: object) -> None:
    """Accept an odd whole number: only such a kernel keeps the size of a picture."""
    if not _whole(kernel) or int(str(kernel)) % 2 == 0:
        raise ValueError(f"kernel={kernel!r} must be an odd whole number")


def check_switch(name: str, switch: object) -> None:
    """Accept True and False, and nothing that merely counts as one of them."""
    if not isinstance(switch, bool):
        raise ValueError(f"{name}={switch!r} must be True or False")  # noqa: TRY004


def picture(network: str, shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Return channels, height and width; refuse, for `network`, a shape that is no picture's."""
    if len(shape) != 3:  # noqa: PLR2004  # channels, height, width
        raise ValueError(f"{network} needs pictures (channels, height, width), not shape {shape}")
    channels, height, width = shape
    return channels, height, width


def halvable(network: str, shape: tuple[int, ...], blocks: int) -> tuple[int, int, int]:
    """Return channels, height and width of a picture of which `blocks` halvings leave something."""
    channels, height, width = picture(network, shape)
    if min(height, width) < 2**blocks:
        raise ValueError(
            f"{network} of {blocks} blocks needs pictures of at least {2**blocks}x{2**blocks}, "
            f"not {height}x{width}: use fewer"
        )
    return channels, height, width


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
