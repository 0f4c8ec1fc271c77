"""Floats as Go writes them: shortest digits that read back, in Go's choice of notation.

Checked against Go's output (``tests/parts/data/go_output.json``).
"""

from __future__ import annotations

from decimal import Decimal


def _shortest(value: float) -> tuple[str, str, int]:
    """Return sign, shortest digits, and the decimal exponent of the first digit."""
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits))
    bare = text.rstrip("0") or "0"
    power = 0 if bare == "0" else len(text) - 1 + exponent
    return "-" if sign else "", bare, power


def _plain(sign: str, digits: str, power: int) -> str:
    if power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{digits}"
    whole = digits[: power + 1].ljust(power + 1, "0")
    rest = digits[power + 1 :]
    return f"{sign}{whole}.{rest}" if rest else sign + whole


def _scientific(sign: str, digits: str, power: int, width: int) -> str:
    mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{sign}{mantissa}e{'-' if power < 0 else '+'}{abs(power):0{width}d}"


def general(value: float) -> str:
    """Return a finite float as ``strconv.FormatFloat(v, 'g', -1, 64)``: exponent below 1e-4 and from 1e6 on."""
    sign, digits, power = _shortest(value)
    return _scientific(sign, digits, power, 2) if not -4 <= power < 6 else _plain(sign, digits, power)


def in_json(value: float) -> str:
    """Return a finite float as ``encoding/json`` does: exponent only below 1e-6 and from 1e21, unpadded."""
    sign, digits, power = _shortest(value)
    if value and not 1e-6 <= abs(value) < 1e21:
        return _scientific(sign, digits, power, 1)
    return _plain(sign, digits, power)
