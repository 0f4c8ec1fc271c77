"""Where else in the packet a confirmed value stands, in every encoding: one pass with all values at once."""

from __future__ import annotations

import binascii
import json
import re
import string
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final

from analyzer.secrets.stream import with_last

MINIMUM: Final = 6
"""Shorter values stand in every text; they are counted where a rule confirms them."""

MAX_VALUES: Final = 2_000
_HEAD: Final = 8
_PLAIN_WORD = re.compile(r"[a-z]{1,12}\Z|[A-Z][a-z]{1,11}\Z|\d{1,9}\Z")
_JSON_SPECIAL = re.compile(r'["\\<>&]')
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]*\Z")
_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")
_ALWAYS_SAFE: Final = string.ascii_letters + string.digits + "_.-~"
_WORD_BYTES: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")


def spellings(value: str, *, wide: bool = True) -> dict[bytes, str]:
    """Return the byte strings that ``value`` can stand as, each with its encoding (empty for the value itself).

    ``wide`` adds UTF-16, which text without a NUL byte cannot hold.
    """
    raw = value.encode("utf-8", "replace")
    found: dict[bytes, str] = {raw: ""}
    if not _UNRESERVED.match(value):
        for text in _json_forms(value):
            found.setdefault(text.encode("utf-8", "replace"), "json")
        for text in _percent_forms(raw):
            found.setdefault(text.encode(), "percent")
    for packed in _base64_forms(raw):
        found.setdefault(packed, "base64")
        if b"+" in packed or b"/" in packed:
            found.setdefault(packed.translate(_URL_SAFE), "base64")
    # from the first to the last letter both byte orders are the same bytes
    if wide:
        found.setdefault(value.encode("utf-16-le", "replace")[:-1], "utf-16")
    return found


def _json_forms(value: str) -> Iterator[str]:
    """Yield ``value`` as JSON text has it: plain, as Go escapes it, in ASCII, and inside JSON in a string."""
    if value.isascii() and value.isprintable() and not _JSON_SPECIAL.search(value):
        return
    escaped = json.dumps(value, ensure_ascii=False)[1:-1]
    go = escaped.replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026")
    yield from (
        escaped,
        go,
        json.dumps(value)[1:-1],
        json.dumps(escaped, ensure_ascii=False)[1:-1],
        go.replace("\\", "\\\\"),
    )


def _percent_forms(raw: bytes) -> Iterator[str]:
    """Yield ``raw`` percent-encoded as different libraries do it, and twice."""
    for once, twice in _percent_tables():
        percent = "".join(map(once.__getitem__, raw))
        yield percent
        yield percent.replace("%20", "+")
        yield "".join(map(twice.__getitem__, raw))


@lru_cache(maxsize=1)
def _percent_tables() -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    """Return, for each set of safe characters, how each byte is written when it is encoded once, and twice."""
    hexes = tuple(f"%{byte:02X}" for byte in range(256))
    twice = tuple(chr(byte) if chr(byte) in _ALWAYS_SAFE else code for byte, code in enumerate(hexes))
    tables = []
    for safe in ("", "/", "!$'()*+,;:@/-._~"):
        once = tuple(chr(byte) if chr(byte) in _ALWAYS_SAFE + safe else code for byte, code in enumerate(hexes))
        tables.append((once, tuple("%25" + t[1:] if len(t) > 1 else twice[ord(t)] for t in once)))
    return tuple(tables)


def _base64_forms(raw: bytes) -> Iterable[bytes]:
    """Yield the part of ``raw`` that is the same in base64 whatever stands around it, at each alignment."""
    for shift in range(3):
        encoded = binascii.b2a_base64(b"\0\0"[:shift] + raw, newline=False)
        first = -(-shift * 8 // 6)
        last = (shift + len(raw)) * 8 // 6
        if last - first >= 10:
            yield encoded[first:last]


def searchable(value: str) -> bool:
    """Whether looking for ``value`` everywhere means anything: not for a short or common word."""
    return len(value) >= MINIMUM and not _PLAIN_WORD.match(value)


class Seeker:
    """Looks for many values in one pass; the engine looks for their first bytes, the rest is compared."""

    def __init__(self, values: Mapping[str, str], *, wide: bool = True) -> None:
        """Prepare for ``values``: value -> name under which its places are counted; ``wide`` as in ``spellings``."""
        self._behind: dict[bytes, list[tuple[bytes, str]]] = {}
        for value, name in list(values.items())[:MAX_VALUES]:
            for spelled in spellings(value, wide=wide):
                self._behind.setdefault(spelled[:_HEAD], []).append((spelled, name))
        self._longest = max((len(s) for found in self._behind.values() for s, _ in found), default=0)
        self._heads = list(self._behind)
        self._scan = _literal_scanner(self._heads)

    def count(self, chunks: Iterable[bytes]) -> dict[str, int]:
        """Return name -> number of places in one member; spellings that overlap are one place."""
        counts: dict[str, int] = {}
        last: dict[str, int] = {}
        held, base, done = b"", 0, 0
        for chunk, final in with_last(chunks):
            block = held + chunk
            limit = len(block) if final else max(len(block) - self._longest - 1, 0)
            for start, head in self._scan(block):
                if not done <= base + start < base + limit:
                    continue
                for spelled, name in self._behind[self._heads[head]]:
                    if base + start >= last.get(name, 0) and block.startswith(spelled, start):
                        end = start + len(spelled)
                        if _bounded(block, start, end):
                            counts[name] = counts.get(name, 0) + 1
                            last[name] = base + end
            done = base + limit
            keep = max(limit - 1, 0)  # one byte before, for what bounds a short value
            held = block[keep:]
            base += keep
        return counts


def _bounded(block: bytes, start: int, end: int) -> bool:
    """A short value counts only as a whole word."""
    if end - start >= 12:
        return True
    before = start > 0 and block[start - 1] in _WORD_BYTES and block[start] in _WORD_BYTES
    after = end < len(block) and block[end] in _WORD_BYTES and block[end - 1] in _WORD_BYTES
    return not (before or after)


def _literal_scanner(heads: list[bytes]) -> Callable[[bytes], list[tuple[int, int]]]:
    """Return a function that gives (start, index of the head) of every place of every head, by start."""
    if not heads:
        return lambda _block: []
    try:
        import hyperscan
    except ImportError:
        import ahocorasick_rs

        automaton = ahocorasick_rs.BytesAhoCorasick(heads)

        def scan_literal(block: bytes) -> list[tuple[int, int]]:
            return sorted(
                (start, index) for index, start, _ in automaton.find_matches_as_indexes(block, overlapping=True)
            )

        return scan_literal

    database = hyperscan.Database()
    escaped = [head if head.isalnum() else re.escape(head).replace(b"\0", rb"\x00") for head in heads]
    database.compile(expressions=escaped, ids=list(range(len(escaped))), elements=len(escaped), flags=0)
    lengths = [len(head) for head in heads]

    def scan(block: bytes) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []

        def report(index: int, _start: int, end: int, _flags: int, _context: object) -> None:
            found.append((end - lengths[index], index))

        database.scan(block, match_event_handler=report)
        found.sort()
        return found

    return scan
