"""A zip writer whose containers look as Go's ``archive/zip`` makes them (packet-format.md 1.7).

Deflate for every member, flag bit 3 with a data descriptor, version needed and made by 20, host FAT, no
permissions, no comments, no folders; time as extra field 0x5455 beside the DOS date. Source:
https://cs.opensource.google/go/go/+/refs/tags/go1.27.3:src/archive/zip/writer.go
"""

from __future__ import annotations

import contextlib
import io
import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from analyzer.archive.inflate import RAW, crc32
from analyzer.archive.member import decode_name
from analyzer.archive.source import reason_of
from analyzer.archive.zipdirectory import (
    CENTRAL,
    CENTRAL_SIGN,
    DEFLATED,
    DESCRIPTOR_SIGN,
    END,
    END64,
    END64_SIGN,
    END_SIGN,
    HAS_DESCRIPTOR,
    LOCAL,
    LOCAL_SIGN,
    LOCATOR,
    LOCATOR_SIGN,
)
from analyzer.errors import SourceError, UsageError
from analyzer.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from types import TracebackType
    from typing import Self

    from _typeshed import ReadableBuffer

_VERSION, _VERSION64 = 20, 45
_UTF8 = 1 << 11
_MOST16, _MOST32 = 0xFFFF, 0xFFFFFFFF


@dataclass(slots=True)
class _Written:
    name: bytes
    bits: int
    clock: int
    date: int
    extra: bytes
    offset: int
    crc: int = 0
    packed: int = 0
    size: int = 0


class ZipWriter:
    """Writes a zip to a temporary file beside ``path`` and gives it its name when all went well.

    The file has mode 0600, since a packet may hold secrets. After an exception nothing is left behind::

        with ZipWriter("packet.zip") as writer:
            with writer.member("metadata.yaml", now) as file:
                file.write(b"...")

    Args:
        path: where the zip is to be.
        overwrite: replace a file that is there.
        level: zlib's level; 6 is nearest to Go's default.

    Raises:
        UsageError: ``path`` exists and ``overwrite`` is not set; a member's name is unsafe.
        SourceError: the file cannot be written.
    """

    def __init__(self, path: str | os.PathLike[str], *, overwrite: bool = False, level: int = 6) -> None:
        self.path = Path(path)
        self._overwrite = overwrite
        self._level = level
        self._shown = printable(str(self.path))
        self._file: BinaryIO | None = None
        self._temporary = self.path
        self._open: MemberFile | None = None
        self._done: list[_Written] = []
        self._broken = False

    def __enter__(self) -> Self:
        if not self._overwrite and os.path.lexists(self.path):
            raise UsageError(f"{self._shown}: exists already")
        try:
            temporary = self.path.parent / f".{os.urandom(8).hex()}.part"
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise SourceError(f"{self._shown}: cannot be written: {reason_of(error)}") from None
        self._temporary = temporary
        self._file = os.fdopen(descriptor, "wb", 1 << 18)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        file = self._file
        if file is None:
            return
        self._file = None
        try:
            if error is None:
                self._finish(file)
                return
        except OSError as failure:
            raise SourceError(f"{self._shown}: cannot be written: {reason_of(failure)}") from None
        finally:
            if self._open is not None:
                self._open.abandon()
            with contextlib.suppress(OSError):
                file.close()
            self._temporary.unlink(missing_ok=True)

    def member(self, name: str, modified: datetime | None = None) -> MemberFile:
        """Start a member and return a file object to write it to, itself a context manager.

        Args:
            name: relative path with forward slashes.
            modified: aware time of last change; None writes the zero date of servers before 9.3.
        """
        if self._file is None or self._open is not None:
            raise UsageError(f"{self._shown}: members are written one after another, inside the with block")
        raw = name.encode()
        path, flags = decode_name(raw)
        if not path or path != name or "unsafe-name" in flags or len(raw) > _MOST16:
            raise UsageError(f"{printable(name, 200)}: cannot be the name of a member")
        bits = HAS_DESCRIPTOR | (0 if name.isascii() else _UTF8)
        date, clock, extra = _times(modified)
        written = _Written(raw, bits, clock, date, extra, self._file.tell())
        self._write(
            LOCAL.pack(LOCAL_SIGN, _VERSION, bits, DEFLATED, clock, date, 0, 0, 0, len(raw), len(extra)) + raw + extra
        )
        self._open = MemberFile(self._write, self._ended, written, self._level)
        return self._open

    def write(self, name: str, data: bytes, modified: datetime | None = None) -> None:
        """Write a whole member at once."""
        with self.member(name, modified) as file:
            file.write(data)

    def _write(self, data: bytes) -> None:
        if self._file is None:
            raise UsageError(f"{self._shown}: written after the with block")
        try:
            self._file.write(data)
        except OSError as error:
            raise SourceError(f"{self._shown}: cannot be written: {reason_of(error)}") from None

    def _ended(self, written: _Written | None) -> None:
        """Note that a member is complete, or with None that it never will be."""
        self._open = None
        if written is None:
            self._broken = True
            return
        wide = max(written.packed, written.size) >= _MOST32
        form = "<4sI2Q" if wide else "<4s3I"
        self._write(struct.pack(form, DESCRIPTOR_SIGN, written.crc, written.packed, written.size))
        self._done.append(written)

    def _finish(self, file: BinaryIO) -> None:
        if self._open is not None or self._broken:
            raise UsageError(f"{self._shown}: one of its members was not written to its end")
        start = file.tell()
        file.writelines(_central(written) for written in self._done)
        file.write(_end(len(self._done), start, file.tell() - start))
        file.flush()
        os.fsync(file.fileno())
        file.close()
        if self._overwrite:
            self._temporary.replace(self.path)
            return
        try:
            self.path.hardlink_to(self._temporary)  # unlike a rename, this never replaces what is there by now
        except FileExistsError:
            raise UsageError(f"{self._shown}: exists already") from None
        except OSError:  # a file system without links
            self._temporary.replace(self.path)


