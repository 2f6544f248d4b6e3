"""Weights in a file: written whole or not at all, read or refused in one line."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import nn


class CheckpointError(RuntimeError):
    """A checkpoint that cannot be read: said in one line."""


def save(path: Path, model: nn.Module, metadata: Mapping[str, str]) -> None:
    """Write the weights of `model` and `metadata` to `path` as safetensors, mode 0600.

    A reader sees the old file or the new one, never a part. Raises OSError.
    """
    # Copies: safetensors wants neither a foreign memory format nor two names for one tensor.
    tensors = {
        name: tensor.detach().cpu().contiguous().clone()
        for name, tensor in model.state_dict().items()
    }
    write(path, to_bytes(tensors, dict(metadata)))


def write(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 whole or not at all. Raises OSError."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def load(path: Path, model: nn.Module) -> dict[str, str]:
    """Fill `model` with the weights at `path` and return the metadata beside them.

    Raises CheckpointError where the file is missing, broken, or of another network.
    """
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            metadata = file.metadata() or {}
    except FileNotFoundError as error:
        raise CheckpointError(f"there is no checkpoint {path}") from error
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path} is not a readable checkpoint: {_line(error)}") from error
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:
        raise CheckpointError(f"{path} holds the weights of another network") from error
    return metadata


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
