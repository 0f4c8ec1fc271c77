"""A bare file as an archive of one member, and a gzip file as an archive of what it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from analyzer.archive.base import Archive, Kind
from analyzer.archive.gunzip import Gunzip
from analyzer.archive.inflate import Damage
from analyzer.archive.member import Member, decode_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.archive.limits import Context
    from analyzer.archive.source import Source

_UNREAD = (
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "Zstandard"),
    (b"\x04\x22\x4d\x18", "LZ4"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"Rar!\x1a\x07", "RAR"),
)


class FileArchive(Archive):
    """A bare file, such as ``cpu.prof`` or ``mattermost.log``, as its own only member."""

    kind: ClassVar[Kind] = "file"

    def __init__(self, source: Source, file_name: str, context: Context) -> None:
        super().__init__(context)
        self._source = source
        self.size = source.size
        raw = file_name.encode(errors="surrogateescape")
        path, flags = decode_name(raw)
        self.members = (Member(path or "file", source.size, source.size, None, 0, 0, raw, b"", flags),)
        head = source.read_at(0, 8)
        packer = next((packer for sign, packer in _UNREAD if head.startswith(sign)), None)
        if packer is not None:
            self.note(f"packed with {packer}, which is not unpacked", severity="error")
        elif file_name.lower().endswith(".zip"):
            self.note("no zip archive, though its name says so" if source.size else "empty", severity="error")

    def close(self) -> None:
        """Close what was opened."""
        self._source.close()

    def _packed(self, member: Member) -> int | None:
        return None

    def _pieces(self, member: Member, size: int) -> Iterator[bytes]:
        received = 0
        while received < member.size and (piece := self._source.read_at(received, size)):
            received += len(piece)
            yield piece
        if received != member.size:
            raise Damage(f"cut: only the first {received:,} of {member.size:,} bytes can be read")


class GzipArchive(Archive):
    """A gzip file that holds no tar archive, such as a rotated log, as an archive of what it holds."""

    kind: ClassVar[Kind] = "gzip"

    def __init__(self, source: Source, file_name: str, context: Context) -> None:
        super().__init__(context)
        self._source = source
        self.size = source.size
        lower = file_name.lower()
        inner = file_name[:-3] if lower.endswith(".gz") else file_name
        raw = inner.encode(errors="surrogateescape")
        path, flags = decode_name(raw)
        declared = int.from_bytes(source.read_at(max(0, source.size - 4), 4), "little")  # modulo 4 GiB, RFC 1952
        self.members = (Member(path or "file", declared, source.size, None, 0, 0, raw, b"", flags),)

    def close(self) -> None:
        """Close what was opened."""
        self._source.close()

    def _packed(self, member: Member) -> int | None:
        return self._source.size

    def _pieces(self, member: Member, size: int) -> Iterator[bytes]:
        packed = Gunzip(self._source)
        yield from packed.pieces(size)
        if packed.trailing:
            raise Damage(f"{packed.trailing:,} bytes behind its end are no gzip data")
