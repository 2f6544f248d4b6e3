"""Plain numbers → text, which know nothing of a study. Minus signs are real ones."""

_LARGE = 1000  # from here on digits behind the point say nothing


def minus(text: str) -> str:
    """Return a number's text with a real minus sign."""
    return text.replace("-", "−")  # noqa: RUF001  # a minus sign is meant


def digits(value: float, most: int = 4) -> str:
    """Return that many significant digits, zeros included: "22.50", "0.4500", "1432"."""
    return minus(f"{value:#.{most}g}".rstrip("."))


def number(value: float) -> str:
    """Return "0.0632", "21.63", "48,210": four digits, and no power of ten above."""
    return minus(f"{value:,.0f}" if abs(value) >= _LARGE else f"{value:.4g}")


def short(value: float) -> str:
    """Return three digits, zeros left out: "0.1", "0.00193"."""
    return minus(f"{value:.3g}")


def percent(part: float) -> str:
    """Return a part of 1 with one digit: "5.0 %"."""
    return minus(f"{100 * part:.1f} %")


def share(part: float) -> str:
    """Return a part of 1 in whole per cent: "12 %"."""
    return minus(f"{100 * part:.0f} %")


def times(count: int) -> str:
    """Return "once", "49 times"."""
    return "once" if count == 1 else f"{count:,} times"