class MemberFile(io.RawIOBase):
    """One member being written; made by ``ZipWriter.member``."""

    def __init__(
        self, put: Callable[[bytes], None], ended: Callable[[_Written | None], None], written: _Written, level: int
    ) -> None:
        self._put = put
        self._ended = ended
        self._written: _Written | None = written
        self._deflate = zlib.compressobj(level, zlib.DEFLATED, RAW)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._written = None
            self._ended(None)
        self.close()

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        """Pack bytes; return how many."""
        written = self._written
        if written is None:
            raise ValueError("the member is closed")
        view = memoryview(data).cast("B")
        written.crc = crc32(view, written.crc)
        written.size += len(view)
        self._pack(written, self._deflate.compress(view))
        return len(view)

    def close(self) -> None:
        """End the member."""
        written, self._written = self._written, None
        if written is not None:
            self._pack(written, self._deflate.flush())
            self._ended(written)
        super().close()

    def abandon(self) -> None:
        """Close without writing anything more."""
        self._written = None
        super().close()

    def _pack(self, written: _Written, packed: bytes) -> None:
        written.packed += len(packed)
        self._put(packed)


def _times(modified: datetime | None) -> tuple[int, int, bytes]:
    """Return DOS date, DOS time (in the time's own zone, as Go writes it) and the extra field."""
    if modified is None:
        return 0, 0, b""
    if modified.tzinfo is None:
        raise UsageError("a member's time needs a time zone")
    date = modified.day | modified.month << 5 | max(modified.year - 1980, 0) << 9
    clock = modified.second // 2 | modified.minute << 5 | modified.hour << 11
    return date & _MOST16, clock, struct.pack("<2HBI", 0x5455, 5, 1, int(modified.timestamp()) & _MOST32)


def _central(written: _Written) -> bytes:
    packed, size, offset, extra, version = written.packed, written.size, written.offset, written.extra, _VERSION
    if max(packed, size, offset) >= _MOST32:
        extra += struct.pack("<2H3Q", 0x0001, 24, size, packed, offset)
        packed = size = offset = _MOST32
        version = _VERSION64
    return (
        CENTRAL.pack(
            CENTRAL_SIGN, _VERSION, version, written.bits, DEFLATED, written.clock, written.date, written.crc, packed,
            size, len(written.name), len(extra), 0, 0, 0, 0, offset,
        )
        + written.name
        + extra
    )  # fmt: skip


def _end(members: int, start: int, size: int) -> bytes:
    wide = b""
    if members >= _MOST16 or max(start, size) >= _MOST32:
        wide = END64.pack(
            END64_SIGN, END64.size - 12, _VERSION64, _VERSION64, 0, 0, members, members, size, start
        ) + LOCATOR.pack(LOCATOR_SIGN, 0, start + size, 1)
        members, size, start = _MOST16, _MOST32, _MOST32
    return wide + END.pack(END_SIGN, 0, 0, members, members, size, start, 0)
