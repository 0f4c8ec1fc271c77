"""The bytes of a block as numpy sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Bools = npt.NDArray[np.bool_]
    Bytes = npt.NDArray[np.uint8]
    Words = npt.NDArray[np.uint64]

_PAD: Final = bytes(8)


class Text:
    """A block's bytes: as bytes, as codes, and as the words of eight bytes that begin or end at every place."""

    __slots__ = ("before", "codes", "data", "wide", "words")

    def __init__(self, data: bytes) -> None:
        """Hold ``data``, and a copy with eight zero bytes on either side, so that no word reaches outside."""
        size = len(data)
        padded = b"".join((_PAD, data, _PAD))
        self.data = data
        self.wide: Bytes = np.frombuffer(padded, np.uint8)[8:]
        self.codes: Bytes = self.wide[:size]
        self.before: Words = np.ndarray((size + 8,), "<u8", buffer=padded, strides=(1,))
        """Element i holds the eight bytes before byte i, the last one highest."""
        self.words: Words = np.ndarray((size,), "<u8", buffer=padded, offset=8, strides=(1,))
        """Element i holds the eight bytes from byte i on, the first one lowest."""

    def slices(self, start: Ints, end: Ints, rows: Ints | None = None, size: int = 0) -> Any:
        """Return ``data[start:end]`` for every pair of places as Arrow text; places must not overlap and must rise.

        With ``rows``, an array of ``size`` rows with slice i in row ``rows[i]`` and nulls elsewhere.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        count = len(start)
        if not count:
            return pa.nulls(0 if rows is None else size, pa.large_string())
        offsets = np.empty(2 * count, np.int64)
        offsets[0::2], offsets[1::2] = start, end
        between = pa.LargeStringArray.from_buffers(2 * count - 1, pa.py_buffer(offsets), pa.py_buffer(self.data))
        if rows is None or size == count:
            return pc.take(between, pa.array(np.arange(0, 2 * count, 2)), boundscheck=False)
        index = np.full(size, -1, np.int64)
        index[rows] = np.arange(0, 2 * count, 2)
        return pc.take(between, pa.array(index, mask=index < 0), boundscheck=False)
