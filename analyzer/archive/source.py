"""Where bytes come from: a file, bytes, a file object or a URL, all read at any offset."""

from __future__ import annotations

import errno
import io
import os
import re
import stat
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TypeAlias

from analyzer.errors import SourceError, UnsafeArchive, UsageError
from analyzer.text import human_bytes, printable

if TYPE_CHECKING:
    from analyzer.archive.limits import Limits

SourceLike: TypeAlias = "str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO"
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_SECRET_PARTS = re.compile(r"(?<=://)[^/?#]*@|[?#].*", re.DOTALL)
_STEP = 1 << 20


class Source(Protocol):
    """Bytes of known size, read at any offset."""

    name: str
    size: int

    def read_at(self, offset: int, count: int) -> bytes:
        """Return up to ``count`` bytes from ``offset``; fewer only at the end. Raises SourceError."""

    def close(self) -> None:
        """Give back what was opened."""


class BytesSource:
    """Bytes in memory, or a part of them."""

    def __init__(self, data: bytes | bytearray | memoryview, name: str) -> None:
        self._view = memoryview(data).cast("B")
        self.name = name
        self.size = len(self._view)

    def read_at(self, offset: int, count: int) -> bytes:
        """Return up to ``count`` bytes from ``offset``."""
        return bytes(self._view[offset : offset + count])

    def close(self) -> None:
        """Close it, or let go of it."""
        self._view = memoryview(b"")


