"""From a source to an archive: which kind it is, by its bytes rather than its name."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from analyzer.archive.bare import FileArchive, GzipArchive
from analyzer.archive.folder import FolderArchive
from analyzer.archive.gunzip import MAGIC, Gunzip
from analyzer.archive.inflate import Damage
from analyzer.archive.limits import Account, Clock, Context, Limits
from analyzer.archive.source import BytesSource, Source, SourceLike, open_source, shown_name
from analyzer.archive.tararchive import TarArchive
from analyzer.archive.tarheader import BLOCK, is_header
from analyzer.archive.ziparchive import ZipArchive
from analyzer.archive.zipdirectory import read_directory
from analyzer.archive.zipscan import find_header, looks_like_zip
from analyzer.text import printable

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
    shown = shown_name(source) if name is None else printable(name)
    opened = open_source(source, limits, shown)
    context = Context(shown, limits, Account(limits.total_bytes))
    if isinstance(opened, str):
        return FolderArchive(opened, context)
    try:
        return _open(opened, posixpath.basename(shown), context)
    except BaseException:
        opened.close()
        raise


def open_inner(data: bytes, path: str, context: Context) -> Archive:
    """Open a member's bytes as an archive of their own."""
    return _open(BytesSource(data, context.name), posixpath.basename(path), context)


def _open(source: Source, file_name: str, context: Context) -> Archive:
    head = source.read_at(0, BLOCK)
    lower = file_name.lower()
    if head.startswith(MAGIC):
        if is_header(_first_unpacked(source)) or lower.endswith((".tar.gz", ".tgz")):
            return TarArchive(source, context, packed=True)
        if context.depth or lower.endswith(".gz"):
            return GzipArchive(source, file_name, context)
        return FileArchive(source, file_name, context)
    if is_header(head):
        return TarArchive(source, context, packed=False)
    clock = Clock(context.name, context.limits.seconds)
    if (
        looks_like_zip(head)
        or read_directory(source, context.limits) is not None
        or (lower.endswith(".zip") and find_header(source, 0, source.size, clock) >= 0)
    ):
        return ZipArchive(source, context)
    return FileArchive(source, file_name, context)


def _first_unpacked(source: Source) -> bytes:
    try:
        return next(Gunzip(source).pieces(BLOCK), b"")
    except Damage:
        return b""
