"""The demonstration's clock is never ahead of the real one."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cli.demo import past

UNTIL = date(2026, 11, 24)


@pytest.mark.parametrize("minute", range(0, 24 * 60, 37))
def test_the_last_push_has_come_by_now(minute: int) -> None:
    now = datetime(2026, 11, 26, tzinfo=UTC) + timedelta(minutes=minute)
    clock = past.Clock(UNTIL, past.last_day(now) - UNTIL)
    heard = [clock() for _ in range(600)]
    assert heard == sorted(set(heard))
    assert now - timedelta(days=2) < heard[0] < heard[-1] <= now
