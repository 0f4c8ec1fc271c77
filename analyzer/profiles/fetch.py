"""From sources to the one profile that reports are made of.

Order of steps: ``fetchProfiles`` in github.com/google/pprof/internal/driver/fetch.go: read and merge the sources,
read and merge the bases, subtract, prune what the file wants dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from analyzer.errors import PacketError, UsageError
from analyzer.profiles.edit import with_strings
from analyzer.profiles.merge import combine, difference
from analyzer.profiles.model import Columns, Mappings
from analyzer.profiles.prune import drop_frames

_CHUNK = 128  # so many sources are merged at a time, which keeps memory low
_URL = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*:[^\x00-\x20\x7f]*\Z")


@dataclass(frozen=True, slots=True)
class Fetch:
    """What to read.

    Attributes:
        sources: what to report on; several are merged.
        bases: what to subtract.
        mark_base: keep the base's samples apart (``-diff_base``).
        normalize: scale the sources to the bases first.
        binary: name of the main binary in place of the file's.
        build_id: its build id in place of the file's.
        comment: one more comment.
        all_frames: do not drop the frames that the file wants dropped.
    """

    sources: Sequence[str]
    bases: Sequence[str] = ()
    mark_base: bool = False
    normalize: bool = False
    binary: str = ""
    build_id: str = ""
    comment: str = ""
    all_frames: bool = False


@dataclass(slots=True)
class Fetched:
    """The profile, and how many sources could not be read."""

    columns: Columns
    failed: int = field(default=0)


def fetch(wanted: Fetch, read: Callable[[str], Columns], warn: Callable[[str], None]) -> Fetched:
    """Read and combine all sources; those that fail are named through ``warn`` and left out.

    Raises:
        UsageError: none could be read, or they do not fit together.
    """
    columns, failed = _read_all(wanted, wanted.sources, read, warn, "source")
    base: Columns | None = None
    if wanted.bases:
        base, failed_bases = _read_all(wanted, wanted.bases, read, warn, "base")
        failed += failed_bases
    if columns is None:
        raise UsageError("failed to fetch any source profiles")
    if wanted.bases and base is None:
        raise UsageError("failed to fetch any base profiles")
    if base is not None:
        columns = difference(columns, base, mark=wanted.mark_base, normalize=wanted.normalize)
    if wanted.all_frames:
        columns = replace(columns, drop_frames="", keep_frames="")
    columns = _without_urls(drop_frames(columns))
    if wanted.comment:
        columns = replace(columns, comments=(*columns.comments, wanted.comment))
    return Fetched(columns, failed)


def _read_all(
    wanted: Fetch, names: Sequence[str], read: Callable[[str], Columns], warn: Callable[[str], None], role: str
) -> tuple[Columns | None, int]:
    whole: Columns | None = None
    failed = 0
    for start in range(0, len(names), _CHUNK):
        chunk = []
        for name in names[start : start + _CHUNK]:
            try:
                chunk.append(_with_binary(read(name), wanted))
            except PacketError as error:
                failed += 1
                warn(_named(name, error))
        if not chunk:
            continue
        try:
            part = combine(chunk)
            whole = part if whole is None else combine([whole, part])
        except UsageError as error:
            raise UsageError(f"problem fetching {role} profiles: {error}") from None
    return whole, failed


def _named(name: str, error: PacketError) -> str:
    """Return the error with the name of its source in front, once."""
    text = str(error)
    return text if text.startswith(f"{name}: ") else f"{name}: {text}"


def _with_binary(columns: Columns, wanted: Fetch) -> Columns:
    """Give a profile without mappings an empty one, and put the names of the command line in."""
    if not len(columns.mappings):
        everywhere = replace(columns.locations, mapping=np.zeros(len(columns.locations), np.int32))
        columns = replace(columns, mappings=_one_mapping(), locations=everywhere)
    mappings = columns.mappings
    known = columns.strings[mappings.build_id[0]]
    if wanted.binary or (wanted.build_id and not known):
        texts = [wanted.binary or columns.strings[mappings.filename[0]], known or wanted.build_id]
        columns, (binary, build_id) = with_strings(columns, texts)
        filenames, build_ids = mappings.filename.copy(), mappings.build_id.copy()
        filenames[0], build_ids[0] = binary, build_id
        columns = replace(columns, mappings=replace(mappings, filename=filenames, build_id=build_ids))
    return columns


def _one_mapping() -> Mappings:
    number, row, flag = np.zeros(1, np.uint64), np.zeros(1, np.int32), np.zeros(1, bool)
    return Mappings(
        np.ones(1, np.uint64),
        number,
        number.copy(),
        number.copy(),
        row,
        row.copy(),
        flag,
        *(flag.copy() for _ in range(3)),
    )


def _without_urls(columns: Columns) -> Columns:
    """Forget file names of mappings that are URLs: they stand for where a profile came from."""
    mappings = columns.mappings
    remote = [
        not build_id and bool(_URL.match(columns.strings[filename]))
        for filename, build_id in zip(mappings.filename.tolist(), mappings.build_id.tolist(), strict=True)
    ]
    if not any(remote):
        return columns
    filenames = np.where(remote, 0, mappings.filename).astype(np.int32)
    return replace(columns, mappings=replace(mappings, filename=filenames))
