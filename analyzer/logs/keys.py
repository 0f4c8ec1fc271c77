"""Which known key each pair of a block has, found by the words of its bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from analyzer.logs.schema import FREQUENT

if TYPE_CHECKING:
    import numpy.typing as npt

    from analyzer.logs.tokens import Pairs

NAMES: Final = ("timestamp", "ts", "level", "msg", "caller", *(c.name for c in FREQUENT if c.name != "event"))
TIMESTAMP, TS = 0, 1
# keys whose records need more than their own columns: GELF and audit
_SPECIAL: Final = ("event_name", "event", "short_message")
_KEYS: Final = (*NAMES, *_SPECIAL)
UNKNOWN: Final = len(_KEYS)
MIX = np.uint64(0x9E3779B97F4A7C15)


def _word(text: bytes) -> int:
    return int.from_bytes(text[:8].ljust(8, b"\0"), "little")


def _slot(heads: npt.NDArray[np.uint64]) -> npt.NDArray[np.intp]:
    return (heads * MIX >> np.uint64(52)).astype(np.intp)


def _table() -> tuple[Any, Any, Any, Any]:
    """Return the known keys by slot: code, first 8 bytes, length; and by code the last 8 bytes.

    The first 8 bytes tell all known keys apart, so they choose the slot alone.
    """
    heads = np.array([_word(name.encode()) for name in _KEYS], np.uint64)
    places = _slot(heads)
    if len(set(places.tolist())) != len(_KEYS) or max(map(len, _KEYS)) > 16:
        raise AssertionError("two known keys share a slot: choose another mix")
    codes = np.full(1 << 12, UNKNOWN, np.uint8)
    head, size = np.zeros(1 << 12, np.uint64), np.zeros(1 << 12, np.int64)
    codes[places], head[places], size[places] = np.arange(len(_KEYS)), heads, [len(name) for name in _KEYS]
    return codes, head, size, np.array([_word(name.encode()[-8:]) for name in _KEYS], np.uint64)


_SLOT_CODES, _SLOT_HEADS, _SLOT_SIZES, _TAILS = _table()
MASKS = np.array([(1 << (8 * n)) - 1 for n in range(9)], np.uint64)


def unaligned_words(data: bytes) -> npt.NDArray[np.uint64]:
    """Return a view: element i holds the eight bytes from byte i on."""
    return np.ndarray((len(data),), "<u8", buffer=data + b"\0" * 8, strides=(1,))


def key_codes(data: bytes, pairs: Pairs) -> npt.NDArray[np.uint8]:
    """Return for every pair which known key it has."""
    if not len(pairs.line):
        return np.empty(0, np.uint8)
    words = unaligned_words(data)
    size = pairs.key_end - pairs.key_start
    head = words[pairs.key_start] & MASKS.take(np.minimum(size, 8))
    slot = _slot(head)
    known = (_SLOT_HEADS.take(slot) == head) & (_SLOT_SIZES.take(slot) == size)
    codes: npt.NDArray[np.uint8] = np.where(known, _SLOT_CODES.take(slot), np.uint8(UNKNOWN))
    long = np.flatnonzero(known & (size > 8))
    codes[long[words[pairs.key_end[long] - 8] != _TAILS.take(codes[long])]] = UNKNOWN
    return codes
