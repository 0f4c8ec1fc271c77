"""Keys of pairs, found backwards from their closing quotes: where each starts and which known key it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from analyzer.logs.schema import FREQUENT

if TYPE_CHECKING:
    import numpy.typing as npt

    from analyzer.logs.block import Bools, Ints, Text, Words

NAMES: Final = ("timestamp", "ts", "level", "msg", "caller", *(c.name for c in FREQUENT if c.name != "event"))
TIMESTAMP, TS = 0, 1
# keys whose records need more than their own columns: audit, GELF, and the objects of Docker and journald
_SPECIAL: Final = ("event_name", "event", "short_message", "log", "MESSAGE")
_KEYS: Final = (*NAMES, *_SPECIAL)
UNKNOWN: Final = len(_KEYS)
MIX: Final = np.uint64(0x9E3779B97F4A7C15)
MASKS = np.array([(1 << (8 * n)) - 1 for n in range(9)], np.uint64)
"""The lowest n bytes of a word."""

_SLOTS: Final = 1 << 12
_LONGEST: Final = 64  # a longer key is read by the reference
_EVERY_01, _EVERY_7F = np.uint64(0x0101010101010101), np.uint64(0x7F7F7F7F7F7F7F7F)
_QUOTES: Final = _EVERY_01 * np.uint64(ord('"'))


def _word(text: bytes) -> int:
    return int.from_bytes(text, "little")


def _slot(tails: Words) -> Ints:
    """Return a slot for the last four of the eight bytes before a closing quote."""
    return ((tails >> np.uint64(32)) * MIX >> np.uint64(52)).view(np.int64)


class _Table(NamedTuple):
    """Known keys by slot: the eight bytes before the closing quote, as far as key and opening quote reach into them."""

    code: npt.NDArray[np.uint8]
    size: Ints
    mask: Words
    tail: Words


def _tables() -> list[_Table]:
    """Return tables in which no two keys share a slot; the keys that end alike are in different ones."""
    tables: list[_Table] = []
    # longer names first: of two that end alike, status_code is in every request's record, http_code in errors only
    for code, name in sorted(enumerate(_KEYS), key=lambda item: -len(item[1])):
        text = b'"' + name.encode()
        # of a key of two letters the byte before its quote is part of the slot
        tails = [mark + text for mark in (b",", b"{", b" ")] if len(text) == 3 else [text]
        slots = {int(_slot(np.array([_word(tail[-8:].rjust(8, b"\0"))], np.uint64))[0]) for tail in tails}
        table = next((table for table in tables if all(table.code[slot] == UNKNOWN for slot in slots)), None)
        if table is None:
            codes, sizes = np.full(_SLOTS, UNKNOWN, np.uint8), np.zeros(_SLOTS, np.int64)
            table = _Table(codes, sizes, np.zeros(_SLOTS, np.uint64), np.ones(_SLOTS, np.uint64))
            tables.append(table)
        known = min(len(text), 8)
        for slot in slots:
            table.code[slot], table.size[slot] = code, len(name)
            table.mask[slot] = ((1 << 8 * known) - 1) << 8 * (8 - known)
            table.tail[slot] = _word(text[-known:]) << 8 * (8 - known)
    return tables


_TABLES: Final = _tables()
# the opening quote and the first seven bytes of keys that the tail does not hold whole
_HEADS = np.array([_word(b'"' + name.encode()[:7]) if len(name) > 7 else 0 for name in _KEYS] + [0], np.uint64)
_LONG = _HEADS != 0
if max(map(len, _KEYS)) > 15:
    raise AssertionError("a known key is longer than its head and tail")


def find_keys(text: Text, closes: Ints) -> tuple[Ints, npt.NDArray[np.uint8], Bools]:
    """Return (opening quote, code of the key, was one found) for the closing quotes of keys.

    Known keys are told by their bytes, quote included; of the others the nearest quote before is the opening one.
    """
    words, before = text.words, text.before
    tails = before[closes]
    found = _known(_TABLES[0], tails, closes, words)
    opens, code = closes - found.size - 1, found.code
    rest = np.flatnonzero(code == UNKNOWN)
    for table in _TABLES[1:]:
        if not len(rest):
            break
        found = _known(table, tails[rest], closes[rest], words)
        opens[rest], code[rest] = closes[rest] - found.size - 1, found.code
        rest = rest[found.code == UNKNOWN]
    right = np.ones(len(closes), bool)
    if len(rest):
        opens[rest], right[rest] = _nearest_quote(before, closes[rest], tails[rest])
    return opens, code, right


class _Found(NamedTuple):
    code: npt.NDArray[np.uint8]
    size: Ints


def _known(table: _Table, tails: Words, closes: Ints, words: Words) -> _Found:
    slot = _slot(tails)
    code = table.code.take(slot)
    np.copyto(code, UNKNOWN, where=(tails & table.mask.take(slot)) != table.tail.take(slot))
    size = table.size.take(slot)
    long = np.flatnonzero(_LONG.take(code))
    if len(long):
        start = closes[long] - size[long] - 1
        code[long[(start < 0) | (words[start] != _HEADS.take(code[long]))]] = UNKNOWN
    return _Found(code, size)


def _nearest_quote(before: Words, closes: Ints, tails: Words) -> tuple[Ints, Bools]:
    """Return (place of the nearest quote before each place, is there one), eight bytes at a step."""
    place = np.zeros(len(closes), np.int64)
    right = np.zeros(len(closes), bool)
    left = np.arange(len(closes))
    for far in range(0, _LONGEST, 8):
        odd = tails ^ _QUOTES
        # the high bit of each byte that is a quote
        marks = ~(((odd & _EVERY_7F) + _EVERY_7F) | odd | _EVERY_7F)
        hit = marks != 0
        highest = (np.frexp(marks[hit].astype(np.float64))[1] - 1) >> 3
        done = left[hit]
        place[done] = closes[done] - far - 8 + highest
        right[done] = True
        left = left[~hit]
        if not len(left):
            break
        tails = before[np.maximum(closes[left] - far - 8, 0)]
    right &= place >= 0
    return np.where(right, place, 0), right
