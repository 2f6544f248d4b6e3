"""In which unit an axis of time is read best."""

_MINUTES = 180.0  # seconds from which on minutes are read better
_HOURS = 5 * 3600.0


def unit(seconds: float) -> tuple[float, str]:
    """Return how many seconds the unit has, and its name, for an axis of that length."""
    if seconds < _MINUTES:
        return 1.0, "seconds"
    return (60.0, "minutes") if seconds < _HOURS else (3600.0, "hours")
