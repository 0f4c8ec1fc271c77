"""Hostile text made safe to show: a leaf that every room may use.

Every string from a packet may hold terminal escapes, line breaks or bidirectional overrides.
"""

from __future__ import annotations

import re

# C0, DEL, C1, line/paragraph separators, bidi controls, zero-width marks and lone surrogates
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escape(match: re.Match[str]) -> str:
    char = match.group()
    code = ord(char)
    return _SHORT.get(char) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


def printable(value: str, limit: int | None = None) -> str:
    """Return ``value`` with control characters written as escapes, cut to ``limit`` characters.

    A cut is marked with ``…``. The result is one line and safe on a terminal; HTML needs its own escaping.
    """
    shown = _UNSAFE.sub(_escape, value)
    if limit is not None and len(shown) > limit:
        return shown[: max(limit - 1, 0)] + "…"
    return shown


# what a terminal obeys; tab and line breaks are a CSV's own business
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(0x7F, 0xA0)) if chr(code) not in "\t\n\r"}


def without_controls(value: str) -> str:
    """Return ``value`` with control characters written as escapes, but for tabs and line breaks; for data files."""
    return value.translate(_CONTROLS)


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return ``1 line``, ``2,000 lines``: a number with its noun."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def human_bytes(size: int) -> str:
    """Return a size as people write it: ``512 B``, ``1.4 MB`` (powers of 1024)."""
    value = float(size)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if abs(value) < 1024 or unit == "TB":
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{size} B"  # pragma: no cover
