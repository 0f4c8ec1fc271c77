"""Where a profile on the command line comes from: a file, or a member of a packet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.errors import ProfileError, SourceError
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
        try:
            return read_columns(path)
        except ProfileError as error:
            raise _hinted(path, error) from None
    for at in [at for at, char in enumerate(name) if char == ":"][::-1]:
        packet, member = name[:at], name[at + 1 :]
        if packet and member and _may_be_packet(packet):
            return read_columns(_member(packet, member))
    if path.is_dir():
        raise SourceError(f"is a folder; name a profile inside it: {printable(name)}:cpu.prof")
    return read_columns(path)


def _may_be_packet(name: str) -> bool:
    """Tell whether what stands before a colon can be opened: a file, or a URL up to a path (not to a port)."""
    scheme, separator, rest = name.partition("://")
    return "/" in rest if separator and scheme else Path(name).exists()


def _hinted(path: Path, error: ProfileError) -> ProfileError:
    """Say how to name a profile inside a packet when the packet alone was named."""
    with path.open("rb") as file:
        if file.read(4) != b"PK\x03\x04":
            return error
    return ProfileError("is a zip file; name the profile inside it, such as PACKET.zip:cpu.prof", verdict=error.verdict)


def _member(packet: str, member: str) -> bytes:
    """Return the bytes of one member of a packet, a wrapping top folder left aside."""
    from analyzer.archive import MemberError, common_top, open_archive

    with open_archive(packet) as archive:
        wanted = member.strip("/")
        by_path = {found.path: found for found in archive.members}
        found = by_path.get(wanted) or by_path.get(common_top(archive.members) + wanted)
        if found is None:
            known = [path for path in by_path if path.endswith((".prof", ".pb.gz"))]
            hint = f"; it holds {', '.join(map(printable, known[:8]))}" if known else ""
            raise SourceError(f"no such member in this packet{hint}")
        try:
            return archive.read(found)
        except MemberError as error:
            raise SourceError(error.reason) from None
