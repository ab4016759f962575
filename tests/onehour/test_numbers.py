"""Numbers as people read them."""

import pytest

from onehour.numbers import DASH, minutes_text, share_text, signed_text


@pytest.mark.parametrize(
    ("minutes", "limit", "total", "slack"),
    [
        (60, 60, "60.0", "+0.0"),
        (60 + 1 / 60, 60, "60.02", "-0.02"),  # one second over is over
        (60 - 1 / 60, 60, "59.98", "+0.02"),
        (60.05, 60, "60.05", "-0.05"),
        (61.26, 60, "61.3", "-1.3"),
        (float("nan"), 60, DASH, DASH),
    ],
)
def test_a_time_is_seen_to_be_over_its_limit(minutes, limit, total, slack):
    assert minutes_text(minutes, slack=limit - minutes) == total
    assert minutes_text(limit - minutes, sign=True) == slack
    assert signed_text(limit - minutes) == slack.replace("-", "−")


def test_other_numbers():
    assert minutes_text(12.34) == "12.3"
    assert signed_text(-12.346, 2) == "−12.35"
    assert (minutes_text(None), signed_text(None), share_text(None), share_text(0.125)) == (
        DASH,
        DASH,
        DASH,
        "12 %",
    )
