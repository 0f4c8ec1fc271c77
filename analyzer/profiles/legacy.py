r"""Go's text profiles (``debug=1``): heap, goroutine and other counts, mutex and block.

Grammar and arithmetic follow github.com/google/pprof/profile/legacy_profile.go. Upstream throws away the comment
rows that name the frames (``#\t0x524dd8\tmain.main.func4+0x18\tmain.go:99``) and the labels of goroutines; both are
kept here. The rows come from ``printStackRecord`` in Go's runtime/pprof/pprof.go: their address is that of the call,
one below the return address in the row of numbers. C++ and Java forms are told apart and not read.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator

from analyzer.errors import ProfileError
from analyzer.profiles.legacybuild import Builder
from analyzer.profiles.model import Columns, ValueType
from analyzer.profiles.numbers import truncated, truncated_quotient, wrap
from analyzer.text import human_bytes, printable

_UNRECOGNIZED = "parsing profile: unrecognized profile format"
_MALFORMED = "parsing profile: malformed profile format"
_TOO_LONG = "parsing profile: bufio.Scanner: token too long"
_MAX_BYTES = 64 << 20  # of a text profile; real ones have a few MB
_MAX_LINES = 4_000_000
_LINE = 64 << 10  # the longest line that Go's scanner takes, its end included

_COUNT_START = re.compile(r"(\S+) profile: total [0-9]+", re.ASCII)
_COUNT_ROW = re.compile(r"([0-9]+) @((?: 0x[0-9a-f]+)+)")
_HEAP_START = re.compile(
    r"heap profile: *([0-9]+): *([0-9]+) *\[ *([0-9]+): *([0-9]+) *\] *@ *(heap[_a-z0-9]*)/?([0-9]*)"
)
_HEAP_ROW = re.compile(r"(-?[0-9]+): *(-?[0-9]+) *\[ *([0-9]+): *([0-9]+) *\] @([ x0-9a-f]*)")
_CONTENTION_ROW = re.compile(r"([0-9]+) *([0-9]+) @([ x0-9a-f]*)")
_ADDRESS = re.compile(r"0x[0-9a-f]+")
_FRAME = re.compile(r"#\t0x([0-9a-f]+)\t(.*)\+0x[0-9a-f]+\t+(.*):([0-9]+)\s*")
_LABELS = re.compile(r"# labels: \{(.*)\}\s*")
_LABEL = re.compile(r'"((?:[^"\\]|\\.)*)":"((?:[^"\\]|\\.)*)"')
_FOREIGN = ("--- threadz", "--- Thread", "--- heapz", "--- contentionz", "--- profile")
_MAX = (1 << 63) - 1


class NotLegacyError(Exception):
    """The bytes are none of the text forms."""


def decode_text(data: bytes) -> Columns:
    """Decode a text profile.

    Raises:
        NotLegacyError: it is none.
        ProfileError: it begins like one and breaks off.
    """
    lines = _Lines(data)
    first = lines.peek()
    if _HEAP_START.search(first):
        return _heap(lines)
    start = _skip_comments(lines)
    if match := _COUNT_START.fullmatch(start):
        return _counts(lines, match[1])
    if first.startswith(("--- mutex:", "--- contention:")):
        return _contention(_Lines(data))
    if first.startswith(_FOREIGN):
        raise ProfileError("a C++ or Java profile in an old form, which is not read", verdict=_UNRECOGNIZED)
    raise NotLegacyError


class _Lines:
    """Lines one after another, as Go's scanner gives them."""

    def __init__(self, data: bytes) -> None:
        if len(data) > _MAX_BYTES:
            raise ProfileError(f"a text profile of more than {human_bytes(_MAX_BYTES)}")
        self._file = io.BytesIO(data)
        self.number = 0

    def peek(self) -> str:
        """Return the next line without taking it; "" at the end."""
        at, number = self._file.tell(), self.number
        line = next(self, "")
        self._file.seek(at)
        self.number = number
        return line

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._file.readline(_LINE)
        if not line:
            raise StopIteration
        self.number += 1
        if line[-1:] == b"\n":
            line = line[:-2] if line[-2:-1] == b"\r" else line[:-1]
        elif len(line) == _LINE:
            raise ProfileError(f"line {self.number} is longer than 64 KiB", verdict=_TOO_LONG)
        else:
            line = line.removesuffix(b"\r")
        if self.number > _MAX_LINES:
            raise ProfileError(f"a text profile of more than {_MAX_LINES:,} lines")
        return line.decode("utf-8", "replace")


def _is_comment(line: str) -> bool:
    line = line.strip()
    return not line or line.startswith("#")


def _skip_comments(lines: _Lines) -> str:
    for line in lines:
        if not _is_comment(line):
            return line
    return ""


def _bad_row(lines: _Lines, line: str, verdict: str) -> ProfileError:
    return ProfileError(f"line {lines.number}: no row of a profile: {printable(line, 60)}", verdict=verdict)


def _addresses(lines: _Lines, text: str) -> list[int]:
    found = [int(word, 16) for word in _ADDRESS.findall(text)]
    if any(address >> 64 for address in found):
        raise _bad_row(lines, text, f"parsing profile: malformed sample: {text}")
    return found


def _annotate(builder: Builder, line: str) -> None:
    """Take the frame or the labels that a comment row holds."""
    if frame := _FRAME.fullmatch(line):
        builder.frame(int(frame[1], 16) % (1 << 64), frame[2], frame[3], min(int(frame[4]), _MAX))
    elif labels := _LABELS.fullmatch(line):
        for key, value in _LABEL.findall(labels[1]):
            builder.label(_unquoted(key), _unquoted(value))


