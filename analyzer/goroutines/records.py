"""A dump as columns: every goroutine a row of numbers, every distinct header and stack read once.

A dump of 100,000 goroutines has dozens of distinct stacks. So the text is not read line by line: argument
lists are cut out of the whole text in one pass, the rest is split at the headers, and equal bodies are found
by a dict. Only distinct bodies and distinct headers are taken apart. Arguments are read from the original
text when they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from analyzer.goroutines.body import Ancestor, Body, BodyReader, Frame
from analyzer.goroutines.header import Status
from analyzer.goroutines.messages import Message, section_end, section_of
from analyzer.goroutines.pieces import HEADER, Pieces, decode, each_start
from analyzer.goroutines.pieces import cut as cut_at_headers

Ints: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]

MAX_BUFFER: Final = 64 << 20
"""``runtime/pprof`` stops growing its buffer there and cuts the dump without a mark."""
_PARENT: Final = b" in goroutine "


@dataclass(frozen=True, slots=True)
class Records:
    """Columns of a dump; row i is its i-th goroutine.

    Attributes:
        ids: goroutine ids, -1 where the form has none.
        status: index into ``statuses``.
        stack: index into ``stacks``.
        creator: index into ``creators``, -1 when none is named.
        creator_id: id of the creating goroutine, -1 when unknown.
        cut: frames elided, stack unavailable or text cut.
        weight: how many goroutines the row stands for: 1 in a dump, any count in a profile.
        statuses, stacks, creators: the distinct values; a stack is its frames, leaf first; a creator is the
            function, file and line of its ``go`` statement.
        ancestors: row to the goroutines that led to it (only with ``GODEBUG=tracebackancestors``).
        messages: lines of crash output.
        unparsed: lines that were not understood, with their 1-based line.
        truncated: the text was cut (64 MiB, a field limit, a broken copy).
        text: what was read; empty in profiles.
        pieces: which piece between headers each row is, or None when piece i is row i.
        lines: line of ``text`` to 1-based line of the source, or None when they are the same.
    """

    ids: Ints
    status: Ints
    stack: Ints
    creator: Ints
    creator_id: Ints
    cut: Flags
    weight: Ints
    statuses: tuple[Status, ...]
    stacks: tuple[tuple[Frame, ...], ...]
    creators: tuple[Frame, ...]
    ancestors: dict[int, tuple[Ancestor, ...]] = field(default_factory=dict)
    messages: tuple[Message, ...] = ()
    unparsed: tuple[tuple[int, str], ...] = ()
    truncated: bool = False
    text: bytes = b""
    pieces: Ints | None = None
    lines: npt.NDArray[np.int32] | None = None


def spans(records: Records) -> tuple[Ints, Ints]:
    """Return (start, end) bytes of each row in ``records.text``; a row begins with its id."""
    starts = np.fromiter(each_start(records.text), dtype=np.int64)
    if records.pieces is not None:
        starts = starts[records.pieces]
    return starts, np.append(starts[1:] - len(HEADER), len(records.text))[: len(starts)]


class _Bodies:
    """Distinct bodies, read once; those that differ only in who created them are read once, too."""

    def __init__(self) -> None:
        self._reader = BodyReader()
        self._shared: dict[tuple[bytes, bytes], int] = {}
        self.read: list[Body] = []

    def number(self, raw: bytes, *, last: bool) -> tuple[int, int]:
        """Return (index into ``read``, id of the creating goroutine or -1) of one distinct body."""
        at = -1 if last or b"[originating from" in raw else raw.rfind(_PARENT)
        if at >= 0:
            parent, _, rest = raw[at + len(_PARENT) :].partition(b"\n")
            key = (raw[:at], rest)
            found = self._shared.get(key)
            if found is not None and parent.isdigit() and len(parent) < 19:
                return found, int(parent)
        body = self._reader.read(decode(raw), last=last)
        self.read.append(body)
        creator_id = -1 if body.creator_id is None else body.creator_id
        if at >= 0 and parent == str(creator_id).encode():
            self._shared[key] = len(self.read) - 1
        return len(self.read) - 1, creator_id


class _Log:
    """Collects lines of crash output and lines that were not understood."""

    def __init__(self, lines: npt.NDArray[np.int32] | None) -> None:
        self._lines = lines
        self.messages: list[Message] = []
        self.unparsed: list[tuple[int, str]] = []

    def _source_line(self, line: int) -> int:
        if self._lines is None or not len(self._lines):
            return line
        return int(self._lines[min(line, len(self._lines)) - 1])

    def preamble(self, raw: bytes) -> None:
        """Take what stands before the first header."""
        lines = decode(raw).split("\n")
        at = 0
        while at < len(lines):
            section = section_of(lines[at]) if lines[at] else None
            end = section_end(lines, at, section) if section else at + 1
            for i in range(at, end):
                if section:
                    self.messages.append(Message(self._source_line(i + 1), section.kind, lines[i]))
                elif lines[i].strip():
                    self.unparsed.append((self._source_line(i + 1), lines[i]))
            at = end

    def record(self, body: Body, raw: bytes, first: int) -> None:
        """Take the loose lines of one record whose header is line ``first`` of the text."""
        lines = raw.split(b"\n")
        for loose in body.loose:
            text = decode(lines[loose.line + 1])  # with its arguments, as it stands
            line = self._source_line(first + loose.line + 1)
            if loose.section:
                self.messages.append(Message(line, loose.section.kind, text))
            elif text.strip():
                self.unparsed.append((line, text))


def read_records(text: bytes, lines: npt.NDArray[np.int32] | None = None, *, cut: bool = False) -> Records:
    """Read a dump whose headers stand at the beginning of their lines (LF line ends).

    Args:
        text: anything may stand before, between and after its goroutines.
        lines: line of ``text`` to 1-based line of the file it came from, if they differ.
        cut: the text is known to be cut.
    """
    pieces = cut_at_headers(text)
    distinct = _Bodies()
    pairs = [distinct.number(raw, last=False) for raw in pieces.bodies]
    if pieces.last is not None:
        pieces.body.append(len(pairs))
        pairs.append(distinct.number(pieces.last, last=True))
    table = np.array(pairs, dtype=np.int64).reshape(-1, 2)[np.array(pieces.body, dtype=np.int64)]
    records = _columns(pieces, distinct.read, table)
    if len(text) >= MAX_BUFFER and not text.endswith(b"\n"):
        cut = True
        records.cut[-1:] = True
    if pieces.last is not None:
        last = distinct.read[table[-1, 0]]
        cut = cut or last.cut or last.ragged
    return _with_more(replace(records, text=text, lines=lines, truncated=cut), distinct.read, table[:, 0])


def _columns(pieces: Pieces, bodies: list[Body], table: Ints) -> Records:
    """Put the columns together; ``table`` holds each row's body and the id of its creator."""
    stacks: dict[tuple[Frame, ...], int] = {}
    creators: dict[Frame, int] = {}
    of_body = np.empty((len(bodies), 2), dtype=np.int64)
    for i, body in enumerate(bodies):
        of_body[i, 0] = stacks.setdefault(tuple([call.frame for call in body.calls]), len(stacks))
        of_body[i, 1] = -1 if body.creator is None else creators.setdefault(body.creator, len(creators))
    cut = np.array([b.cut or b.elided or b.unavailable for b in bodies], dtype=bool)
    return Records(
        ids=np.array(pieces.ids, dtype=np.int64),
        status=np.array(pieces.status, dtype=np.int64),
        stack=of_body[table[:, 0], 0],
        creator=of_body[table[:, 0], 1],
        creator_id=table[:, 1],
        cut=cut[table[:, 0]],
        weight=np.ones(len(table), dtype=np.int64),
        statuses=tuple(pieces.parsed),
        stacks=tuple(stacks),
        creators=tuple(creators),
        pieces=None if pieces.kept is None else np.array(pieces.kept, dtype=np.int64),
    )


