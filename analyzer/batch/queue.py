"""From what the user named to what is to be read: files, packet folders, what lies in folders, globs, URLs.

Inside a folder only regular files and real folders count; links, pipes and devices are never followed or opened.
"""

from __future__ import annotations

import fnmatch
import glob
import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from analyzer.format.files import FILES

if TYPE_CHECKING:
    from collections.abc import Sequence

ARCHIVES: Final = (".zip", ".tar.gz", ".tgz")
MAX_DEPTH: Final = 32
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_NAMES: Final = frozenset(row.name for row in FILES if "*" not in row.name and "/" not in row.name)
_ROOT_NAMES: Final = frozenset(row.name for row in FILES if row.place == "root")
_NODE_PAIR: Final = frozenset({"diagnostics.yaml", "sanitized_config.json"})


@dataclass(frozen=True, slots=True)
class Item:
    """One source to read.

    Attributes:
        source: path or URL, as the user gave it or as it was found.
        size: bytes, where they are known without opening it.
        error: why it cannot be read; then it is no source but a problem.
        skipped: why it is not read, though nothing is wrong with that; then it is no source but a remark.
    """

    source: str
    size: int | None = None
    error: str | None = None
    skipped: str | None = None

    @property
    def is_source(self) -> bool:
        """Whether it is to be read."""
        return self.error is None and self.skipped is None


def expand(sources: Iterable[str | os.PathLike[str]]) -> Iterator[Item]:
    """Yield what is to be read, in order and each path once; what cannot or will not be read comes with its reason."""
    seen: set[str] = set()
    for named in sources:
        for item in _expand_one(os.fspath(named)):
            if item.source not in seen:
                seen.add(item.source)
                yield item


def _expand_one(source: str) -> Iterator[Item]:
    if _URL.match(source):
        yield from _expand_url(source)
        return
    try:
        found = os.stat(source)  # noqa: PTH116 -- a path named by the user may be a link
    except (OSError, ValueError) as error:
        matches = sorted(glob.glob(source, recursive=True)) if glob.has_magic(source) else []  # noqa: PTH207
        if not matches:
            yield Item(source, error=getattr(error, "strerror", None) or "cannot be read")
        for match in matches:
            yield from _expand_one(match)
        return
    if stat.S_ISDIR(found.st_mode):
        yield from _or_nothing(source, _expand_folder(source, 0))
    else:
        yield Item(source, found.st_size if stat.S_ISREG(found.st_mode) else None)


def _or_nothing(folder: str, items: Iterator[Item]) -> Iterator[Item]:
    """Yield the items, and a remark on the folder if nothing in it is to be read."""
    empty = True
    for item in items:
        empty = empty and item.skipped is not None
        yield item
    if empty:
        yield Item(folder, skipped="nothing to scan: no packet and no archive in it")


def _expand_folder(folder: str, depth: int) -> Iterator[Item]:
    try:
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        yield Item(folder, error=error.strerror or "cannot be listed")
        return
    if _is_packet(listed):
        yield Item(folder)
        return
    if depth >= MAX_DEPTH:
        yield Item(folder, error=f"folders inside one another deeper than {MAX_DEPTH}")
        return
    for entry in listed:
        try:
            if entry.is_dir(follow_symlinks=False):
                yield from _expand_folder(entry.path, depth + 1)
            elif entry.name.lower().endswith(ARCHIVES):
                if entry.is_file(follow_symlinks=False):
                    yield Item(entry.path, entry.stat(follow_symlinks=False).st_size)
                else:
                    yield Item(entry.path, skipped="a link, not followed" if entry.is_symlink() else "no regular file")
        except OSError as error:
            yield Item(entry.path, error=error.strerror or "cannot be read")


def _is_packet(listed: Sequence[os.DirEntry[str]]) -> bool:
    """Whether a folder holds a packet's files, or nothing but folders of nodes."""
    names = {entry.name for entry in listed if entry.is_file(follow_symlinks=False)}
    if names & _NAMES:
        return True
    folders = [entry for entry in listed if entry.is_dir(follow_symlinks=False)]
    return bool(folders) and not names and all(_is_node(entry.path) for entry in folders)


def _is_node(folder: str) -> bool:
    """A node's folder has diagnostics and configuration and none of the files of the packet as a whole."""
    try:
        names = set(os.listdir(folder))  # noqa: PTH208
    except OSError:
        return False
    return names >= _NODE_PAIR and names.isdisjoint(_ROOT_NAMES)


def _expand_url(url: str) -> Iterator[Item]:
    """List a remote folder or pattern; a single URL is passed on as it is."""
    path = url.partition("?")[0]
    wild = glob.has_magic(path.partition("://")[2])
    if not (wild or path.endswith("/") or _is_remote_folder(url)):
        yield Item(url)
        return
    try:
        yield from _or_nothing(url, (Item(name, size) for name, size in _listed(url, wild=wild)))
    except ImportError as error:
        yield Item(url, error=f"needs the extra 'remote' ({error.name or 'a library'} is not installed)")
    except Exception as error:  # every protocol has errors of its own; their text may hold a signed URL
        yield Item(url, error=f"cannot be listed ({type(error).__name__})")


def _is_remote_folder(url: str) -> bool:
    """Whether a URL that does not say so names a folder; a web server has none, and archives are none."""
    if url.lower().startswith(("http://", "https://", "file://")) or _any_suffix(url.partition("?")[0]):
        return False
    try:
        import fsspec

        system, path = fsspec.core.url_to_fs(url)
        return bool(system.isdir(path))
    except Exception:  # opening it will tell
        return False


def _listed(url: str, *, wild: bool) -> Iterator[tuple[str, int | None]]:
    import fsspec

    system, path = fsspec.core.url_to_fs(url)
    found: dict[str, Any] = system.glob(path, detail=True) if wild else system.find(path, detail=True)
    for name in sorted(found):
        details = found[name]
        if details.get("type") == "file" and (wild or _any_suffix(name)):
            yield system.unstrip_protocol(name), details.get("size")


def _any_suffix(name: str) -> bool:
    return any(fnmatch.fnmatch(name.lower(), f"*{suffix}") for suffix in ARCHIVES)


def sha256_of(path: str) -> str | None:
    """Return the SHA-256 of a file, None if it cannot be read (which its scan will say)."""
    try:
        with Path(path).open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None


def repeated(items: Sequence[Item]) -> dict[str, str]:
    """Return source -> earlier source with the same bytes. Only files of equal size are read for that."""
    by_size: dict[int, list[Item]] = {}
    for item in items:
        if item.size and item.error is None and not _URL.match(item.source):
            by_size.setdefault(item.size, []).append(item)
    first: dict[str, str] = {}
    same: dict[str, str] = {}
    for group in by_size.values():
        for item in group if len(group) > 1 else ():
            digest = sha256_of(item.source)
            if digest is not None and first.setdefault(digest, item.source) != item.source:
                same[item.source] = first[digest]
    return same
