"""Folders: an unpacked packet, read without following a link or opening anything but regular files."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from analyzer.archive.base import Archive, Kind
from analyzer.archive.inflate import Damage
from analyzer.archive.limits import Clock
from analyzer.archive.member import Member, decode_name
from analyzer.archive.source import file_kind, reason_of
from analyzer.errors import SourceError, UnsafeArchive
from analyzer.text import count, human_bytes, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.archive.limits import Context

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_DEEPEST = 32


class FolderArchive(Archive):
    """A folder; see ``Archive``. Members come in the order of their paths."""

    kind: ClassVar[Kind] = "folder"

    def __init__(self, path: str, context: Context) -> None:
        super().__init__(context)
        try:
            self._root = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise SourceError(f"{self.name}: {reason_of(error)}") from None
        self._entries = 0
        self._steps: list[tuple[bytes, ...]] = []
        self._clock = Clock(self.name, self.limits.seconds)
        members: list[Member] = []
        seen: dict[str, int] = {}
        try:
            for steps, found in self._walk(self._root, ()):
                raw = b"/".join(steps)
                decoded, flags = decode_name(raw)
                ordinal = seen.get(decoded, 0)
                seen[decoded] = ordinal + 1
                changed = datetime.fromtimestamp(0, UTC) + timedelta(seconds=int(found.st_mtime))
                members.append(
                    Member(decoded, found.st_size, found.st_size, changed, len(members), ordinal, raw, b"", flags)
                )
                self._steps.append(steps)
                if "unsafe-name" in flags:
                    self.note("unsafe name; read under this escaped one", members[-1].shown)
        except BaseException:
            self.close()
            raise
        self.members = tuple(members)

    def close(self) -> None:
        """Close what was opened."""
        if self._root >= 0:
            os.close(self._root)
            self._root = -1

    def _walk(self, folder: int, above: tuple[bytes, ...]) -> Iterator[tuple[tuple[bytes, ...], os.stat_result]]:
        try:
            names = sorted(os.fsencode(name) for name in os.listdir(folder))
        except OSError as error:
            self._refuse(above, reason_of(error))
            return
        for name in names:
            steps = (*above, name)
            try:
                found = os.stat(name, dir_fd=folder, follow_symlinks=False)
                if stat.S_ISREG(found.st_mode):
                    self._count()
                    yield steps, found
                elif not stat.S_ISDIR(found.st_mode):
                    self._refuse(steps, f"{file_kind(found.st_mode)}, not opened")
                elif len(steps) > _DEEPEST:
                    self._refuse(steps, f"folders inside one another deeper than {_DEEPEST}")
                else:
                    self._count()
                    inner = os.open(name, _FOLDER, dir_fd=folder)
                    try:
                        yield from self._walk(inner, steps)
                    finally:
                        os.close(inner)
            except OSError as error:
                self._refuse(steps, reason_of(error))

    def _count(self) -> None:
        self._entries += 1
        if self._entries > self.limits.members:
            raise UnsafeArchive(f"{self.name}: more files than the limit of {self.limits.members:,}")
        self._clock.check()

    def _refuse(self, steps: tuple[bytes, ...], reason: str) -> None:
        path = decode_name(b"/".join(steps))[0]
        self.note(reason, printable(path, 200) or None, severity="error")

    def _packed(self, member: Member) -> int | None:
        return None

    def _pieces(self, member: Member, size: int) -> Iterator[bytes]:
        try:
            descriptor = self._open(self._steps[member.index])
        except OSError as error:
            raise Damage(reason_of(error)) from None
        received = 0
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise Damage("no regular file any more")
            # a live log may grow; what was there when the folder was listed is what is read
            while received < member.size:
                try:
                    piece = file.read(min(size, member.size - received))
                except OSError as error:
                    raise Damage(reason_of(error)) from None
                if not piece:
                    break
                received += len(piece)
                yield piece
        if received != member.size:
            raise Damage(f"had {count(member.size, 'byte')}, now {human_bytes(received)}")

    def _open(self, steps: tuple[bytes, ...]) -> int:
        """Open a file step by step, so that no folder on the way can have become a link."""
        folder = os.dup(self._root)
        try:
            for step in steps[:-1]:
                inner = os.open(step, _FOLDER, dir_fd=folder)
                os.close(folder)
                folder = inner
            return os.open(steps[-1], _FILE, dir_fd=folder)
        finally:
            os.close(folder)
