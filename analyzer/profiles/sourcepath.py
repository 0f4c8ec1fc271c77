"""File names cut for people: ``-trim_path`` and ``-source_path``.

Rules: ``trimPath`` in github.com/google/pprof/internal/report/source.go.
"""

from __future__ import annotations

from collections.abc import Callable

from analyzer.profiles.paths import base

_ALWAYS = ("/proc/self/cwd/./", "/proc/self/cwd/")


def split_list(paths: str) -> list[str]:
    """Split a list of folders at colons; "" is no folder at all."""
    return paths.split(":") if paths else []


def trim_path(path: str, trim: str, search: str) -> str:
    """Cut what stands before the source folder, or a configured prefix."""
    if not trim:
        for folder in split_list(search):
            want = f"/{base(folder)}/"
            found = path.find(want)
            if found != -1:
                return path[found + len(want) :]
    for prefix in (*split_list(trim), *_ALWAYS):
        whole = prefix if prefix.endswith("/") else prefix + "/"
        if path.startswith(whole):
            return path[len(whole) :]
    return path


def shortener(trim: str, search: str) -> Callable[[str], str]:
    """Return ``trim_path`` for one setting."""
    return lambda path: trim_path(path, trim, search)
