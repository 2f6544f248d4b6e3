"""What is raised where data cannot be had or used."""

from __future__ import annotations


class DataError(ValueError):
    """Data that cannot be had or used: one line says what was tried and what to do."""


class UnavailableError(DataError):
    """Data that were rightly asked for, and could not be fetched, or not be kept, here."""
