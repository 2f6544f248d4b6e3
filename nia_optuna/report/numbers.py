"""Plain numbers → words: losses and targets, which have no unit that a study knows of."""

_LARGE = 1000  # from here on digits behind the point say nothing


def number(value: float) -> str:
    """Return "0.0632", "21.63", "48,210": four digits, and no power of ten above."""
    shown = f"{value:,.0f}" if abs(value) >= _LARGE else f"{value:.4g}"
    return shown.replace("-", "−")  # noqa: RUF001  # a minus sign is meant


def percent(part: float) -> str:
    """Return a part of 1 with one digit: "5.0 %"."""
    return f"{100 * part:.1f} %"


def times(count: int) -> str:
    """Return "once", "49 times"."""
    return "once" if count == 1 else f"{count:,} times"
