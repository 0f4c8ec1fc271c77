"""One member of an archive, what its name may be, and the error that costs this member alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from analyzer.errors import PartError, Problem, Stage
from analyzer.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

Flag: TypeAlias = Literal[
    "noise",  # left by an operating system: __MACOSX/, ._name, .DS_Store, Thumbs.db, desktop.ini
    "unsafe-name",  # absolute, with .. or a drive, or with control or invisible characters
    "not-utf8",  # the name's bytes are no UTF-8
    "recovered",  # found by its local header; no central directory lists it
    "partial",  # the archive ends inside its data
    "misplaced",  # not where the central directory says
]

NO_FLAGS: frozenset[Flag] = frozenset()
SHOWN = 200
_NOISE = {".DS_Store", "Thumbs.db", "desktop.ini"}
# nothing to escape, no noise but by name: nearly every name, and many times faster to tell
_PLAIN = re.compile(rb"(?!.*(?:Thumbs\.db|desktop\.ini)$)\w[\w.@+=-]*(?:/\w[\w.@+=-]*)*", re.ASCII)
_DRIVE = re.compile(r"[A-Za-z]:")


class MemberError(PartError):
    """One member cannot be read, or not to its end; the others can.

    Attributes:
        archive: shown name of the archive.
        member: shown path of the member.
        reason: one line.
        stage: ``limit`` when a limit was reached, else ``read``.
        received: unpacked bytes that were read before.
        data: what ``Archive.read`` had read by then; empty when raised by ``chunks``.
    """

    def __init__(self, archive: str, member: str, reason: str, *, stage: Stage = "read", received: int = 0) -> None:
        super().__init__(f"{archive}: {member}: {reason}")
        self.archive = archive
        self.member = member
        self.reason = reason
        self.stage: Stage = stage
        self.received = received
        self.data = b""

    def __reduce__(self) -> tuple[Callable[..., MemberError], tuple[str, str, str, Stage, int]]:
        """Pickle without ``data``, for a worker that reports to another process."""
        return _again, (self.archive, self.member, self.reason, self.stage, self.received)

    def problem(self, node: str | None = None) -> Problem:
        """Return this error as a row of ``problems``."""
        return Problem(node, self.member, self.stage, "error", self.reason)


def _again(archive: str, member: str, reason: str, stage: Stage, received: int) -> MemberError:
    return MemberError(archive, member, reason, stage=stage, received=received)


@dataclass(frozen=True, slots=True)
class Member:
    """One file in an archive, as its container describes it.

    Attributes:
        path: name with forward slashes, without ``./`` and empty steps. An unsafe name is escaped and loses its
            slashes (``..%2Fmattermost.log``), so it never equals the name of a real part.
        size: declared unpacked size in bytes; not to be trusted.
        packed_size: size in the container in bytes; equal to ``size`` where nothing is packed.
        modified: time of last change, UTC, or None when there is none that makes sense. A time without
            zone (a DOS date) is taken as UTC.
        index: position in the archive.
        ordinal: 0 for the first member of this path, 1 for the second, ...
        raw_name: name as it stands in the container.
        comment: the member's comment as it stands in the container.
        flags: what is unusual about it.
    """

    path: str
    size: int
    packed_size: int
    modified: datetime | None
    index: int
    ordinal: int = 0
    raw_name: bytes = b""
    comment: bytes = b""
    flags: frozenset[Flag] = NO_FLAGS

    @property
    def shown(self) -> str:
        """The path, safe to show on a terminal, at most 200 characters."""
        return printable(self.path, SHOWN)

    @property
    def noise(self) -> bool:
        """Whether an operating system left it there (``__MACOSX/``, ``.DS_Store``, ...)."""
        return "noise" in self.flags


def decode_name(raw: bytes) -> tuple[str, frozenset[Flag]]:
    r"""Return the path of a raw member name and its flags. Never raises.

    Backslashes become slashes (a Windows build writes them, packet-format.md 1.3). The path is ``""`` for a
    folder itself or a name of nothing but slashes and dots.
    """
    if _PLAIN.fullmatch(raw) and b"__MACOSX" not in raw:
        return raw.decode(), NO_FLAGS
    try:
        name = raw.replace(b"\\", b"/").decode()
        flags = set[Flag]()
    except UnicodeDecodeError:
        name = raw.replace(b"\\", b"/").decode(errors="backslashreplace")
        flags = {"not-utf8"}
    steps = [step for step in name.split("/") if step not in {"", "."}]
    safe = printable(name)
    if safe != name or ".." in steps or name.startswith("/") or _DRIVE.match(name):
        flags.add("unsafe-name")
        return safe.replace("/", "%2F"), frozenset(flags)
    if steps and ("__MACOSX" in steps or steps[-1] in _NOISE or steps[-1].startswith("._")):
        flags.add("noise")
    return "/".join(steps), frozenset(flags) if flags else NO_FLAGS


def common_top(members: Iterable[Member]) -> str:
    """Return the one top folder that wraps all members, with its slash, or ``""``.

    Noise and unsafe names are not counted. Customers re-zip packets with such a folder (packet-format.md 7).
    """
    top: str | None = None
    for member in members:
        if member.noise or "unsafe-name" in member.flags:
            continue
        first, slash, _ = member.path.partition("/")
        if not slash or (top is not None and first != top):
            return ""
        top = first
    return f"{top}/" if top else ""
