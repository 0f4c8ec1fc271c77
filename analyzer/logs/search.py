"""Rows that fit a filter, without a frame: lines that cannot fit are never read.

For ``logs --level error --grep ...`` over a large file. Hyperscan finds the lines that may fit; these are read by the
reference and held against the filter exactly, so the rows are those of ``Log.select``. No numpy, no pandas: the whole
process takes less time than their import.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from analyzer.format.levels import BY_NAME, canonical_level
from analyzer.logs.forms import Record, read_line
from analyzer.logs.forms.line import over_long
from analyzer.logs.forms.wrapped import in_object
from analyzer.logs.grouping import Grouping
from analyzer.logs.schema import FREQUENT_NAMES, LINES, RECORD_KINDS
from analyzer.logs.select import Filter, check_pattern
from analyzer.logs.split import RECORD_START, Block, blocks, split_lines

if TYPE_CHECKING:
    from analyzer.logs.source import Feed

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# what logr writes at the start of every JSON line; the first of equal keys counts, so level and message are certain
_HEAD = re.compile(rb'\{"timestamp": ?"[^"\\]*", ?"level": ?"([^"\\]*)", ?"msg": ?"([^"\\]*)"')
_AGAIN: Final = (b'{"timestamp"', b'{"level"')
_PLAIN_TEXT = re.compile(r"[A-Za-z0-9 _,;:=/@!<>#%&~'-]+")


class NeedsAllLinesError(Exception):
    """A time has no offset: only the whole log can tell which one to take."""


@dataclass(slots=True)
class Search:
    """A search over a log: iterate it for rows; afterwards ``lines`` and ``size`` are what was looked through.

    A row is a dict with the columns of ``LINES``; ``time`` is a datetime.
    """

    feed: Feed
    chosen: Filter
    lines: int = 0
    size: int = 0
    _grep: Any = field(init=False, default=None)
    _error: Any = field(init=False, default=None)
    _caller: re.Pattern[str] | None = field(init=False, default=None)
    _scan: Any = field(init=False, default=None)
    _levels: frozenset[str] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        chosen = self.chosen
        self._grep = check_pattern(chosen.grep) if chosen.grep is not None else None
        self._error = check_pattern(chosen.error) if chosen.error is not None else None
        self._caller = re.compile(fnmatch.translate(chosen.caller)) if chosen.caller is not None else None
        self._levels = frozenset(chosen.levels) if chosen.levels is not None else None
        self._scan = _scanner(chosen)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield the rows that fit, in order."""
        for block in blocks(self.feed, 1 << 20):
            yield from self._block(block)
            self.size += block.long_line or block.size

    def _block(self, block: Block) -> Iterator[dict[str, Any]]:
        if block.long_line:
            self.lines += 1
            record = over_long(block.data, block.long_line - block.ended)
            if self._fits(record, record.kind):
                yield self._row(record, self.lines, record.kind)
            return
        data = block.data
        if b"\x00" in data:  # lines may end with NUL: cut as the reader does
            spans = split_lines(data)
            yield from self._spans(data, spans, self.lines)
            self.lines += len(spans)
            return
        counted = at = 0
        for place in self._starts(data):
            if place < at or not self._may_fit(data[place : _end(data, place)]):
                continue
            start, at = _group(data, place, at)
            self.lines += data.count(b"\n", counted, start)
            counted = start
            spans = [(start + a, start + b, start + c) for a, b, c in split_lines(data[start:at])]
            yield from self._spans(data, spans, self.lines)
        self.lines += data.count(b"\n", counted) + (not data.endswith(b"\n"))

    def _starts(self, data: bytes) -> Iterator[int]:
        """Yield starts of lines that may fit, in order; several times the same one."""
        found: list[int] = []
        self._scan.scan(data, match_event_handler=lambda _id, _start, end, _flags, _context: found.append(end))
        done = -1
        for end in found:
            if end <= done:
                continue
            yield data.rfind(b"\n", 0, end) + 1
            done = _end(data, end - 1)

    def _may_fit(self, line: bytes) -> bool:
        """Tell by a JSON line's head whether it can fit; other lines always may."""
        head = _HEAD.match(line)
        if head is None or any(line.find(mark, 1) > 0 for mark in _AGAIN):
            return True
        if self._levels is not None and canonical_level(head.group(1).decode("utf-8", "replace")) not in self._levels:
            return False
        if self._grep is None:
            return True
        # broken lines are searched whole, so the whole line counts where the message alone does not fit
        return self._matches(self._grep, head.group(2)) or self._matches(self._grep, line)

    @staticmethod
    def _matches(pattern: Any, text: bytes) -> bool:
        return pattern.search(text.decode("utf-8", "replace")) is not None

    def _spans(self, data: bytes, spans: list[tuple[int, int, int]], before: int) -> Iterator[dict[str, Any]]:
        """Read lines one by one and yield those that fit, in order; a continuation goes with its record."""
        grouping = Grouping()
        found: list[tuple[int, Record, str]] = []
        pending: list[tuple[int, Record, str]] = []
        for number, (start, end, _) in enumerate(spans, start=before + 1):
            record = read_line(data[start:end])
            continues = grouping.add(record)
            if record.kind == "blank":
                continue
            if continues:
                pending.append((number, record, "continuation"))
            elif record.kind in RECORD_KINDS:
                found += pending if pending and self._fits(pending[0][1], pending[0][2]) else []
                pending = [(number, record, record.kind)]
            elif self._fits(record, "unparsed"):  # what follows it still belongs to the record before
                found.append((number, record, "unparsed"))
        found += pending if pending and self._fits(pending[0][1], pending[0][2]) else []
        for number, record, kind in sorted(found, key=lambda item: item[0]):
            yield self._row(record, number, kind)

    def _fits(self, record: Record, kind: str) -> bool:
        chosen = self.chosen
        if record.time is not None and record.offset is None:
            raise NeedsAllLinesError
        if self._levels is not None and record.level not in self._levels:
            return False
        if chosen.since is not None and (record.time is None or record.time < chosen.since):
            return False
        if chosen.until is not None and (record.time is None or record.time >= chosen.until):
            return False
        if self._caller and not (record.caller and self._caller.match(record.caller)):
            return False
        for name, value in chosen.equal:
            if (kind if name == "kind" else record.columns.get(name)) != value:
                return False
        if self._grep is not None and not (record.msg is not None and self._grep.search(record.msg)):
            return False
        error = record.columns.get("error")
        return self._error is None or (isinstance(error, str) and self._error.search(error) is not None)

    @staticmethod
    def _row(record: Record, number: int, kind: str) -> dict[str, Any]:
        row: dict[str, Any] = {}
        for name in LINES.names:
            if name == "line":
                row[name] = number
            elif name == "kind":
                row[name] = kind
            elif name == "time":
                row[name] = None if record.time is None else _EPOCH + timedelta(microseconds=record.time)
            elif name == "time_from":
                row[name] = None if record.time is None else "line"
            elif name in FREQUENT_NAMES:
                row[name] = record.columns.get(name)
            else:
                row[name] = getattr(record, name)
        return row


