"""The bytes of a block as numpy sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Bools = npt.NDArray[np.bool_]
    Bytes = npt.NDArray[np.uint8]
    Words = npt.NDArray[np.uint64]


class Text:
    """A block's bytes: as codes, and as the words of eight bytes that begin or end at every place."""

    __slots__ = ("before", "codes", "view", "wide", "words")

    def __init__(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Copy the pieces together, with eight zero bytes on either side, so that no word reaches outside."""
        size = sum(map(len, pieces))
        padded = np.empty(size + 16, np.uint8)
        padded[:8] = padded[-8:] = 0
        at = 8
        for piece in pieces:
            padded[at : at + len(piece)] = np.frombuffer(piece, np.uint8)
            at += len(piece)
        self.wide: Bytes = padded[8:]
        self.codes: Bytes = self.wide[:size]
        self.view = self.codes.data
        self.before: Words = np.ndarray((size + 8,), "<u8", buffer=padded, strides=(1,))
        """Element i holds the eight bytes before byte i, the last one highest."""
        self.words: Words = np.ndarray((size,), "<u8", buffer=padded, offset=8, strides=(1,))
        """Element i holds the eight bytes from byte i on, the first one lowest."""

    def is_utf8(self, start: int, end: int) -> bool:
        """Tell whether these bytes are UTF-8."""
        try:
            str(self.view[start:end], "utf-8")
        except UnicodeDecodeError:
            return False
        return True

    def slices(self, start: Ints, end: Ints) -> Any:
        """Return the bytes between each two places as Arrow text; the places must rise."""
        return take_slices(self.between(start, end), np.arange(len(start)))

    def between(self, start: Ints, end: Ints) -> Any:
        """Return Arrow text: the bytes between two places, those up to the next two, and so on; nothing is copied."""
        import pyarrow as pa

        if not len(start):
            return pa.nulls(0, pa.large_string())
        offsets = np.empty(2 * len(start), np.int64)
        offsets[0::2], offsets[1::2] = start, end
        return pa.LargeStringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(self.view))


def take_slices(between: Any, index: Ints) -> Any:
    """Return every second text of ``Text.between`` by its number, null where ``index`` is negative."""
    import pyarrow as pa
    import pyarrow.compute as pc

    missing = index < 0
    places = pa.array(2 * index, mask=missing) if missing.any() else pa.array(2 * index)
    return pc.take(between, places, boundscheck=False)
