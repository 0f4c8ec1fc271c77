"""What can go wrong, named once for every room.

The tree::

    PacketError
    ├── SourceError      (OSError)     the source cannot be read at all: path, URL, permissions, connection
    ├── NotAPacket       (ValueError)  it reads, but is no Support Packet
    ├── UnsafeArchive    (ValueError)  the container as a whole breaks a limit or a rule of safety
    └── PartError        (ValueError)  one part is malformed
        ├── ProfileError                a pprof profile is malformed
        ├── DumpError                   a goroutine dump is malformed
        └── LogError                    a log cannot be read
    UsageError           (ValueError)  the caller asked for something that does not exist

Messages are one line: what was read, which part, and the reason. They never hold a secret.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Severity: TypeAlias = Literal["error", "warning", "info"]
Stage: TypeAlias = Literal["open", "find", "read", "parse", "server", "scan", "limit"]
Progress: TypeAlias = Callable[[int, int | None, str], None]
"""Called with (done, total or None, what is being worked on)."""


class PacketError(Exception):
    """Root of everything this package raises about its input."""


class SourceError(PacketError, OSError):
    """The source cannot be read: missing file, no permission, lost connection."""


class NotAPacket(PacketError, ValueError):  # noqa: N818
    """The source was read, but it holds no part of a Support Packet."""


class UnsafeArchive(PacketError, ValueError):  # noqa: N818
    """The container as a whole is refused: a limit is broken or its structure is hostile."""


class PartError(PacketError, ValueError):
    """One part of a packet is malformed."""


class ProfileError(PartError):
    """A pprof profile is malformed; ``verdict`` holds the message that ``go tool pprof`` prints for it."""

    def __init__(self, message: str, *, verdict: str | None = None) -> None:
        super().__init__(message)
        self.verdict = verdict if verdict is not None else message


class DumpError(PartError):
    """A file is no goroutine dump at all."""


class LogError(PartError):
    """A log cannot be read at all."""


class UsageError(PacketError, ValueError):
    """The caller asked for something that does not exist: a column, a node, a flag, a bad pattern."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that could not be read, or one line of the server's own ``warning.txt``.

    Attributes:
        node: name of the node it belongs to, or None for the packet as a whole.
        part: member path or part name, already safe to show.
        stage: where it happened; ``server`` marks lines of ``warning.txt``.
        severity: ``error`` (content lost), ``warning`` (content doubtful), ``info``.
        message: one line, no control characters, never a secret.
        span: (first, last) 1-based lines or (offset, end) bytes it concerns, or None.
    """

    node: str | None
    part: str
    stage: Stage
    severity: Severity
    message: str
    span: tuple[int, int] | None = None

    def __str__(self) -> str:
        where = f"{self.node}/{self.part}" if self.node else self.part
        return f"{where}: {self.message}"