def can_search(chosen: Filter) -> bool:
    """Tell whether a filter names anything that bytes can be searched for."""
    return chosen.levels is not None or bool(chosen.grep and required_texts(chosen.grep))


def search_log(opened: Callable[[int], Feed], chosen: Filter) -> tuple[list[dict[str, Any]], Feed] | None:
    """Return (rows that fit, the feed they came from); None if only the whole log can tell.

    ``opened`` gives up to so many bytes of the log, from its start, each time it is called.
    """
    if not can_search(chosen) or is_wrapped(opened(64 << 10)):
        return None
    search = Search(opened(1 << 40), chosen)
    try:
        rows = list(search)
    except NeedsAllLinesError:
        return None
    # nothing found in what is no log deserves a word about it
    if not rows and not has_record(opened(1 << 20)):
        return None
    return rows, search.feed


def is_wrapped(feed: Feed) -> bool:
    """Tell whether a collector made objects of the lines: what is in them is escaped, so bytes tell little."""
    first = next(iter(feed), b"").partition(b"\n")[0]
    return in_object(first) is not None


def has_record(feed: Feed) -> bool:
    """Tell whether there is a log record in what is read, or nothing at all."""
    blank = True
    for block in blocks(feed):
        data = block.data
        for start, end, _ in split_lines(data):
            kind = read_line(data[start:end]).kind
            if kind in RECORD_KINDS:
                return True
            blank = blank and kind == "blank"
    return blank


