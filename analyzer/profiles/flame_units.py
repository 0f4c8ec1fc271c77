"""Values of profiles as people read them in pictures: one number in three digits or so, and a unit."""

from __future__ import annotations

from analyzer.profiles.units import FAMILIES

_SILENT = ("", "count")


def scale(unit: str, largest: float) -> tuple[float, str]:
    """Return (divisor, suffix) that turn values of ``unit`` up to ``largest`` into readable ones.

    ``scale("nanoseconds", 2.5e9)`` is ``(1e9, "s")``; an unknown unit, and ``count``, stay as they are.
    """
    for family in FAMILIES:
        if known := family.find(unit):
            fitting = family.fitting(abs(largest) * known.factor) or family.units[0]
            return fitting.factor / known.factor, fitting.name
    return 1.0, "" if unit in _SILENT else unit


def amount(value: float, unit: str) -> str:
    """Return one value with its unit: ``1.57 s``, ``79.8 MB``, ``2,652,227``."""
    divisor, suffix = scale(unit, value)
    shown = value / divisor
    text = f"{shown:,.0f}" if abs(shown) >= 100 or shown == int(shown) else f"{shown:.3g}"
    return f"{text} {suffix}" if suffix else text


def steps(unit: str) -> list[tuple[float, str]]:
    """Return (factor, suffix) of every unit that values of ``unit`` can be shown in, smallest first."""
    for family in FAMILIES:
        if known := family.find(unit):
            return [(step.factor / known.factor, step.name) for step in family.units]
    return [(1.0, "" if unit in _SILENT else unit)]
