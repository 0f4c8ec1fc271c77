"""Values of profiles as people read them: one number and a unit, in three digits or so."""

from __future__ import annotations

_TIME = ((1.0, "ns"), (1e3, "µs"), (1e6, "ms"), (1e9, "s"), (3.6e12, "h"))
_BYTES = ((1.0, "B"), (1024.0, "kB"), (1024.0**2, "MB"), (1024.0**3, "GB"), (1024.0**4, "TB"))
_TO_NS = {
    "nanoseconds": 1.0,
    "ns": 1.0,
    "microseconds": 1e3,
    "us": 1e3,
    "milliseconds": 1e6,
    "ms": 1e6,
    "seconds": 1e9,
    "s": 1e9,
}
_TO_BYTES = {
    "bytes": 1.0,
    "byte": 1.0,
    "b": 1.0,
    "kilobytes": 1024.0,
    "kb": 1024.0,
    "megabytes": 1024.0**2,
    "mb": 1024.0**2,
}


def scale(unit: str, largest: float) -> tuple[float, str]:
    """Return (divisor, suffix) that turn values of ``unit`` up to ``largest`` into readable ones.

    ``scale("nanoseconds", 2.5e9)`` is ``(1e9, "s")``; an unknown unit, and ``count``, stay as they are.
    """
    lowered = unit.lower()
    for factors, steps in ((_TO_NS, _TIME), (_TO_BYTES, _BYTES)):
        if lowered in factors:
            factor = factors[lowered]
            divisor, suffix = max((step for step in steps if step[0] <= abs(largest) * factor), default=steps[0])
            return divisor / factor, suffix
    return 1.0, "" if lowered in ("", "count") else unit


def amount(value: float, unit: str) -> str:
    """Return one value with its unit: ``1.57 s``, ``79.8 MB``, ``2,652,227``."""
    divisor, suffix = scale(unit, value)
    shown = value / divisor
    text = f"{shown:,.0f}" if abs(shown) >= 100 or shown == int(shown) else f"{shown:.3g}"
    return f"{text} {suffix}" if suffix else text
