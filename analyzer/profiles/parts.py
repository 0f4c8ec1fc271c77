"""One serialized profile cut into its submessages, still as bytes.

The quick way cuts while the file is being read, gives the samples away block by block and forgets them. What it
refuses goes the strict way: a walk over the whole file that stops where ``go tool pprof`` stops and can say at
which byte and why.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from analyzer.errors import ProfileError
from analyzer.profiles.wire import BYTES, FIXED32, FIXED64, PAD, VARINT, Messages, WireError, read_varint

SAMPLE_TYPE, SAMPLE, MAPPING, LOCATION, FUNCTION, STRING = range(1, 7)
DROP_FRAMES, KEEP_FRAMES, TIME, DURATION, PERIOD_TYPE, PERIOD, COMMENT, DEFAULT_TYPE, DOC_URL = range(7, 16)
NAMES = dict(enumerate(("", "sample type", "sample", "mapping", "location", "function", "string"))) | {
    PERIOD_TYPE: "period type",
    COMMENT: "comment",
}
_MESSAGES = (SAMPLE_TYPE, SAMPLE, MAPPING, LOCATION, FUNCTION, STRING)
_SCALARS = (DROP_FRAMES, KEEP_FRAMES, TIME, DURATION, PERIOD, DEFAULT_TYPE, DOC_URL)

EMPTY = "parsing profile: empty input file"
UNRECOGNIZED = "parsing profile: unrecognized profile format"
CONCATENATED = "parsing profile: concatenated profiles detected"


@dataclass(slots=True)
class Parts:
    """Submessages by field number, and the single fields.

    Attributes:
        messages: field number (1 to 6) -> serialized submessages in order; no samples after the quick way.
        offsets: field number -> byte offset of each submessage; empty after the quick way.
        scalars: field number -> value, modulo 2**64.
        period_types: serialized period types; the last one counts.
        comments: string rows of the comments.
        error: what stopped the strict walk, if anything, and at which byte.
    """

    messages: dict[int, list[bytes]] = field(default_factory=lambda: {number: [] for number in _MESSAGES})
    offsets: dict[int, list[int]] = field(default_factory=dict)
    scalars: dict[int, int] = field(default_factory=dict)
    period_types: list[bytes] = field(default_factory=list)
    comments: list[int] = field(default_factory=list)
    error: tuple[int, ProfileError] | None = None

    def take(self, number: int, kind: int, value: int, blob: bytes) -> None:
        """Keep one field that is not one of the six repeated messages.

        Raises:
            WireError: its wire type is not the one of the format.
            ProfileError: a second time stamp shows that two profiles follow each other.
        """
        if number in _SCALARS:
            # Same test and moment as upstream: the second stamp counts once the first one is not zero.
            if number == TIME and self.scalars.get(TIME):
                raise ProfileError("two profiles follow each other in one file", verdict=CONCATENATED)
            if kind != VARINT:
                raise WireError(0, f"field {number} has wire type {kind}")
            self.scalars[number] = value
        elif number == PERIOD_TYPE:
            if kind != BYTES:
                raise WireError(0, f"field {number} has wire type {kind}")
            self.period_types.append(blob)
        elif number == COMMENT:
            if kind == VARINT:
                self.comments.append(value)
            elif kind == BYTES:
                at = 0
                while at < len(blob):
                    row, at = read_varint(blob, at)
                    self.comments.append(row)
            else:
                raise WireError(0, f"field {number} has wire type {kind}")
        elif number in _MESSAGES:
            raise WireError(0, f"field {number} has wire type {kind}")


def split_blocks(blocks: Iterable[bytes], parts: Parts) -> Iterator[Messages]:
    """Cut a serialized profile that comes in blocks: yield its samples, put the rest into ``parts``.

    Raises:
        WireError, ProfileError: something is wrong with it; ``split_strict`` tells what.
    """
    waiting: list[bytes] = []
    size = needed = 0
    for block in blocks:
        waiting.append(block)
        size += len(block)
        if size < needed:
            continue
        data = b"".join([*waiting, PAD])
        starts: list[int] = []
        ends: list[int] = []
        at, needed = _cut(data, size, parts, starts, ends)
        waiting = [data[at:size]]
        size -= at
        if starts:
            yield Messages(np.frombuffer(data, np.uint8), np.array(starts, np.int64), np.array(ends, np.int64))
    if size:
        raise WireError(0, "the file ends inside a field")


def _cut(data: bytes, size: int, parts: Parts, starts: list[int], ends: list[int]) -> tuple[int, int]:
    """Cut ``data[:size]``, padding behind it; return where the first unfinished field begins and its least size."""
    messages = parts.messages
    at = 0
    while at < size:
        begin = at
        tag, at = data[at], at + 1
        if tag >= 0x80:
            tag, at = read_varint(data, begin)
        number, kind = tag >> 3, tag & 7
        value, start = 0, at
        if kind == BYTES:
            value, start = data[at], at + 1
            if value >= 0x80:
                value, start = read_varint(data, at)
            at = start + value
        elif kind == VARINT:
            value, at = read_varint(data, at)
        elif kind in (FIXED64, FIXED32):
            at += 8 if kind == FIXED64 else 4
        else:
            raise WireError(0, f"wire type {kind} does not exist")
        if at > size:
            return begin, at - begin
        if kind != BYTES or number not in messages:
            parts.take(number, kind, value, data[start:at] if kind == BYTES else b"")
        elif number == SAMPLE:
            starts.append(start)
            ends.append(at)
        else:
            messages[number].append(data[start:at])
            if number == STRING and messages[STRING][0]:
                raise WireError(0, "the first string is not empty")
    return at, 1


def split_strict(data: bytes) -> Parts:
    """Cut a serialized profile field by field, up to the first defect, which is left in ``Parts.error``."""
    offsets: dict[int, list[int]] = {number: [] for number in _MESSAGES}
    parts = Parts(offsets=offsets)
    messages = parts.messages
    at = 0
    size = len(data)
    while at < size:
        begin = at
        try:
            tag, at = read_varint(data, at)
            number, kind = tag >> 3, tag & 7
            value = 0
            start = at
            if kind == VARINT:
                value, at = read_varint(data, at)
            elif kind == BYTES:
                value, start = read_varint(data, at)
                at = start + value
            elif kind in (FIXED64, FIXED32):
                at += 8 if kind == FIXED64 else 4
            else:
                raise WireError(0, f"wire type {kind} does not exist")
            if at > size:
                raise WireError(0, "the file ends inside a field")
            if kind == BYTES and number in messages:
                messages[number].append(data[start:at])
                offsets[number].append(start)
                if number == STRING and messages[STRING][0]:
                    raise WireError(0, "the first string is not empty")
            else:
                parts.take(number, kind, value, data[start:at] if kind == BYTES else b"")
        except WireError as error:
            problem = ProfileError(f"byte {begin}: {error.reason}", verdict=UNRECOGNIZED)
            parts.error = (begin, problem)
            break
        except ProfileError as error:
            parts.error = (begin, error)
            break
    return parts
