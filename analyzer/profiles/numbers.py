"""Arithmetic as Go does it: int64, quotients cut towards zero."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SIGN = 1 << 63
_WRAP = 1 << 64


def wrap(value: int) -> int:
    """Return an integer modulo 2**64, as int64 holds it."""
    return (value + _SIGN) % _WRAP - _SIGN


def truncated(value: float) -> int:
    """Return a float as int64; what does not fit becomes the smallest int64, as on amd64."""
    if math.isnan(value) or not -float(_SIGN) <= value < float(_SIGN):
        return -_SIGN
    return int(value)


def truncated_quotient(value: int, divisor: int) -> int:
    """Return ``value / divisor`` cut towards zero."""
    quotient = abs(value) // abs(divisor)
    return quotient if (value < 0) == (divisor < 0) else -quotient


def first_of_each(keys: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return the first row of every distinct key, in the order of the keys.

    ``np.unique`` does the same, but its first call imports ``numpy.ma``, which costs a short run 40 ms.
    """
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    fresh = np.ones(len(keys), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=fresh[1:])
    return np.asarray(order[fresh], np.int64)


def means(values: NDArray[np.int64], divisors: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return values divided one by one, cut towards zero; a divisor of 0 leaves the value as it is."""
    safe = np.where(divisors == 0, 1, divisors)
    quotient = np.abs(values) // np.abs(safe)
    return np.where((values < 0) == (safe < 0), quotient, -quotient)