def _with_more(records: Records, bodies: list[Body], body_of: Ints) -> Records:
    """Add what few records have: ancestors, crash output, lines that were not understood."""
    log = _Log(records.lines)
    log.preamble(_preamble(records))
    loose = np.array([bool(body.loose) for body in bodies], dtype=bool)[body_of]
    for row, raw, first in _raw_records(records, np.flatnonzero(loose).tolist()):
        log.record(bodies[body_of[row]], raw, first)
    inherited = np.array([bool(body.ancestors) for body in bodies], dtype=bool)[body_of]
    ancestors = {row: tuple(bodies[body_of[row]].ancestors) for row in np.flatnonzero(inherited).tolist()}
    return replace(records, ancestors=ancestors, messages=tuple(log.messages), unparsed=tuple(log.unparsed))


def _preamble(records: Records) -> bytes:
    """Return what stands before the first record."""
    if not len(records.ids):
        return records.text
    number = int(records.pieces[0]) if records.pieces is not None else 0
    start = next(islice(each_start(records.text), number, None))
    return records.text[: max(start - len(HEADER), 0)]


def _raw_records(records: Records, rows: Sequence[int]) -> Iterator[tuple[int, bytes, int]]:
    """Yield (row, its bytes, 1-based line of its header in the text) of some rows, in order."""
    if not rows:
        return
    starts, ends = spans(records)
    line, at = 1, 0
    for row in rows:
        start = int(starts[row])
        line += records.text.count(b"\n", at, start)
        at = start
        yield int(row), records.text[start : int(ends[row])], line
