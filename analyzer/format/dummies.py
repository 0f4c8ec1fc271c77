"""The mark of an example string that stands where a secret was: letters that spell ``example``.

Written by ``analyzer/redact``; whoever looks for secrets can tell such a string from a real one by :func:`is_dummy`.
"""

from __future__ import annotations

import re
from typing import Final

MARK: Final = "example"
DIGITS: Final = "1234567890"
FEWEST: Final = 3
"""So few letters or digits carry no mark."""

_NO_LETTER = re.compile(r"[^A-Za-z]+")
_NO_DIGIT = re.compile(r"[^0-9]+")


def is_dummy(value: str) -> bool:
    """Whether ``value`` is an example string: its letters hold ``example``, or are the start of it, in any case.

    With fewer than three letters its digits count up from 1 instead.
    """
    letters = _NO_LETTER.sub("", value).lower()
    if MARK in letters:
        return True
    if len(letters) >= FEWEST:
        return MARK.startswith(letters)
    digits = _NO_DIGIT.sub("", value)
    return len(digits) >= FEWEST and (DIGITS * (len(digits) // 10 + 1)).startswith(digits)