def _end(data: bytes, at: int) -> int:
    end = data.find(b"\n", at)
    return len(data) if end < 0 else end


def _group(data: bytes, place: int, floor: int) -> tuple[int, int]:
    """Return (start, end) of the record that the line at ``place`` is part of, with all lines up to the next record."""
    start = place
    while start > floor and not _is_record(data, start):
        start = data.rfind(b"\n", floor, start - 1) + 1 or floor
    end = _end(data, place)
    while end + 1 < len(data) and not _is_record(data, end + 1):
        end = _end(data, end + 1)
    return start, min(end + 1, len(data))


def _is_record(data: bytes, start: int) -> bool:
    """Tell whether a record starts here; a broken one does not end what belongs to the record before it."""
    if not RECORD_START.match(data, start):
        return False
    import orjson

    line = data[start : _end(data, start)]
    if line.startswith(b"{"):
        try:
            orjson.loads(line)
        except orjson.JSONDecodeError:
            return read_line(line).kind in RECORD_KINDS
        return True
    return read_line(line).kind in RECORD_KINDS


def _scanner(chosen: Filter) -> Any:
    """Return a Hyperscan database that finds every line that may fit.

    The rarer of the two is searched for: the texts that the pattern needs one of, else the level.
    """
    import hyperscan

    needed = required_texts(chosen.grep) if chosen.grep else ()
    patterns = [_literal(text) for text in needed]
    patterns = patterns or [part for level in chosen.levels or () for part in _level_patterns(level)]
    # letters written as \u0041 hide both, and a slash may be escaped
    patterns += [rb"\\u00[2-7]", *([rb"\\/"] if any("/" in text for text in needed) else [])]
    flags = hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_MULTILINE
    if needed:
        flags = hyperscan.HS_FLAG_MULTILINE
    scanner = hyperscan.Database()
    scanner.compile(expressions=patterns, ids=list(range(len(patterns))), flags=[flags] * len(patterns))
    return scanner


def _literal(text: str) -> bytes:
    return b"".join(b"\\x%02x" % byte for byte in text.encode())


def _level_patterns(level: str) -> list[bytes]:
    """Return patterns for a level: as JSON text, as GELF's number, and at the head of a text line."""
    name = _literal(level)
    known = BY_NAME[level.casefold()]
    names = [name, *([rb"warning"] if level == "warn" else [rb"err"] if level == "error" else [])]
    patterns = [rb'"level"\s{0,8}:\s{0,8}"\s{0,8}' + text for text in names]
    patterns += [rb"^[^{\n][^\n]{0,120}" + text for text in names]
    patterns += [rb"^" + text for text in names]
    if known.id is not None:
        patterns.append(rb'"level"\s{0,8}:\s{0,8}"?' + str(known.id).encode() + rb"\b")
    return patterns


def required_texts(pattern: str) -> tuple[str, ...]:
    """Return texts of at least three characters, one of which whatever ``pattern`` matches must hold; none if unknown.

    One for each alternative: only the plain characters outside groups, classes and repeats count.
    """
    if "(?" in pattern or "\\Q" in pattern:
        return ()
    found: list[str] = []
    best = current = ""
    depth = at = 0
    while at < len(pattern):
        char = pattern[at]
        after = pattern[at + 1 : at + 2]
        if char == "[":
            end = pattern.find("]", at + (3 if after == "^" else 2))
            if end < 0:
                return ()
            current, at = "", end + 1
            continue
        if char in "()":
            depth += 1 if char == "(" else -1
            current = ""
        elif depth == 0 and char == "|":
            found.append(best)
            best = current = ""
        elif depth == 0 and _PLAIN_TEXT.fullmatch(char):
            # a repeat takes the character before it away
            current = "" if after and after in "*?{" else current + char
            if after == "+":
                best, current = max(best, current, key=len), ""
        elif char == "\\":
            current, at = "", at + 1
        else:
            current = ""
        best = max(best, current, key=len)
        at += 1
    found.append(best)
    return tuple(dict.fromkeys(found)) if all(len(text) >= 3 for text in found) else ()