class FileSource:
    """A regular file, read by ``pread``, so that threads do not disturb each other."""

    def __init__(self, descriptor: int, size: int, name: str) -> None:
        self._descriptor = descriptor
        self.name = name
        self.size = size

    def read_at(self, offset: int, count: int) -> bytes:
        """Return up to ``count`` bytes from ``offset``."""
        try:
            data = os.pread(self._descriptor, count, offset)
            while data and len(data) < count and offset + len(data) < self.size:
                more = os.pread(self._descriptor, count - len(data), offset + len(data))
                if not more:
                    break
                data += more
        except OSError as error:
            raise SourceError(f"{self.name}: {reason_of(error)}") from None
        return data

    def close(self) -> None:
        """Close it, or let go of it."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class ObjectSource:
    """A seekable file object; the caller keeps it open, and closes it unless it is ours."""

    def __init__(self, file: BinaryIO, size: int, name: str, *, owned: bool) -> None:
        self._file = file
        self._owned = owned
        self._lock = threading.Lock()
        self.name = name
        self.size = size

    def read_at(self, offset: int, count: int) -> bytes:
        """Return up to ``count`` bytes from ``offset``."""
        count = min(count, self.size - offset)
        pieces = []
        try:
            with self._lock:
                self._file.seek(offset)
                while count > 0 and (data := self._file.read(count)):
                    pieces.append(bytes(data))
                    count -= len(data)
        except Exception as error:  # a file system behind fsspec raises what it likes
            raise SourceError(f"{self.name}: {reason_of(error)}") from None
        return b"".join(pieces)

    def close(self) -> None:
        """Close it, or let go of it."""
        if self._owned:
            self._file.close()


def reason_of(error: BaseException) -> str:
    """Return why the system refused, in its own words, without paths or URLs (they may hold credentials)."""
    causes = list(_causes(error))  # fsspec calls a host that cannot be reached a file that is not there
    for cause in causes:
        if type(cause).__name__ == "gaierror" and isinstance(cause, OSError) and cause.strerror:
            return cause.strerror  # its number is none of the system's; nothing is imported where an error is told
    for cause in causes:
        if isinstance(cause, OSError) and isinstance(cause.errno, int) and cause.errno > 0:
            return os.strerror(cause.errno)
    if isinstance(error, FileNotFoundError):
        return os.strerror(errno.ENOENT)
    if isinstance(error, PermissionError):
        return os.strerror(errno.EACCES)
    return f"cannot be read ({type(error).__name__})"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def shown_name(source: object) -> str:
    """Return a name for a source that is safe to show: no user info, query or control characters."""
    if isinstance(source, (str, os.PathLike)):
        text = os.fspath(source)
        text = os.fsdecode(text) if isinstance(text, bytes) else text
        return printable(_SECRET_PARTS.sub("", text) if _URL.match(text) else text)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return "<bytes>"
    name = getattr(source, "name", None)
    return shown_name(name) if isinstance(name, (str, os.PathLike)) else "<file>"


def open_source(source: SourceLike, limits: Limits, name: str) -> Source | str:
    """Open a source for random reading, or return the path of a folder.

    Raises:
        SourceError: it cannot be read, or it is a pipe, device or socket.
        UnsafeArchive: it is larger than ``limits.archive_bytes``.
        UsageError: it is nothing that can be read.
    """
    opened: Source
    if isinstance(source, (bytes, bytearray, memoryview)):
        opened = BytesSource(source, name)
    elif isinstance(source, (str, os.PathLike)):
        text = os.fspath(source)
        if _URL.match(text) and not text.startswith("file://"):
            opened = _open_url(text, limits, name)
        else:
            local = _open_path(text.removeprefix("file://"), name)
            if isinstance(local, str):
                return local
            opened = local
    elif hasattr(source, "read"):
        opened = _open_object(source, limits, name, owned=False)
    else:
        raise UsageError(f"{type(source).__name__} is no path, URL, bytes or binary file object")
    if opened.size > limits.archive_bytes:
        opened.close()
        raise UnsafeArchive(
            f"{name}: {human_bytes(opened.size)} is more than the limit of {human_bytes(limits.archive_bytes)}"
        )
    return opened


def _open_path(path: str, name: str) -> Source | str:
    descriptor = -1
    try:
        # O_NONBLOCK: a pipe that nobody writes to must not hold us up; O_NOCTTY: nor a terminal adopt us
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        found = os.fstat(descriptor)
        if stat.S_ISREG(found.st_mode):
            opened, descriptor = FileSource(descriptor, found.st_size, name), -1
            return opened
    except OSError as error:
        raise SourceError(f"{name}: {reason_of(error)}") from None
    except ValueError:
        raise SourceError(f"{name}: no file can have this name") from None
    finally:
        if descriptor >= 0:
            os.close(descriptor)
    if stat.S_ISDIR(found.st_mode):
        return path
    raise SourceError(f"{name}: {file_kind(found.st_mode)}, not a file")


def file_kind(mode: int) -> str:
    """Return what ``st_mode`` says a directory entry is, in words."""
    kinds = (
        (stat.S_ISLNK, "a symbolic link"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    return next((words for test, words in kinds if test(mode)), "something special")


def _open_url(url: str, limits: Limits, name: str) -> Source:
    scheme = url.partition("://")[0]
    try:
        import fsspec

        file = fsspec.open(url, "rb").open()
    except ImportError:
        raise SourceError(
            f"{name}: {scheme}:// needs the extra 'remote' (pip install '.[remote]' in the project's folder)"
        ) from None
    except Exception as error:  # every file system has its own exceptions
        raise SourceError(f"{name}: {reason_of(error)}") from None
    return _open_object(file, limits, name, owned=True)


def _open_object(file: Any, limits: Limits, name: str, *, owned: bool) -> Source:
    """Read a seekable file object in place; spool any other into memory, up to the limit."""
    try:
        if file.seekable():
            size = file.seek(0, io.SEEK_END)
            size = file.tell() if size is None else size
            file.seek(0)
            if not isinstance(file.read(0), bytes):
                raise UsageError(f"{name}: opened as text; open it in binary mode")
            return ObjectSource(file, size, name, owned=owned)
    except UsageError:
        raise
    except Exception:  # says it can seek but cannot, as HTTP without a length does
        if not owned:
            raise SourceError(f"{name}: cannot be read") from None
    try:
        return _spool(file, limits, name)
    finally:
        if owned:
            file.close()


def _spool(file: Any, limits: Limits, name: str) -> BytesSource:
    spool = bytearray()
    try:
        while data := file.read(_STEP):
            if not isinstance(data, bytes):
                raise UsageError(f"{name}: opened as text; open it in binary mode")
            spool += data
            if len(spool) > limits.archive_bytes:
                raise UnsafeArchive(f"{name}: more than the limit of {human_bytes(limits.archive_bytes)}")
    except (UsageError, UnsafeArchive):
        raise
    except Exception as error:
        raise SourceError(f"{name}: {reason_of(error)}") from None
    return BytesSource(spool, name)
