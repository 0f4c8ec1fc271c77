"""From what a file names (ids, string indices) to rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from analyzer.errors import ProfileError
from analyzer.profiles.model import I32, U64
from analyzer.profiles.parts import UNRECOGNIZED

if TYPE_CHECKING:
    from numpy.typing import NDArray


def signed(value: int) -> int:
    """Read 64 bits as a number with a sign."""
    return value - (1 << 64) if value >> 63 else value


class Texts:
    """Resolves string indices; remembers the first one that is out of range instead of raising at once."""

    def __init__(self, blobs: Sequence[bytes]) -> None:
        texts = [blob.decode("utf-8", "replace") for blob in blobs]
        rows = {text: row for row, text in enumerate(dict.fromkeys(texts))}
        if len(rows) == len(texts):
            self.strings = tuple(texts) or ("",)
            self._canonical: I32 = np.arange(len(texts), dtype=np.int32)
        else:
            self.strings = tuple(rows)
            self._canonical = np.fromiter((rows[text] for text in texts), np.int32, len(texts))
        self.error: ProfileError | None = None

    def rows(self, values: NDArray[np.unsignedinteger], what: str) -> I32:
        """Turn indices of the file into string rows."""
        bad = values >= len(self._canonical)
        if bad.any():
            self._refuse(signed(int(values[bad][0])), what)
            return np.zeros(len(values), np.int32)
        return self._canonical[values.astype(np.int64)]

    def one(self, value: int, what: str) -> str:
        """Return the text at one index of the file."""
        if value >= len(self._canonical):
            self._refuse(signed(value), what)
            return ""
        return self.strings[int(self._canonical[value])]

    def _refuse(self, index: int, what: str) -> None:
        if self.error is None:
            size = len(self._canonical)
            reason = f"string {index} does not exist, the table has {size}" if size else "there is no string table"
            self.error = ProfileError(f"{what}: {reason}", verdict=UNRECOGNIZED)


class Rows:
    """Finds the rows of ids."""

    def __init__(self, ids: U64) -> None:
        self._size = len(ids)
        self._dense: I32 | None = None
        if self._size and int(ids.max()) < 4 * self._size + 1024:
            self._dense = np.full(int(ids.max()) + 1, -1, np.int32)
            self._dense[ids.astype(np.int64)] = np.arange(self._size, dtype=np.int32)
        else:
            self._order = np.argsort(ids, kind="stable").astype(np.int32)
            self._sorted = ids[self._order]

    def find(self, wanted: NDArray[np.unsignedinteger]) -> I32:
        """Return the row of each id (the last one where an id occurs twice), -1 where there is none."""
        if self._dense is not None:
            inside = wanted < len(self._dense)
            if inside.all():
                return self._dense[wanted.astype(np.int64)]
            found = np.full(len(wanted), -1, np.int32)
            found[inside] = self._dense[wanted[inside].astype(np.int64)]
            return found
        if not self._size:
            return np.full(len(wanted), -1, np.int32)
        place = np.maximum(np.searchsorted(self._sorted, wanted, side="right") - 1, 0)
        return np.where(self._sorted[place] == wanted, self._order[place], np.int32(-1))
