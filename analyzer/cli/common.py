"""What every command shares: exit codes, options, output, notices, progress. Nothing here knows a packet."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.errors import Problem, Progress, UsageError
from analyzer.files import refuse_overwrite, replace_when_done
from analyzer.text import printable

if TYPE_CHECKING:
    import pandas as pd

DONE = 0
FOUND = 1
USAGE = 2
INCOMPLETE = 3

Source = Annotated[
    str,
    typer.Argument(metavar="SOURCE", help="packet (zip, tar.gz, folder, URL) or one bare file", show_default=False),
]
PacketArgument = Annotated[
    str, typer.Argument(metavar="SOURCE", help="packet: zip, tar.gz, folder or URL", show_default=False)
]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help="write here instead of stdout", show_default=False),
]
Force = Annotated[bool, typer.Option("--force", help="overwrite existing output")]
NodeName = Annotated[
    str | None, typer.Option("--node", metavar="NAME", help="only this node of a cluster", show_default=False)
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="no notices on stderr, only errors")]
NoProgress = Annotated[bool, typer.Option("--no-progress", help="no progress bar")]


class FrameFormat(StrEnum):
    """Forms in which a frame leaves a command."""

    table = "table"
    json = "json"
    jsonl = "jsonl"
    csv = "csv"
    parquet = "parquet"


def notice(message: str, *, quiet: bool = False) -> None:
    """Print one line for people on stderr, unless ``quiet``."""
    if not quiet:
        print(printable(message), file=sys.stderr)


def tell_problems(problems: Iterable[Problem], source: str, *, limit: int = 20) -> None:
    """Name on stderr what could not be read, one line each, at most ``limit`` lines and a count of the rest."""
    from analyzer.cli.problems import told_once

    listed = told_once(problems)
    name = source.rpartition("/")[2]
    for problem in listed[:limit]:
        # a bare file is its own part: its name stands in front already
        told = problem.message if not problem.node and problem.part in {source, name} else str(problem)
        notice(f"supportpacket: {source}: {told}")
    if len(listed) > limit:
        notice(f"supportpacket: {source}: … and {len(listed) - limit} more")


def need_folder(output: Path) -> None:
    """Raise UsageError if ``output``, which is to be a folder, or what it would stand in is something else."""
    for path in (output, *output.parents):
        if path.is_dir():
            return
        if os.path.lexists(path):
            kind = "a file" if path.is_file() else "no folder"
            raise UsageError(f"{printable(str(path))} is {kind}, -o needs a folder")


def need_file(output: Path | None, *, force: bool) -> None:
    """Raise UsageError if ``output`` cannot be written: it is a folder, or exists and ``force`` is not given."""
    if output is not None and output.is_dir():
        raise UsageError(f"{printable(str(output))} is a folder, -o needs a file")
    if output is not None:
        refuse_overwrite(output, force=force)


def write_output(data: str | bytes | Iterable[bytes], output: Path | None, *, force: bool = False) -> None:
    """Write to ``output`` (temporary name, then rename) or to stdout.

    Raises:
        UsageError: ``output`` exists without ``force`` or cannot be written.
    """
    blocks: Iterable[bytes]
    if isinstance(data, str):
        blocks = (data.encode("utf-8", "backslashreplace"),)
    elif isinstance(data, bytes):
        blocks = (data,)
    else:
        blocks = data
    if output is None:
        sys.stdout.flush()
        for block in blocks:
            sys.stdout.buffer.write(block)
        sys.stdout.buffer.flush()
        return
    need_file(output, force=force)
    with replace_when_done(output, force=force) as partial, partial.open("wb") as stream:
        for block in blocks:
            stream.write(block)


def write_frame(
    frame: pd.DataFrame, form: FrameFormat | str, output: Path | None = None, *, force: bool = False
) -> None:
    """Write a frame as table, JSON (list of objects), JSON lines, CSV or Parquet; times are ISO 8601 with offset.

    Raises:
        UsageError: see ``write_output``; Parquet to a terminal is refused.
    """
    from analyzer.cli.frames import render_frame

    to_terminal = output is None and sys.stdout.isatty()
    write_output(render_frame(frame, FrameFormat(form), to_terminal=to_terminal), output, force=force)


def text_table(headers: Sequence[str], rows: Sequence[Sequence[object]], *, width: int | None = None) -> str:
    """Return an aligned plain-text table, numbers to the right; lines are cut to ``width``, free text sharing it."""
    cells = [[_cell(value) for value in row] for row in rows]
    numeric = [
        bool(rows) and all(isinstance(row[i], int | float) or row[i] is None for row in rows)
        for i in range(len(headers))
    ]
    widths = [max([len(h), *(len(row[i]) for row in cells)]) for i, h in enumerate(headers)]
    if width is not None:
        widths = _share(widths, [header in _FREE_TEXT for header in headers], width - 2 * (len(widths) - 1))
    lines = []
    for row in [list(headers), *cells]:
        parts = [
            text.rjust(size) if right else _cut(text, size).ljust(size)
            for text, size, right in zip(row, widths, numeric, strict=True)
        ]
        line = "  ".join(parts).rstrip()
        lines.append(line if width is None else _cut(line, width))
    return "\n".join(lines) + "\n"


# headers of columns that give way where a table is too wide, and the width that each keeps
_FREE_TEXT = frozenset({"msg", "error", "template", "message"})
_LEAST = 24


def _share(widths: list[int], free: list[bool], room: int) -> list[int]:
    """Return widths that fit into ``room``: the widest of the columns of free text give first."""
    shared = list(widths)
    while (over := sum(shared) - room) > 0:
        sizes = [size for size, may in zip(shared, free, strict=True) if may and size > _LEAST]
        if not sizes:
            break
        widest = max(sizes)
        next_widest = max((size for size in sizes if size < widest), default=_LEAST)
        given = max(next_widest, widest - -(-over // sizes.count(widest)))
        shared = [given if may and size == widest else size for size, may in zip(shared, free, strict=True)]
    return shared


def _cut(text: str, size: int) -> str:
    return text if len(text) <= size else text[: size - 1] + "…"


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}"
    return printable(str(value))


def terminal_width() -> int | None:
    """Columns of the terminal that stdout is, or None for a pipe or file (nothing is cut there)."""
    if not sys.stdout.isatty():
        return None
    with contextlib.suppress(OSError):
        return os.get_terminal_size(sys.stdout.fileno()).columns
    return 80


@contextlib.contextmanager
def progress_bar(*, enabled: bool) -> Iterator[Progress | None]:
    """Yield a progress callback drawn by rich on stderr, or None when stderr is no terminal or it is not wanted."""
    if not enabled or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as RichProgress

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with RichProgress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def update(done: int, total: int | None, what: str) -> None:
            bar.update(task, completed=done, total=total, description=printable(what, 60))

        yield update
