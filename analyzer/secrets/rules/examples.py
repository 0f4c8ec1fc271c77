"""Turning the examples beside a rule into text: made-up parts are filled in, the marked secret is taken out.

Nothing here resembles a live token until it is expanded, so no file of this project trips another scanner.
"""

from __future__ import annotations

import base64
import json
import random
import re
import string
import uuid
from typing import Final

from analyzer.secrets.rules.checks import base62_crc32

_PART = re.compile(r"«(?P<what>[A-Za-z]+?)(?P<size>\d*)»")
_LOWER: Final = string.ascii_lowercase + string.digits
_ALPHABETS: Final = {
    "A": string.ascii_letters + string.digits,
    "L": string.ascii_letters,
    "a": _LOWER,
    "h": "0123456789abcdef",
    "d": string.digits,
    "U": string.ascii_uppercase + "234567",
    "B": string.ascii_letters + string.digits + "+/",
    "K": string.ascii_letters + string.digits + "+/",
    "W": string.ascii_letters + string.digits + "-_",
    "X": "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
    "m": "ybndrfg8ejkmcpqxot1uwisza345h769",
}
_SPECIAL: Final = "!$*+.=~^"


def made_up(what: str, size: int, rng: random.Random) -> str:
    """Return one made-up part; see :mod:`analyzer.secrets.rules.rule` for the letters.

    Raises:
        KeyError: ``what`` names no kind of part.
    """
    if what == "C":
        body = [rng.choice(_ALPHABETS["A"]) for _ in range(size - 2)]
        body.insert(rng.randrange(1, len(body)), rng.choice(_SPECIAL[:4]))
        body.insert(rng.randrange(1, len(body) - 1), rng.choice(string.digits))
        return "".join(body)
    if what in {"github", "npm"}:
        body30 = "".join(rng.choices(_ALPHABETS["A"], k=30))
        return body30 + base62_crc32(body30)
    if what == "uuid":
        return str(uuid.UUID(int=rng.getrandbits(128), version=4))
    if what == "jwt":
        parts = [{"alg": "HS256", "typ": "JWT"}, {"sub": made_up("a", 12, rng), "iat": rng.randrange(10**9)}]
        encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
        return ".".join([*encoded, made_up("W", 43, rng)])
    if what == "basic":
        return base64.b64encode(f"admin:{made_up('C', 13, rng)}".encode()).decode()
    if what == "login":
        return base64.b64encode(made_up("C", 12, rng).encode()).decode()
    if what == "sasl":
        return base64.b64encode(f"\0mm\0{made_up('C', 12, rng)}".encode()).decode()
    first = rng.choice(_ALPHABETS[what].replace("-", "").replace("_", "").replace("+", "").replace("/", ""))
    rest = "".join(rng.choices(_ALPHABETS[what], k=size - 1))
    # an end in a separator would be cut as punctuation, and a digit must be there as in nearly every real one
    made = first + rest
    if what in {"B", "K", "W"}:
        made = made[:-1] + rng.choice(_LOWER)
    if what != "L" and size > 5 and not any(c.isdigit() for c in made):
        middle = size // 2
        made = made[:middle] + rng.choice("34567") + made[middle + 1 :]
    return made


def expand(example: str, rng: random.Random) -> tuple[str, str]:
    """Return an example's text without marks, and the secret that was marked (empty if none)."""

    def fill(found: re.Match[str]) -> str:
        return made_up(found["what"], int(found["size"] or 0), rng)

    text = _PART.sub(fill, example)
    start = text.find("[[")
    if start < 0:
        return text, ""
    if text.startswith("[[[", start):  # a list's own bracket stands before the mark
        start += 1
    end = text.find("]]", start)
    return text[:start] + text[start + 2 : end] + text[end + 2 :], text[start + 2 : end]
