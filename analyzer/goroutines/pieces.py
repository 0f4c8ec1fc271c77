"""A dump cut at its headers, with everything taken out that differs between goroutines of one stack.

The quick way works through the text in blocks and keeps only numbers and distinct texts. It gives up on the first
thing that looks like a header and is none; then the careful way looks at the text as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from analyzer.goroutines.header import Status, parse_status

HEADER: Final = b"\ngoroutine "
# What differs between goroutines of one stack: argument words and, in crash output, frame addresses
_ARGUMENTS: Final = re.compile(rb"\([0{_][^\n]*")
_ADDRESSES: Final = re.compile(rb" fp=0x[^\n]*")
_BLOCK: Final = 1 << 20
_LONGEST_HEADER: Final = 1 << 16
_MAX_ID: Final = (1 << 63) - 1


class Numbered(dict[bytes, int]):
    """Numbers keys in order of first appearance."""

    def __missing__(self, key: bytes) -> int:
        self[key] = number = len(self)
        return number


@dataclass(slots=True)
class Pieces:
    """A dump cut at its headers.

    Attributes:
        ids: of each record.
        status: number of each record's header text in ``statuses``.
        body: number of each record's body in ``bodies``; the last record's is not there.
        statuses: header texts after the id.
        parsed: what each of them says.
        bodies: what stands below headers, without arguments.
        last: body of the last record, which may be cut; None without records.
        kept: which pieces between headers are records; None when all are.
    """

    ids: list[int] = field(default_factory=list)
    status: list[int] = field(default_factory=list)
    body: list[int] = field(default_factory=list)
    statuses: Numbered = field(default_factory=Numbered)
    parsed: list[Status] = field(default_factory=list)
    bodies: Numbered = field(default_factory=Numbered)
    last: bytes | None = None
    kept: list[int] | None = None


def decode(raw: bytes) -> str:
    """Return bytes of a dump as text; what is no UTF-8 becomes U+FFFD."""
    return raw.decode("utf-8", "replace")


def each_start(text: bytes) -> Iterator[int]:
    """Yield where each piece after a header's ``goroutine `` begins."""
    if text.startswith(HEADER[1:]):
        yield len(HEADER) - 1
    at = text.find(HEADER)
    while at >= 0:
        yield at + len(HEADER)
        at = text.find(HEADER, at + len(HEADER))


def cut(text: bytes) -> Pieces:
    """Cut a dump at its headers; a line that only looks like a header stays with the record before it."""
    return _quick(text) or _careful(text)


def _strip(text: bytes) -> bytes:
    """Return the text without argument words and frame addresses; line breaks stay where they are."""
    if b" fp=0x" in text:
        text = b"".join(_ADDRESSES.split(text))
    return b"(".join(_ARGUMENTS.split(text))


def _blocks(text: bytes) -> Iterator[bytes]:
    """Yield the text in blocks that begin with a line break and a header; only the first may begin otherwise."""
    start = 0
    while start < len(text):
        end = text.find(HEADER, start + _BLOCK)
        block = text[start : end if end >= 0 else len(text)]
        yield block if start else b"\n" + block
        start = end if end >= 0 else len(text)


def _quick(text: bytes) -> Pieces | None:
    pieces = Pieces()
    statuses, bodies = pieces.statuses, pieces.bodies
    last: list[bytes] = []
    for block in _blocks(text):
        _, *records = _strip(block).split(HEADER)
        parts = [record.partition(b"\n") for record in records]
        heads = [part[0].partition(b" ") for part in parts]
        if not all(map(bytes.isdigit, [head[0] for head in heads])):
            return None
        if parts:
            if last:
                pieces.body.append(bodies[last[0]])
            last = [parts.pop()[2]]
        pieces.ids += [int(head[0]) for head in heads]
        pieces.status += [statuses[head[2]] for head in heads]
        pieces.body += [bodies[part[2]] for part in parts]
        for raw in islice(statuses, len(pieces.parsed), None):
            status = parse_status(decode(raw))
            if status is None:
                return None
            pieces.parsed.append(status)
    if max(pieces.ids, default=0) > _MAX_ID:
        return None
    pieces.last = last[0] if last else None
    return pieces


def _careful(text: bytes) -> Pieces:
    """Cut a text in which not everything that looks like a header is one."""
    starts = list(each_start(text))
    records = (b"\n" + _strip(text)).split(HEADER)[1:]
    pieces, kept = Pieces(), list[int]()
    parts: list[list[bytes]] = []
    known: dict[bytes, Status | None] = {}
    for i, record in enumerate(records):
        line, _, body = record.partition(b"\n")
        raw, _, head = line.partition(b" ")
        if head.endswith(b"("):  # a label value looked like an argument list
            original = text[starts[i] : starts[i] + _LONGEST_HEADER].partition(b"\n")[0]
            head = original.partition(b" ")[2]
        if head not in known:
            known[head] = parse_status(decode(head))
        status = known[head]
        if status is not None and raw.isdigit() and len(raw) < 20 and int(raw) <= _MAX_ID:
            kept.append(i)
            pieces.ids.append(int(raw))
            pieces.status.append(pieces.statuses[head])
            if len(pieces.parsed) < len(pieces.statuses):
                pieces.parsed.append(status)
            parts.append([body])
        elif parts:
            parts[-1].append(record)
    pieces.kept = kept
    joined = [HEADER.join(part) for part in parts]
    pieces.last = joined.pop() if joined else None
    pieces.body = [pieces.bodies[body] for body in joined]
    return pieces
