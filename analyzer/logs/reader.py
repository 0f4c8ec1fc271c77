"""``read_log``: a source of bytes -> ``Log``."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from typing import TYPE_CHECKING

from analyzer.errors import Problem, Progress, UsageError
from analyzer.logs.rows import Frame, Part, quality_frame
from analyzer.logs.schema import DAMAGE, LINES
from analyzer.logs.source import Feed, LogSource, open_feed
from analyzer.logs.split import blocks
from analyzer.text import count, printable

if TYPE_CHECKING:
    import pandas as pd

    from analyzer.logs.log import Log

MAX_BYTES = 4 << 30
_SMALL = 512 << 10
_SMALLEST, _LARGEST = 1 << 20, 8 << 20
_ALWAYS = ("line", "kind")
_IN_PART = frozenset({"line", "kind", "time", "time_from"})


def read_log(
    source: LogSource,
    *,
    columns: Iterable[str] | None = None,
    offset_minutes: int | None = None,
    name: str | None = None,
    node: str | None = None,
    max_bytes: int = MAX_BYTES,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Log:
    """Read a log of any form, or of several mixed, and return it with every line accounted for.

    Args:
        source: a path, bytes, a binary file object (only ``read`` is used) or chunks of bytes; gzip is unpacked.
        columns: names of ``LINES`` to hold, in the schema's order; None for all. ``line`` and ``kind`` are always
            there. Fewer columns cost less memory and time; questions that need a column left out raise UsageError.
        offset_minutes: the server's offset from UTC, for lines whose time has none; without it the most
            frequent offset of the other lines is taken, else UTC. ``time_from`` says which.
        name: what to call the log in problems; the file's name by default.
        node: the node it comes from.
        max_bytes: no more than this is read; what is beyond is reported in ``problems``.
        workers: threads that read blocks; None for as many as there are cores, up to four.
        progress: called with (bytes done, bytes in all or None, name).

    Raises:
        SourceError: the source cannot be read at all.
        UsageError: an unknown column.
    """
    from analyzer.logs.log import Log

    wanted = choose_columns(columns)
    feed = open_feed(source, max_bytes)
    if name:
        feed.name = name
    frame = Frame(wanted)
    arrays = [column for column in wanted if column not in _IN_PART]
    for part, offset in _parts(feed, arrays, workers):
        frame.add(part, offset)
        if progress:
            progress(feed.done, feed.total, feed.name)
    quality = quality_frame(frame.kind_lines, frame.kind_bytes)
    damage = DAMAGE.frame(
        {
            "line": [item[0] for item in frame.damage],
            "offset": [item[1] for item in frame.damage],
            "length": [item[2] for item in frame.damage],
            "reason": [item[3] for item in frame.damage],
        }
    )
    return Log(
        lines=frame.frame(offset_minutes),
        quality=quality,
        damage=damage,
        problems=_problems(feed, quality, damage, node),
        name=feed.name,
        node=node,
    )


def _parts(feed: Feed, columns: list[str], workers: int | None) -> Iterator[tuple[Part, int]]:
    """Yield the rows of each block in order; a few blocks are read ahead by threads."""
    from analyzer.logs.fast import read_block_fast

    threads = workers if workers is not None else min(4, os.cpu_count() or 1)
    source = blocks(feed, _block_size(feed.total, threads))
    first = next(source, None)
    if first is None:
        return
    if threads < 2 or first.size < _SMALL:  # a short block can only be the last one
        _keep_freed_memory()
        for block in chain([first], source):
            yield read_block_fast(block, columns), block.offset
        return
    _keep_freed_memory()
    with ThreadPoolExecutor(threads, thread_name_prefix="log") as pool:
        ahead: deque[tuple[Future[Part], int]] = deque()
        for block in chain([first], source):
            ahead.append((pool.submit(read_block_fast, block, columns), block.offset))
            if len(ahead) > threads + 1:
                done, offset = ahead.popleft()
                yield done.result(), offset
        while ahead:
            done, offset = ahead.popleft()
            yield done.result(), offset


def _block_size(total: int | None, threads: int) -> int:
    """Return how many bytes a block has: many for each call, and as many blocks for one thread as for another."""
    if total is None:
        return _LARGEST
    rounds = max(3, -(-total // (_LARGEST * threads)))
    return max(_SMALLEST, -(-total // (rounds * threads)))


def _keep_freed_memory() -> None:
    """Have glibc keep the memory of one block's arrays for the next block's.

    Freeing a large block raises malloc's thresholds (mallopt(3): M_MMAP_THRESHOLD, dynamic); without that, every
    array is given back and taken again, page by page, a fifth of the time. Untouched, the block itself costs nothing.
    """
    import numpy as np

    np.empty(31 << 20, np.uint8)


def choose_columns(columns: Iterable[str] | None) -> list[str]:
    """Return the columns of ``LINES`` to hold, in the schema's order; raises UsageError for an unknown one."""
    if columns is None:
        return LINES.names
    asked = [*columns, *_ALWAYS]
    unknown = [column for column in asked if column not in LINES.names]
    if unknown:
        raise UsageError(f"a log has no column {', '.join(map(repr, unknown))}")
    return [column for column in LINES.names if column in asked]


def _problems(feed: Feed, quality: pd.DataFrame, damage: pd.DataFrame, node: str | None) -> tuple[Problem, ...]:
    part = printable(feed.name)
    found = [Problem(node, part, "read", "error", printable(text)) for text in feed.trouble]
    lines, size = (int(quality[column]["unparsed"]) for column in ("lines", "bytes"))
    if lines:
        first = int(damage["line"].iloc[0])
        message = f"{count(lines, 'line')} ({count(size, 'byte')}) not understood, the first is line {first}"
        found.append(Problem(node, part, "parse", "warning", message, (first, int(damage["line"].iloc[-1]))))
    return tuple(found)
