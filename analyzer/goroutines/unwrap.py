"""A dump inside something else becomes plain dump text, line for line traceable to its source.

What it may be inside of: lines with prefixes of journald, syslog, Docker, compose or Kubernetes; Docker's
json-file lines; the server's JSON log, in whose ``stack`` or ``msg`` field a whole dump is one escaped string
that may be cut; plain-text logs with escaped line breaks; indentation; Windows line ends; UTF-16.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import orjson

from analyzer.goroutines.body import split_file
from analyzer.goroutines.header import parse_status
from analyzer.goroutines.pieces import decode
from analyzer.goroutines.prefixes import Stripper, strip_all
from analyzer.goroutines.race import rewrite_races
from analyzer.goroutines.records import Records

_HEADER: Final = re.compile(rb"goroutine \d{1,19} (?:gp=0x[0-9a-f]+ m=\S{1,20} (?:mp=0x[0-9a-f]+ )?)?\[[A-Za-z?]")
_ESCAPED: Final = re.compile(rb'\\(u[0-9a-fA-F]{4}|[nrt"\\/bf])')
_SHORT: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_ELIDED: Final = b"...additional frames elided..."
_DEPTH: Final = 6
_LONGEST_PREFIX: Final = 300
_LONGEST_LINE: Final = 65536
_LOOK_AT: Final = 200
_MOST_PREFIXES: Final = 8
_SYSLOG_TAB: Final = b"#011"


class Line(NamedTuple):
    """One line of dump text and the 1-based line of the source that it came from."""

    number: int
    text: bytes


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """Plain dump text, the source line of each of its lines, and whether a part of it is known to be cut."""

    text: bytes
    lines: npt.NDArray[np.int32]
    cut: bool


def plain(data: bytes) -> bytes:
    """Return UTF-8 bytes with LF line ends; byte order marks go."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = data.decode("utf-16", "replace").encode("utf-8", "replace")
    data = data.removeprefix(b"\xef\xbb\xbf")
    return data.replace(b"\r\n", b"\n") if b"\r\n" in data else data


def is_wrapped(text: bytes) -> bool:
    """Whether the first goroutine header of a text does not stand at the beginning of its line, or there is none."""
    found = _HEADER.search(text)
    return found is None or (found.start() > 0 and text[found.start() - 1] != 0x0A)


def left_wrapped(records: Records) -> bool:
    """Whether lines that a plain reading did not understand hold goroutines."""
    texts = (text for _, text in records.unparsed)
    logs = (message.text for message in records.messages if message.kind in ("log", "race"))
    return any(
        "DATA RACE" in text or ("goroutine " in text and _HEADER.search(text.encode("utf-8", "replace")))
        for lines in (texts, logs)
        for text in lines
    )


@dataclass(slots=True)
class _Streams:
    """Lines by the process they came from; blocks (dumps inside one string) stand for themselves."""

    streams: dict[bytes, list[Line]] = field(default_factory=dict)
    open: dict[bytes, Line] = field(default_factory=dict)
    blocks: list[list[Line]] = field(default_factory=list)
    cut: bool = False

    def add(self, source: bytes, line: Line, *, partial: bool = False) -> None:
        """Append a line to its process's stream; partial lines are joined."""
        if started := self.open.pop(source, None):
            line = Line(started.number, started.text + line.text)
        if partial:
            self.open[source] = line
        else:
            self.streams.setdefault(source, []).append(line)

    def close(self) -> None:
        """End partial lines that were never finished."""
        for source, line in list(self.open.items()):
            self.streams.setdefault(source, []).append(line)
        self.open.clear()

    def block(self, number: int, text: bytes, *, cut: bool = False) -> None:
        """Keep a dump that was one string on one line; a cut end is taken off and marked as elided."""
        lines = text.replace(b"\r\n", b"\n").split(b"\n")
        if lines[-1] and (cut or not _complete(lines)):
            self.cut = True
            del lines[-1]
            if lines and lines[-1] and not lines[-1].startswith((b"\t", b" ", b"goroutine ")):
                del lines[-1]  # its file line is gone
            lines.append(_ELIDED)
        self.blocks.append([Line(number, line) for line in lines])


def _complete(lines: list[bytes]) -> bool:
    """Whether a text without a final line break ends where a dump ends.

    That is the file line of ``created by``, or of any frame of goroutine 1, which nobody created.
    """
    if split_file(decode(lines[-1])) is None or len(lines) < 2:
        return False
    header = next((line for line in reversed(lines) if line.startswith(b"goroutine ")), b"")
    offset = b" +0x" in lines[-1] or lines[-2].endswith(b"(...)")
    return lines[-2].startswith(b"created by ") or (header.startswith(b"goroutine 1 ") and offset)


