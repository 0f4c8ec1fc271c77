"""Gzip data of one or more members, unpacked forward and bounded (RFC 1952)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.archive.inflate import GZIP, Damage, Inflater

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.archive.source import Source

MAGIC = b"\x1f\x8b\x08"


class Gunzip:
    """One pass over gzip data.

    Attributes:
        unpacked: bytes given out so far.
        trailing: bytes behind the last gzip member; known when the pass is over.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self.unpacked = 0
        self.trailing = 0

    def pieces(self, size: int) -> Iterator[bytes]:
        """Yield the unpacked bytes; zeros behind the end are padding, anything else is ``trailing``.

        Raises:
            Damage: the data is cut or damaged; everything before has been yielded.
        """
        position = 0
        while position < self._source.size:
            head = self._source.read_at(position, len(MAGIC))
            if position and head != MAGIC:
                self.trailing = self._trailing(position)
                return
            inflater = Inflater(self._source.read_at, position, self._source.size, GZIP)
            try:
                for piece in inflater.pieces(size):
                    self.unpacked += len(piece)
                    yield piece
            except Damage:
                raise Damage("its gzip data is damaged") from None
            if not inflater.finished:
                raise Damage("its gzip data is cut")
            position += inflater.packed

    def _trailing(self, position: int) -> int:
        first = position
        while data := self._source.read_at(position, 1 << 16):
            if data.strip(b"\0"):
                return self._source.size - first
            position += len(data)
        return 0
