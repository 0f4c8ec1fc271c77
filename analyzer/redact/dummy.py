"""Example strings: same length, same character classes, special characters in place; nothing of the secret.

A password's ``%``, ``#`` or ``@`` is often the very fault that support looks for, and text of another length or class
makes a configuration or a log unreadable. So letters become letters of the same case, digits digits, the rest stays.
The letters spell ``example`` first (``analyzer/format/dummies.py``), the others come from an HMAC of the secret with a
key of this run, so the same secret has one example string in every file, and nobody can guess back.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
import unicodedata
from collections.abc import Collection, Iterator
from functools import lru_cache
from itertools import cycle
from typing import Final

from analyzer.format.dummies import DIGITS, FEWEST, MARK
from analyzer.secrets.shapes import is_example

# what tells the kind of a token stays, so that a reader still sees what stood there
_PREFIX = re.compile(
    r"gh[pousr]_|github_pat_|glpat-|xox[a-z](?:-\d+)?-|xapp-\d-|[sr]k_(?:live|test)_|sk-(?:ant-|proj-)?|AKIA|ASIA|SG\.|npm_|AIza"
    r"|ya29\.|hf_|dop_v1_|shp(?:at|ss|ca|pa)_|pypi-|eyJ[A-Za-z0-9_-]*\."
)
_ARMOUR = re.compile(r"-----[A-Z0-9 ]{1,60}-----")
_BLOCK: Final = 64  # code points of one block have UTF-8 forms of one length


class Dummies:
    """Gives the example string of each secret; one object a packet.

    Args:
        key: secret key of the HMAC; random without one, so that two packets share no example string.
        mask: asterisks of the same length instead.
    """

    def __init__(self, key: bytes | None = None, *, mask: bool = False) -> None:
        self._key = key or secrets.token_bytes(32)
        self._mask = mask
        self._made: dict[str, str] = {}
        self._taken: set[str] = set()

    def __repr__(self) -> str:
        return f"<example strings for {len(self._made)} secrets>"

    def __contains__(self, value: object) -> bool:
        """Whether ``value`` is an example string that was given."""
        return value in self._taken

    @property
    def given(self) -> Collection[str]:
        """Every example string that was given."""
        return frozenset(self._taken)

    def of(self, secret: str) -> str:
        """Return the example string of ``secret``: never the secret itself, nor another secret's as far as possible."""
        known = self._made.get(secret)
        if known is not None:
            return known
        made = "*" * len(secret)
        if not self._mask and sum(c.isalnum() for c in secret) >= FEWEST:
            free: list[str] = []
            for attempt in range(20):
                made = _dummy(secret, self._stream(secret, attempt))
                if made != secret and made not in self._taken and made not in self._made:
                    free.append(made)
                    if _plain(made):
                        break
            made = made if not free or _plain(made) else free[0]
            if made == secret:
                made = "*" * len(secret)
        self._made[secret] = made
        self._taken.add(made)
        return made

    def _stream(self, secret: str, attempt: int) -> Iterator[int]:
        counter = 0
        while True:
            message = b"%d.%d." % (attempt, counter) + secret.encode("utf-8", "surrogatepass")
            yield from hmac.new(self._key, message, hashlib.sha256).digest()
            counter += 1


# a percent sign and two digits that a URL's reader would take for one of its separators
_SEPARATOR = re.compile(r"%(?:23|2f|3a|3f|40)", re.IGNORECASE)


def _plain(made: str) -> bool:
    """Whether nobody will take an example string for something else: a year by hand, a part of a URL."""
    return is_example(made) and not _SEPARATOR.search(made)


def _dummy(secret: str, stream: Iterator[int]) -> str:
    kept = _kept(secret)
    letters = sum(c in string.ascii_letters for i, c in enumerate(secret) if i not in kept)
    marks = iter(MARK if letters >= FEWEST else "")
    digits = cycle(DIGITS)
    out = []
    for position, char in enumerate(secret):
        if position in kept or not char.isalnum():
            out.append(char)
        elif char in string.ascii_letters:
            letter = next(marks, None) or chr(97 + next(stream) % 26)
            out.append(letter.upper() if char.isupper() else letter)
        elif char in string.digits:
            if letters < FEWEST:
                out.append(next(digits))
            else:
                out.append(str(next(stream) % 10))
        else:
            pool = _alike(ord(char))
            out.append(pool[next(stream) % len(pool)])
    return "".join(out)


def _kept(secret: str) -> set[int]:
    """Return the positions that stay: a token's prefix, a PEM's first and last line."""
    kept: set[int] = set()
    prefix = _PREFIX.match(secret)
    if prefix and len(secret) - prefix.end() >= 2 * FEWEST:
        kept.update(range(prefix.end()))
    for line in _ARMOUR.finditer(secret):
        kept.update(range(*line.span()))
    return kept


@lru_cache(maxsize=4096)
def _alike(code: int) -> str:
    """Return the characters of the same block and category: their UTF-8 forms are of one length."""
    start = code - code % _BLOCK
    kind = unicodedata.category(chr(code))
    return "".join(
        chr(c)
        for c in range(start, start + _BLOCK)
        if unicodedata.category(chr(c)) == kind
        and len(chr(c).encode("utf-8", "surrogatepass")) == len(chr(code).encode("utf-8", "surrogatepass"))
    )
