"""Timestamps of many lines at once, in the server's own layout; see ``times.parse_time`` for all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from analyzer.logs.rows import NO_OFFSET, NO_TIME

if TYPE_CHECKING:
    import numpy.typing as npt

    from analyzer.logs.block import Bools, Ints

_DAY_MICROS: Final = 86_400_000_000
_STAMP: Final = b"0000-00-00 00:00:00.000 "
_DIGIT_AT: Final = [i for i, char in enumerate(_STAMP) if char == ord("0")]
_MONTH_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def read_stamps(codes: npt.NDArray[np.uint8], start: Ints, end: Ints) -> tuple[Ints, Ints, Bools]:
    """Return (microseconds, offset in minutes, is it one) of timestamps in the server's own layout.

    ``2006-01-02 15:04:05.000 Z07:00``: 25 bytes with Z, 30 with an offset. All others are none.
    """
    size = end - start
    right = (size == 25) | (size == 30)
    # one row a position, so that every step below runs over bytes that lie side by side
    at = np.where(right, start, 0)[None, :] + np.arange(30)[:, None]
    text = codes[np.minimum(at, len(codes) - 1, out=at)]
    for position, char in enumerate(_STAMP):
        if char != ord("0"):
            right &= text[position] == char
    digits = text[_DIGIT_AT] - np.uint8(ord("0"))
    right &= (digits <= 9).all(axis=0)
    whole = digits.astype(np.int32)
    year = whole[0] * 1000 + whole[1] * 100 + whole[2] * 10 + whole[3]
    month, day, hour, minute, second = (whole[i] * 10 + whole[i + 1] for i in (4, 6, 8, 10, 12))
    millis = whole[14] * 100 + whole[15] * 10 + whole[16]
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    right &= (year >= 1) & (month >= 1) & (month <= 12) & (hour < 24) & (minute < 60) & (second < 60)
    month = np.where(right, month, 1)
    right &= (day >= 1) & (day <= _MONTH_DAYS[month] + (leap & (month == 2)))
    offset, has_zone = _zones(text[24:], size)
    right &= has_zone
    of_day = ((hour * 60 + minute) * 60 + second) * 1000 + millis
    micros = _days(year, month, day).astype(np.int64) * _DAY_MICROS + of_day.astype(np.int64) * 1000
    return np.where(right, micros - offset * 60_000_000, NO_TIME), np.where(right, offset, NO_OFFSET), right


_SECONDS: Final = b":00.000 Z"
_SECOND_MARKS = np.uint64(int.from_bytes(bytes(0xFF if char != ord("0") else 0xF0 for char in _SECONDS[:8]), "little"))
_SECOND_TEXT = np.uint64(int.from_bytes(_SECONDS[:8], "little"))
_CARRY = np.uint64(int.from_bytes(bytes(0 if char != ord("0") else 6 for char in _SECONDS[:8]), "little"))
_HIGH = np.uint64(int.from_bytes(bytes(0 if char != ord("0") else 0xF0 for char in _SECONDS[:8]), "little"))


def read_many_stamps(
    codes: npt.NDArray[np.uint8], words: npt.NDArray[np.uint64], start: Ints, end: Ints
) -> tuple[Ints, Ints, Bools]:
    """Return what ``read_stamps`` does, quicker for many lines a minute: a run of one minute is read once.

    Only ``... Z`` is taken the quick way; if one timestamp is anything else, all go through ``read_stamps``.
    """
    if len(start) < 64 or not (end - start == 25).all() or not (codes[end - 1] == ord("Z")).all():
        return read_stamps(codes, start, end)
    day, minute, tail = words[start], words[start + 8], words[start + 16]
    changes = np.concatenate([[True], (day[1:] != day[:-1]) | (minute[1:] != minute[:-1])])
    first = np.flatnonzero(changes)
    digits = tail ^ _SECOND_TEXT
    plain = ((tail & _SECOND_MARKS) == (_SECOND_TEXT & _SECOND_MARKS)) & (((digits + _CARRY) & _HIGH) == 0)
    if len(first) > len(start) // 4 or not plain.all():
        return read_stamps(codes, start, end)
    value, offset, right = read_stamps(codes, start[first], end[first])
    ten, d = np.uint64(10), [(digits >> np.uint64(8 * place)) & np.uint64(0xF) for place in (1, 2, 4, 5, 6)]
    millis = (((d[0] * ten + d[1]) * ten + d[2]) * ten + d[3]) * ten + d[4]
    micros = millis.view(np.int64) * 1000
    run = np.cumsum(changes) - 1
    right = right[run] & (d[0] < 6)
    # the first of a run stands for its minute; were its seconds none, its line and the whole run are flagged
    return (
        np.where(right, value[run] - micros[first][run] + micros, NO_TIME),
        np.where(right, offset[run], NO_OFFSET),
        right,
    )


def _zones(zone: npt.NDArray[np.uint8], size: Ints) -> tuple[Ints, Bools]:
    """Return (minutes, is it one) of ``Z`` or ``+02:00``, one row a position."""
    utc = (size == 25) & (zone[0] == ord("Z"))
    offset = np.zeros(len(size), np.int64)
    far = (size == 30) & ((zone[0] == ord("+")) | (zone[0] == ord("-"))) & (zone[3] == ord(":"))
    if far.any():
        digits = zone[[1, 2, 4, 5]] - np.uint8(ord("0"))
        far &= (digits <= 9).all(axis=0)
        hours, minutes = (digits[i].astype(np.int64) * 10 + digits[i + 1] for i in (0, 2))
        far &= (hours < 24) & (minutes < 60)
        offset = np.where(far, (hours * 60 + minutes) * np.where(zone[0] == ord("-"), -1, 1), 0)
    return offset, utc | far


def _days(year: Ints, month: Ints, day: Ints) -> Ints:
    """Return days since 1970-01-01 of dates of the Gregorian calendar; years count from March."""
    shifted = year - (month <= 2)
    era = shifted // 400
    of_era = shifted - era * 400
    of_year = (153 * (month + np.where(month > 2, -3, 9)) + 2) // 5 + day - 1
    result: Ints = era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
    return result
