"""Where a profile (or another part) on the command line comes from: a file, or a member of a packet."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.errors import SourceError
from analyzer.text import printable

if TYPE_CHECKING:
    from analyzer.profiles.model import Columns

_EXECUTABLES = (
    b"\x7fELF",
    b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe",
    b"MZ",
)  # fmt: skip


def is_binary(name: str) -> bool:
    """Tell whether a file is an executable, as may stand before the sources."""
    try:
        with Path(name).open("rb") as file:
            return file.read(4).startswith(_EXECUTABLES)
    except (OSError, ValueError):
        return False


def read(name: str) -> Columns:
    """Read one profile named on the command line.

    An existing file of that name comes first, whatever it is called. Then ``PACKET:member`` is tried, cut at the
    last colon that leaves something to open, so drive letters and URLs stay whole.

    Raises:
        SourceError: it cannot be read.
        ProfileError: it is no valid profile.
    """
    from analyzer.profiles.read import read_columns

    if "\0" in name:
        raise SourceError(f"{printable(name)}: no such file")
    path = Path(name)
    if path.is_file():
        return read_columns(path)
    if parts := split(name):
        return read_columns(member_bytes(*parts))
    if name.startswith(("http://", "https://")):
        raise SourceError("profiles are not fetched from a server; save it first (curl -o FILE URL) and name the file")
    if path.is_dir():
        raise SourceError(f"is a folder; name a profile inside it: {printable(name)}:cpu.prof")
    return read_columns(path)


def _may_be_packet(name: str) -> bool:
    """Tell whether what stands before a colon can be opened: a file, or a URL up to a path (not to a port)."""
    scheme, separator, rest = name.partition("://")
    return "/" in rest if separator and scheme else Path(name).exists()


def split(name: str) -> tuple[str, str] | None:
    """Return packet and member of ``PACKET:member``; None for what exists itself and for anything else."""
    if os.path.exists(name):  # noqa: PTH110 - false for a name that no file can have
        return None
    for at in [at for at, char in enumerate(name) if char == ":"][::-1]:
        packet, member = name[:at], name[at + 1 :]
        if packet and member and _may_be_packet(packet):
            return packet, member
    return None


def member_bytes(packet: str, member: str, endings: tuple[str, ...] = (".prof", ".pb.gz")) -> bytes:
    """Return the bytes of one member of a packet, a wrapping top folder left aside.

    Raises:
        SourceError: it cannot be read; if there is no such member, members with these ``endings`` are named.
    """
    from analyzer.archive import MemberError, common_top, open_archive

    with open_archive(packet) as archive:
        wanted = member.strip("/")
        by_path = {found.path: found for found in archive.members}
        found = by_path.get(wanted) or by_path.get(common_top(archive.members) + wanted)
        if found is None:
            known = [path for path in by_path if path.endswith(endings)]
            hint = f"; it holds {', '.join(map(printable, known[:8]))}" if known else ""
            raise SourceError(f"no such member in this packet{hint}")
        try:
            return archive.read(found)
        except MemberError as error:
            raise SourceError(error.reason) from None
