"""Every limit of this package in one frozen value, and the account of what has been read."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from analyzer.errors import UnsafeArchive
from analyzer.text import human_bytes

if TYPE_CHECKING:
    from collections.abc import Hashable

_MB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be read, counted on actual bytes while reading, never on what an archive declares.

    The defaults leave room for real packets: packed usually tens of MB, at most about 150 MB seen
    (packet-format.md 1.7), with a log of some 100 MB in it.

    Attributes:
        archive_bytes: packed size of one source; a folder has none.
        members: members of one archive.
        directory_bytes: size of a zip's central directory.
        member_bytes: unpacked size of one member.
        total_bytes: unpacked size of all members together, nested archives included.
        ratio: unpacked over packed bytes of one member (deflate cannot exceed 1,032).
        ratio_floor: unpacked bytes that pass whatever their ratio is.
        depth: how many archives may lie inside one another; 0 opens none inside the source.
        nested_bytes: unpacked size of a member that is itself opened as an archive (it is held in memory).
        name_bytes: length of a member's name.
        line_bytes: length of one log line.
        seconds: time spent in reading one member, or in listing one archive.
    """

    archive_bytes: int = 1024 * _MB
    members: int = 20_000
    directory_bytes: int = 16 * _MB
    member_bytes: int = 2048 * _MB
    total_bytes: int = 4096 * _MB
    ratio: int = 250
    ratio_floor: int = 16 * _MB
    depth: int = 2
    nested_bytes: int = 256 * _MB
    name_bytes: int = 1024
    line_bytes: int = 1 * _MB
    seconds: float = 120.0


@dataclass(slots=True)
class Account:
    """Unpacked bytes of one opened source, shared with the archives inside it.

    A member that is read again is counted once, with the most that was read of it.
    """

    total_bytes: int
    _read: dict[Hashable, int] = field(default_factory=dict)
    _sum: int = 0

    def book(self, key: Hashable, received: int) -> None:
        """Note that ``received`` bytes of one member have been unpacked."""
        before = self._read.get(key, 0)
        if received > before:
            self._sum += received - before
            self._read[key] = received

    def left_for(self, key: Hashable) -> int:
        """Return how many bytes one member may still have in all."""
        return max(0, self.total_bytes - self._sum + self._read.get(key, 0))


@dataclass(frozen=True, slots=True)
class Clock:
    """The time that listing one archive may take."""

    name: str
    seconds: float
    started: float = field(default_factory=time.monotonic)

    def check(self) -> None:
        """Raise UnsafeArchive when the time is over."""
        if time.monotonic() - self.started > self.seconds:
            raise UnsafeArchive(f"{self.name}: not listed within {self.seconds:g} s")


@dataclass(frozen=True, slots=True)
class Context:
    """What an archive is told when it is opened: its shown name, the limits, the account, how deep it lies."""

    name: str
    limits: Limits
    account: Account
    depth: int = 0

    def inside(self, member: str) -> Context:
        """Return the context of an archive that is a member of this one."""
        return Context(f"{self.name}/{member}", self.limits, self.account, self.depth + 1)


def ceiling(limits: Limits, left: int, packed: int | None) -> tuple[int, str]:
    """Return the unpacked bytes one member may have, and the one-line reason to give when it has more.

    Args:
        limits: the limits in force.
        left: bytes left in the account.
        packed: actual packed size, or None where nothing is packed.
    """
    bounds = [
        (limits.member_bytes, f"larger than the limit of {human_bytes(limits.member_bytes)} for one member"),
        (left, f"the limit of {human_bytes(limits.total_bytes)} for all members together is used up"),
    ]
    if packed is not None:
        allowed = max(limits.ratio_floor, limits.ratio * packed)
        bounds.append((allowed, f"unpacks to more than {limits.ratio} times its {human_bytes(packed)}"))
    return min(bounds)
