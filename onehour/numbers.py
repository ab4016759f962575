"""Numbers as people read them, and numbers that may be missing."""

from __future__ import annotations

DASH = "–"
"""What stands where there is no number."""


def lacks(value: float | None) -> bool:
    """Whether there is no number: None or NaN."""
    return value is None or value != value  # noqa: PLR0124 - NaN


def number_or(value: float | None, blank: float) -> float:
    """Return a number, `blank` where there is none."""
    return blank if value is None or lacks(value) else float(value)


def minutes_text(value: float | None, *, sign: bool = False) -> str:
    """Return minutes with one decimal; a dash where there is none."""
    if lacks(value):
        return DASH
    return f"{value:+.1f}" if sign else f"{value:.1f}"


def signed_text(value: float | None, digits: int = 1) -> str:
    """Return minutes with a sign of its full width; a dash where there is none."""
    return DASH if lacks(value) else f"{value:+.{digits}f}".replace("-", "−")


def share_text(value: float | None) -> str:
    """Return a share in per cent; a dash where there is none."""
    return DASH if value is None or lacks(value) else f"{100 * value:.0f} %"