_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", '"': '"'}
_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))", re.DOTALL)


def _unquoted(text: str) -> str:
    """Undo the escapes of Go's %q."""

    def char(match: re.Match[str]) -> str:
        code = match[1] or match[2] or match[3]
        if code is None:
            return _ESCAPES.get(match[4], match[4])
        number = int(code, 16)
        return chr(number) if number < 0x110000 and not (match[1] and number > 0x7F) else "\ufffd"

    return _ESCAPE.sub(char, text)


def _counts(lines: _Lines, kind: str) -> Columns:
    builder = Builder((ValueType(kind, "count"),), ValueType(kind, "count"), 1)
    for line in lines:
        if _is_comment(line):
            _annotate(builder, line)
            continue
        if line.startswith("---"):
            break
        match = _COUNT_ROW.fullmatch(line)
        if match is None or int(match[1]) > _MAX:
            raise _bad_row(lines, line, _MALFORMED)
        addresses = [int(word, 16) for word in match[2].split()]
        if any(address >> 64 for address in addresses):
            raise _bad_row(lines, line, _MALFORMED)
        builder.sample([int(match[1])], addresses)
    return builder.columns()


def _heap(lines: _Lines) -> Columns:
    header = _HEAP_START.search(next(lines))
    assert header is not None
    in_use, in_use_bytes, allocated, allocated_bytes, form, rate = header.groups()
    if form not in ("heap", "heap_v2", "heapz_v2", "heapprofile") or (rate and int(rate) > _MAX):
        raise NotLegacyError
    period = int(rate or 0)
    if form == "heap":
        period //= 2  # the text names twice the sampling rate
    elif form == "heapprofile":
        period = 1
    both = allocated not in (in_use, "0") or allocated_bytes not in (in_use_bytes, "0")
    names = ("alloc_objects", "alloc_space", "inuse_objects", "inuse_space") if both else ("objects", "space")
    types = tuple(ValueType(name, "count" if name.endswith("objects") else "bytes") for name in names)
    builder = Builder(types, ValueType("space", "bytes"), period)
    for line in lines:
        if _is_comment(line):
            _annotate(builder, line)
            continue
        if "--- Memory map: ---" in line or "MAPPED_LIBRARIES:" in line:
            break
        match = _HEAP_ROW.search(line.strip())
        if match is None:
            raise _bad_row(lines, line, "parsing profile: unexpected number of sample values: got 0, want 6")
        values: list[int] = []
        size = 0
        pairs = [("allocation", match[3], match[4])] if both else []
        for name, count, total in (*pairs, ("inuse", match[1], match[2])):
            objects, octets = int(count), int(total)
            if max(abs(objects), abs(octets)) > _MAX:
                raise _bad_row(lines, line, f"parsing profile: malformed sample: {line.strip()}")
            if not objects and octets:
                raise _bad_row(lines, line, f"parsing profile: {name} count was 0 but {name} bytes was {octets}")
            if objects:
                size = truncated_quotient(octets, objects)
                if form != "heapprofile":
                    objects, octets = _unsampled(objects, octets, period)
            values += [objects, octets]
        builder.sample(values, _addresses(lines, match[5]), size=size)
    return builder.columns(
        drop_frames=r"runtime\..*", keep_frames=r"runtime\.panic|runtime\.reflectcall|runtime\.call[0-9]*"
    )


def _unsampled(objects: int, octets: int, rate: int) -> tuple[int, int]:
    """Estimate what was allocated from what was sampled, once in ``rate`` bytes."""
    if not objects or not octets:
        return 0, 0
    if rate <= 1:
        return objects, octets
    chance = 1 - math.exp(-(float(octets) / float(objects)) / float(rate))
    if chance == 0:
        return truncated(math.inf), truncated(math.inf)
    return truncated(float(objects) * (1 / chance)), truncated(float(octets) * (1 / chance))


def _contention(lines: _Lines) -> Columns:
    next(lines)
    frequency, period = 0, 1
    row = ""
    for line in lines:
        row = line
        text = line.strip()
        if _is_comment(text):
            continue
        if text.startswith("---") or "=" not in text:
            break
        key, _, value = (part.strip() for part in text.partition("="))
        if key not in ("cycles/second", "sampling period", "ms since reset", "discarded samples"):
            raise NotLegacyError
        if key != "discarded samples" and not re.fullmatch(r"[+-]?[0-9]+", value):
            raise NotLegacyError
        if key == "cycles/second":
            frequency = int(value)
        elif key == "sampling period":
            period = int(value)
        row = ""
    builder = Builder(
        (ValueType("contentions", "count"), ValueType("delay", "nanoseconds")),
        ValueType("contentions", "count"),
        period,
    )
    while True:
        text = row.strip()
        if text.startswith("---"):
            break
        if _is_comment(text):
            _annotate(builder, row)
        else:
            match = _CONTENTION_ROW.search(text)
            if match is None:
                raise _bad_row(lines, row, _UNRECOGNIZED)
            cycles, count = int(match[1]), int(match[2])
            if max(cycles, count) > _MAX:
                raise _bad_row(lines, row, f"parsing profile: malformed sample: {text}")
            if period > 0:
                if frequency > 0:
                    cycles = truncated(float(cycles) * float(period) / (float(frequency) / 1e9))
                count = wrap(count * period)
            builder.sample([count, cycles], _addresses(lines, match[3]))
        if (following := next(lines, None)) is None:
            break
        row = following
    return builder.columns()
