"""Small helpers for the frames of parts; importing this does not import pandas."""

from __future__ import annotations

from datetime import UTC, datetime

from analyzer.parts.scalars import EPOCH


def utc(when: datetime | None) -> datetime | None:
    """Return a time in UTC without sub-day surprises; None for no time and for the epoch, which means never."""
    if when is None or when == EPOCH:
        return None
    try:
        return when.astimezone(UTC)
    except OverflowError:  # the year 1 or 9999 with an offset
        return None
