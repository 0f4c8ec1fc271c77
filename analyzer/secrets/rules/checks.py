"""Checks of one match each: checksums, structures, shapes. A failed checksum weakens a finding, it never hides one.

Sources: GitHub's and npm's token formats (CRC-32 of the body in base 62, six digits; GitHub blog "Behind GitHub's new
authentication token formats"), RFC 7519 (JWT), secrets-notes.md 1a.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from itertools import pairwise
from typing import Final

from analyzer.secrets import shapes
from analyzer.secrets.rules.rule import Hit, Verdict

_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def base62_crc32(body: str) -> str:
    """Return the CRC-32 of ``body`` as six base-62 digits, as GitHub and npm append it."""
    number = zlib.crc32(body.encode())
    digits = ""
    while number:
        number, rest = divmod(number, 62)
        digits = _BASE62[rest] + digits
    return digits.rjust(6, "0")


def crc_of_body(hit: Hit) -> Verdict:
    """``ghp_`` + 30 + 6: the last six characters are the CRC-32 of the thirty before them."""
    body = hit.value.rpartition("_")[2]
    return "ok" if base62_crc32(body[:-6]) == body[-6:] else "weak"


def decode_base64(text: str) -> bytes | None:
    """Return what base64 text of either alphabet decodes to, padding optional, or None if it is none."""
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    if len(plain) % 4 == 1:
        plain = plain[:-1]
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def jwt_header(hit: Hit) -> Verdict:
    """The first part of a JWT is a JSON object that names its algorithm."""
    try:
        header = json.loads(decode_base64(hit.value.partition(".")[0]) or b"")
    except (ValueError, RecursionError):
        return "weak"
    return "ok" if isinstance(header, dict) and isinstance(header.get("alg"), str) else "weak"


def not_clean(hit: Hit) -> Verdict:
    """Drop masks, placeholders and templates."""
    return "drop" if shapes.is_clean(hit.value) else "ok"


def has_digit(hit: Hit) -> Verdict:
    """A made-up token of this length without any digit is a word."""
    return "ok" if any(c.isdigit() for c in hit.value) else "drop"


def varied(hit: Hit) -> Verdict:
    """Drop ``AAAA...`` and the alphabet: documentation, padding, a bomb's filling."""
    tail = hit.value[-24:]
    if len(set(tail)) < min(6, len(tail)):
        return "drop"
    steps = {ord(b) - ord(a) for a, b in pairwise(tail)}
    return "drop" if len(steps) == 1 else "ok"


def random_looking(hit: Hit) -> Verdict:
    """Drop words, paths and plain data where only something made by a machine can be meant."""
    return "ok" if shapes.is_random(hit.value) else "drop"


def no_example(hit: Hit) -> Verdict:
    """Vendors' own documentation examples say so (``AKIAIOSFODNN7EXAMPLE``)."""
    return "drop" if "EXAMPLE" in hit.value.upper() else "ok"


def basic_pair(hit: Hit) -> Verdict:
    """Basic credentials decode to ``user:password`` in printable text."""
    decoded = decode_base64(hit.value)
    if decoded is None or b":" not in decoded:
        return "drop"
    try:
        user, _, password = decoded.decode().partition(":")
    except UnicodeDecodeError:
        return "drop"
    return "ok" if (user + password).isprintable() and password and not shapes.is_clean(password) else "drop"


def plain_sasl(hit: Hit) -> Verdict:
    r"""SASL PLAIN decodes to ``[authzid] NUL user NUL password`` (RFC 4616)."""
    decoded = decode_base64(hit.value)
    if decoded is None or decoded.count(b"\0") != 2:
        return "drop"
    return "ok" if decoded.rpartition(b"\0")[2] else "drop"


def password_of_pair(value: str) -> tuple[str, tuple[str, ...]]:
    """Return the password of base64 ``user:password``."""
    return (decode_base64(value) or b"").decode("utf-8", "replace").partition(":")[2], ("base64",)


def password_of_sasl(value: str) -> tuple[str, tuple[str, ...]]:
    """Return the password of base64 SASL PLAIN."""
    return (decode_base64(value) or b"").rpartition(b"\0")[2].decode("utf-8", "replace"), ("base64",)


def pem_body(hit: Hit) -> Verdict:
    """A private key's body is base64 that starts with a DER sequence, or an OpenSSH or encrypted body."""
    body = "".join(hit.value.split())
    if len(body) < 40:
        return "drop"
    return "ok" if len(set(body)) > 12 else "drop"
