"""File names as pprof prints them: Go's ``filepath`` rules for slashes, on text that never touches a disk."""

from __future__ import annotations

import posixpath


def clean(path: str) -> str:
    """Return the shortest equal path, as Go's ``filepath.Clean`` does."""
    shortest = posixpath.normpath(path) if path else "."
    return shortest[1:] if shortest.startswith("//") else shortest


def base(path: str) -> str:
    """Return the last element of a path, as Go's ``filepath.Base`` does."""
    if not path:
        return "."
    return path.rstrip("/").rpartition("/")[2] or "/"
