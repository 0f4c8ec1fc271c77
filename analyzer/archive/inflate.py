"""Bounded inflate: isal where it is installed, zlib otherwise, and zlib again to save what lies before a fault."""

from __future__ import annotations

import contextlib
import zlib
from typing import TYPE_CHECKING, Any

from analyzer.errors import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_fast: Any = zlib
with contextlib.suppress(ImportError):  # isal has no wheel for every machine
    from isal import isal_zlib

    _fast = isal_zlib

crc32: Callable[[bytes | memoryview, int], int] = _fast.crc32
INFLATE_ERRORS: tuple[type[Exception], ...] = (zlib.error, _fast.error)

RAW = -15
GZIP = 31
PACKED_STEP = 1 << 16


class Damage(Exception):  # noqa: N818
    """Inside this room: a member ends here, for this reason."""

    def __init__(self, reason: str, stage: Stage = "read") -> None:
        super().__init__(reason)
        self.reason = reason
        self.stage: Stage = stage


class Inflater:
    """One deflate or gzip stream, unpacked in bounded pieces.

    Attributes:
        packed: packed bytes used so far; exact once ``finished``.
        unpacked: bytes given out so far.
        finished: whether the stream reached its own end.
    """

    def __init__(self, read_at: Callable[[int, int], bytes], start: int, end: int, wbits: int = RAW) -> None:
        self._read_at = read_at
        self._start = start
        self._end = end
        self._wbits = wbits
        self.packed = 0
        self.unpacked = 0
        self.finished = False

    def pieces(self, size: int) -> Iterator[bytes]:
        """Yield the unpacked bytes in pieces of at most ``size``, up to a fault or the end of the input.

        Raises:
            Damage: the stream is invalid; everything before the fault has been yielded.
        """
        stream = _fast.decompressobj(self._wbits)
        try:
            yield from self._run(stream, self._start, size)
        except INFLATE_ERRORS:
            yield from self._save(size)
            if not self.finished:
                raise Damage("its packed data is damaged") from None

    def _next(self, position: int) -> bytes:
        count = min(PACKED_STEP, self._end - position)
        return self._read_at(position, count) if count > 0 else b""

    def _run(self, stream: Any, position: int, size: int) -> Iterator[bytes]:
        pending = b""
        while not stream.eof:
            if not pending:
                pending = self._next(position)
                position += len(pending)
                if not pending:
                    # what the engine still holds back
                    while piece := stream.decompress(b"", size):
                        self.unpacked += len(piece)
                        yield piece
                    break
            piece = stream.decompress(pending, size)
            pending = stream.unconsumed_tail
            if piece:
                self.unpacked += len(piece)
                yield piece
        self.finished = stream.eof
        self.packed = position - self._start - len(stream.unused_data)

    def _save(self, size: int) -> Iterator[bytes]:
        """Unpack again with zlib, whose state can be copied, and yield what follows the bytes already given."""
        stream = zlib.decompressobj(self._wbits)
        skip, position, pending, step = self.unpacked, self._start, b"", size
        while not stream.eof:
            if not pending:
                pending = self._next(position)
                position += len(pending)
            before, ended = stream.copy(), not pending
            try:
                piece = stream.decompress(pending, step)
            except zlib.error:
                if step == 1:
                    return
                # the fault lies within this step: take it again in smaller ones
                stream, step = before, max(1, step // 16)
                continue
            if ended and not piece:
                return
            pending = stream.unconsumed_tail
            if len(piece) > skip:
                self.unpacked += len(piece) - skip
                yield piece[skip:]
            skip = max(0, skip - len(piece))
        self.finished = True
        self.packed = position - self._start - len(stream.unused_data)
