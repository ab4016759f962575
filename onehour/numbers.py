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


def minutes_text(value: float | None, *, sign: bool = False, slack: float | None = None) -> str:
    """Return minutes with one decimal; a dash where there is none.

    With a sign they get a second decimal where they would round to nought, and so do times whose `slack`
    would: one second over a limit is over it.
    """
    if value is None or lacks(value):
        return DASH
    digits = _digits(value if sign else slack)
    return f"{value:+.{digits}f}" if sign else f"{value:.{digits}f}"


def signed_text(value: float | None, digits: int = 1) -> str:
    """Return minutes with a sign of its full width; a dash where there is none."""
    if value is None or lacks(value):
        return DASH
    return f"{value:+.{max(digits, _digits(value))}f}".replace("-", "−")


def _digits(slack: float | None) -> int:
    """Return the decimals by which a slack is seen, 1 or 2."""
    return 2 if slack is not None and slack and round(slack, 1) == 0 else 1


def share_text(value: float | None) -> str:
    """Return a share in per cent; a dash where there is none."""
    return DASH if value is None or lacks(value) else f"{100 * value:.0f} %"
