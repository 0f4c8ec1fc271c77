"""One serialized profile cut into its submessages, still as bytes.

The quick way lets the protobuf runtime cut (message ``ProfileParts`` of proto/profile.proto). Whatever it
refuses, or leaves as an unknown field that needs a closer look, goes the strict way: a walk over the top level
that stops where ``go tool pprof`` stops and can say at which byte and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from analyzer.errors import ProfileError
from analyzer.profiles.wire import BYTES, FIXED32, FIXED64, VARINT, WireError, read_varint

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
        messages: field number (1 to 6) -> serialized submessages in order.
        offsets: field number -> byte offset of each submessage; empty after the quick way.
        scalars: field number -> value, modulo 2**64.
        period_types: serialized period types; the last one counts.
        comments: string rows of the comments.
        error: what stopped the strict walk, if anything, and at which byte.
    """

    messages: dict[int, Sequence[bytes]]
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


def split_quick(data: bytes) -> Parts | None:
    """Cut a serialized profile, or return None for one that needs the strict way."""
    from google.protobuf.message import DecodeError
    from google.protobuf.unknown_fields import UnknownFieldSet

    from analyzer.profiles.profile_pb2 import ProfileParts

    message = ProfileParts()
    try:
        message.ParseFromString(data)
    except DecodeError:
        return None
    parts = Parts(
        {
            SAMPLE_TYPE: message.sample_type,
            SAMPLE: message.sample,
            MAPPING: message.mapping,
            LOCATION: message.location,
            FUNCTION: message.function,
            STRING: message.string_table,
        }
    )
    if message.string_table and message.string_table[0]:
        return None
    unknown_fields: Any = UnknownFieldSet(message)
    for unknown in unknown_fields:
        kind = unknown.wire_type
        if kind not in (VARINT, FIXED64, BYTES, FIXED32):
            return None
        blob = unknown.data if kind == BYTES else b""
        value = unknown.data if kind == VARINT else 0
        try:
            parts.take(unknown.field_number, kind, value, blob)
        except (WireError, ProfileError):
            return None
    return parts


def split_strict(data: bytes) -> Parts:
    """Cut a serialized profile field by field, up to the first defect, which is left in ``Parts.error``."""
    messages: dict[int, list[bytes]] = {number: [] for number in _MESSAGES}
    offsets: dict[int, list[int]] = {number: [] for number in _MESSAGES}
    parts = Parts(dict(messages), offsets)
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
