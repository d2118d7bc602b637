"""Days as people in Vietnam count them: a phone that sends at 23:00 has sent today, whatever day it is in UTC."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7))  # the whole country, without summer time


def day_of(moment: datetime) -> date:
    """The day in Vietnam on which an aware moment lies."""
    return moment.astimezone(VIETNAM).date()
