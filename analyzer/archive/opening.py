"""From a source to an archive: which kind it is, by its bytes rather than its name."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from analyzer.archive.bare import FileArchive, GzipArchive
from analyzer.archive.gunzip import MAGIC, Gunzip
from analyzer.archive.inflate import Damage
from analyzer.archive.limits import Account, Limits
from analyzer.archive.source import BytesSource, Source, SourceLike, open_source, shown_name
from analyzer.archive.tarheader import BLOCK, is_header

if TYPE_CHECKING:
    from analyzer.archive.base import Archive

_DEFAULT = Limits()


def open_archive(source: SourceLike, *, limits: Limits = _DEFAULT, name: str | None = None) -> Archive:
    """Open a packet's container, or a bare file as an archive of one member.

    Args:
        source: path, fsspec URL, bytes, or binary file object (read from its start; it is not closed).
        limits: what may be read.
        name: what to call it; by default the path, the URL without credentials and query, or ``<bytes>``.

    Raises:
        SourceError: the source cannot be read: no such file, no permission, a pipe, a lost connection.
        UnsafeArchive: the container as a whole breaks a limit.
        UsageError: ``source`` is nothing that can be read.
    """
    from analyzer.text import printable

    shown = shown_name(source) if name is None else printable(name)
    opened = open_source(source, limits, shown)
    account = Account(limits.total_bytes)
    if isinstance(opened, str):
        from analyzer.archive.folder import FolderArchive

        return FolderArchive(opened, shown, limits, account, 0)
    try:
        return _open(opened, posixpath.basename(shown), shown, limits, account, 0)
    except BaseException:
        opened.close()
        raise


def open_inner(data: bytes, path: str, name: str, limits: Limits, account: Account, depth: int) -> Archive:
    """Open a member's bytes as an archive of their own."""
    return _open(BytesSource(data, name), posixpath.basename(path), name, limits, account, depth)


def _open(source: Source, file_name: str, name: str, limits: Limits, account: Account, depth: int) -> Archive:
    head = source.read_at(0, BLOCK)
    lower = file_name.lower()
    if head.startswith(MAGIC):
        if is_header(_first_unpacked(source)) or lower.endswith((".tar.gz", ".tgz")):
            from analyzer.archive.tararchive import TarArchive

            return TarArchive(source, name, limits, account, depth, packed=True)
        if depth or lower.endswith(".gz"):
            return GzipArchive(source, file_name, name, limits, account, depth)
        return FileArchive(source, file_name, name, limits, account, depth)
    if is_header(head):
        from analyzer.archive.tararchive import TarArchive

        return TarArchive(source, name, limits, account, depth, packed=False)
    from analyzer.archive.zipdirectory import read_directory
    from analyzer.archive.zipscan import find_header, looks_like_zip

    if (
        looks_like_zip(head)
        or read_directory(source, limits) is not None
        or (lower.endswith(".zip") and find_header(source, 0, source.size) >= 0)
    ):
        from analyzer.archive.ziparchive import ZipArchive

        return ZipArchive(source, name, limits, account, depth)
    return FileArchive(source, file_name, name, limits, account, depth)


def _first_unpacked(source: Source) -> bytes:
    try:
        return next(Gunzip(source).pieces(BLOCK), b"")
    except Damage:
        return b""