def _header_lines(text: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield the first lines that hold a goroutine header, and where in them it begins."""
    for match in islice(_HEADER.finditer(text), _LOOK_AT):
        begin = text.rfind(b"\n", max(0, match.start() - _LONGEST_PREFIX), match.start()) + 1
        if begin or match.start() <= _LONGEST_PREFIX:
            end = text.find(b"\n", match.start(), match.start() + _LONGEST_LINE)
            yield text[begin : end if end >= 0 else match.start() + _LONGEST_LINE], match.start() - begin


def _learn(text: bytes) -> tuple[bytes, ...]:
    """Return prefixes of header lines that no known form explains."""
    found: dict[bytes, None] = {}
    stripper = Stripper()
    for line, start in _header_lines(text):
        if start and not line.startswith((b"{", b'"')) and b"\\n" not in line and stripper.strip(line).rest == line:
            found[line[:start]] = None
    return tuple(found)[:_MOST_PREFIXES]


def _strings(value: Any, depth: int = 0) -> Iterator[str]:
    """Yield every string inside a JSON value that holds a goroutine header."""
    if isinstance(value, str):
        if "goroutine " in value and _HEADER.search(value.encode("utf-8", "replace")):
            yield value
    elif depth < _DEPTH and isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item, depth + 1)


def _unescape(match: re.Match[bytes]) -> bytes:
    code = match[1]
    if code[:1] == b"u":
        return chr(int(code[1:], 16)).encode("utf-8", "replace")
    return _SHORT.get(code, code)


def _escaped_text(line: bytes) -> tuple[bytes, bool] | None:
    """Return a dump written with escaped line breaks inside one line, and whether it ended before its quote."""
    match = _HEADER.search(line)
    if match is None or b"\\n" not in line[match.start() :]:
        return None
    if match.start() == 0 and parse_status(decode(line.partition(b" ")[2].partition(b" ")[2])) is not None:
        return None  # a plain header, one of whose labels holds a line break
    start = match.start()
    end = start
    while (end := line.find(b'"', end)) >= 0 and line[end - 1 : end] == b"\\":
        end += 1
    quoted = b'"' in line[:start]
    text = line[start : end if end >= 0 and quoted else len(line)]
    text = _ESCAPED.sub(_unescape, text)
    if b"\n" not in text:  # escaped twice
        text = _ESCAPED.sub(_unescape, text)
    return text, quoted and end < 0


class _Unwrapper:
    def __init__(self, learned: tuple[bytes, ...]) -> None:
        self._stripper = Stripper(learned)
        self.out = _Streams()

    def line(self, number: int, raw: bytes) -> None:
        """Take one physical line."""
        source, partial, rest = self._stripper.strip(raw)
        self._content(number, source, rest, partial=partial)

    def _content(self, number: int, source: bytes, text: bytes, *, partial: bool, depth: int = 0) -> None:
        if text.startswith(_SYSLOG_TAB):  # rsyslog writes control characters so
            text = b"\t" + text[len(_SYSLOG_TAB) :]
        if text.startswith(b"{") and depth < _DEPTH and self._json(number, source, text, depth):
            return
        if b"\\n" in text and (found := _escaped_text(text)):
            self.out.block(number, found[0], cut=found[1])
            return
        self.out.add(source, Line(number, text), partial=partial)

    def _json(self, number: int, source: bytes, text: bytes, depth: int) -> bool:
        """Take a line that is a JSON object; return False if it is none."""
        try:
            value = orjson.loads(text)
        except ValueError:
            return False
        if not isinstance(value, dict):
            return False
        log = value.get("log")
        if isinstance(log, str) and "stream" in value:  # Docker's json-file
            inner = log.encode("utf-8", "replace")
            source += str(value["stream"]).encode("utf-8", "replace")
            partial = not inner.endswith(b"\n")
            self._content(
                number, source, inner.removesuffix(b"\n").removesuffix(b"\r"), partial=partial, depth=depth + 1
            )
            return True
        for string in _strings(value):
            self.out.block(number, string.encode("utf-8", "replace"))
        return True  # a line of a log without a dump is understood, too


def unwrap(text: bytes) -> Unwrapped:
    """Return the dump text inside a log. Nothing raises; lines that are no dump come through as they are."""
    sample = next(_header_lines(text), None)
    if sample is not None and (stripped := strip_all(text, sample[0])) is not None and not is_wrapped(stripped):
        count = stripped.count(b"\n") + 1
        if b"DATA RACE" not in stripped and _SYSLOG_TAB not in stripped:
            return Unwrapped(stripped, np.arange(1, count + 1, dtype=np.int32), cut=False)
    physical = text.split(b"\n")
    if physical and not physical[-1]:
        physical.pop()
    worker = _Unwrapper(_learn(text))
    for number, raw in enumerate(physical, 1):
        worker.line(number, raw)
    worker.out.close()
    parts = [*worker.out.streams.values(), *worker.out.blocks]
    parts.sort(key=lambda lines: lines[0].number)
    merged: list[Line] = []
    for part in parts:
        merged += rewrite_races(part)
        merged.append(Line(part[-1].number, b""))
    if merged:
        merged.pop()
    ends = text.endswith(b"\n") or len(parts) != 1
    joined = b"\n".join([line.text for line in merged]) + (b"\n" if ends else b"")
    numbers = np.array([line.number for line in merged], dtype=np.int32)
    return Unwrapped(joined, numbers, worker.out.cut)
