"""``read_profile``: any source -> one profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.profiles.container import MAX_BYTES, Source, content
from analyzer.profiles.decode import decode
from analyzer.profiles.profile import Profile

if TYPE_CHECKING:
    from analyzer.profiles.model import Columns


def read_columns(source: Source, *, max_bytes: int = MAX_BYTES) -> Columns:
    """Read one profile as columns; see ``read_profile``."""
    return decode(content(source, max_bytes))


def read_profile(source: Source, *, max_bytes: int = MAX_BYTES) -> Profile:
    """Read one pprof profile, gzip or not.

    Args:
        source: path, bytes or binary file object.
        max_bytes: refuse anything larger than this, unpacked.

    Raises:
        SourceError: the source cannot be read.
        ProfileError: it is no valid profile; ``verdict`` is what ``go tool pprof`` says about it.
    """
    return Profile(read_columns(source, max_bytes=max_bytes))
