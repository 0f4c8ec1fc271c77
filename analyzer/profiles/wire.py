"""The protobuf wire format, for many messages at once.

Profiles hold up to a million small messages of one kind. They are laid end to end in one byte array and
their fields are read in rounds: the first field of every message, then the second one, and so on, each round
a handful of numpy operations. Field layout and limits follow ``profile/proto.go`` of github.com/google/pprof
(a varint has at most 10 bytes; groups do not exist; unknown fields are skipped).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

I64: TypeAlias = NDArray[np.int64]
U64: TypeAlias = NDArray[np.uint64]
U8: TypeAlias = NDArray[np.uint8]

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
MAX_VARINT = 10
PAD = b"\0" * (MAX_VARINT + 1)  # lets a varint be read at the very end without a bounds check
_FEW = 48  # so few messages left: a plain loop beats a round of array operations
_LONG = 4096  # bytes of a message that are read in another way
_WINDOW = 1 << 20  # bytes of such a message at a time


class WireError(ValueError):
    """The bytes of message number ``message`` break the wire format."""

    def __init__(self, message: int, reason: str) -> None:
        super().__init__(reason)
        self.message = message
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages of one kind: message ``i`` is ``data[starts[i]:ends[i]]``; ``data`` ends with ``PAD``."""

    data: U8
    starts: I64
    ends: I64

    def __len__(self) -> int:
        return len(self.starts)


@dataclass(frozen=True, slots=True)
class Fields:
    """Fields of messages, one entry a field; entries of one message stand in the order of the wire.

    ``value`` holds a varint or fixed number; a bytes field is ``data[start:end]``, and so are the bytes of a
    varint itself.
    """

    message: I64
    number: U64
    kind: U8
    value: U64
    start: I64
    end: I64

    def pick(self, number: int) -> Fields:
        """Return the entries of one field number."""
        chosen = self.number == np.uint64(number)
        return Fields(
            self.message[chosen],
            self.number[chosen],
            self.kind[chosen],
            self.value[chosen],
            self.start[chosen],
            self.end[chosen],
        )


def lay_out(blobs: Sequence[bytes]) -> Messages:
    """Lay messages end to end."""
    data = np.frombuffer(b"".join([*blobs, PAD]), np.uint8)
    sizes = np.fromiter(map(len, blobs), np.int64, len(blobs))
    ends = np.cumsum(sizes)
    return Messages(data, ends - sizes, ends)


def walk(messages: Messages) -> Fields:
    """Read every field of every message; raise ``WireError`` for the first message that is broken."""
    rounds: list[tuple[NDArray[np.generic], ...]] = []
    index = np.flatnonzero(messages.ends > messages.starts)
    position = messages.starts[index]
    while len(index) > _FEW:
        limit = messages.ends[index]
        fields, position = _one_field(messages.data, index, position, limit)
        rounds.append(fields)
        more = position < limit
        index, position = index[more], position[more]
    rounds.extend(_walk_few(messages, index, position))
    if not rounds:
        empty = np.empty(0, np.int64)
        return Fields(empty, empty.astype(np.uint64), empty.astype(np.uint8), empty.astype(np.uint64), empty, empty)
    columns = [np.concatenate(column) for column in zip(*rounds, strict=True)]
    return Fields(*columns)


def _one_field(data: U8, index: I64, position: I64, limit: I64) -> tuple[tuple[NDArray[np.generic], ...], I64]:
    tag, after = _varints_at(data, index, position, limit)
    kind = (tag & np.uint64(7)).astype(np.uint8)
    value = np.zeros(len(index), np.uint64)
    start = after.copy()
    end = after.copy()
    for number in range(8):
        rows = np.flatnonzero(kind == number)
        if not len(rows):
            continue
        if number in (VARINT, BYTES):
            value[rows], end[rows] = _varints_at(data, index[rows], after[rows], limit[rows])
            if number == BYTES:
                room = (limit[rows] - end[rows]).astype(np.uint64)
                _refuse(value[rows] > room, index[rows], "a field is longer than the message around it")
                start[rows] = end[rows]
                end[rows] += value[rows].astype(np.int64)
        elif number in (FIXED32, FIXED64):
            width = 4 if number == FIXED32 else 8
            _refuse(after[rows] + width > limit[rows], index[rows], "the message ends inside a fixed number")
            end[rows] = after[rows] + width
        else:
            _refuse(np.ones(len(rows), bool), index[rows], f"wire type {number} does not exist")
    return (index, tag >> np.uint64(3), kind, value, start, end), end


def _varints_at(data: U8, index: I64, position: I64, limit: I64) -> tuple[U64, I64]:
    """Read one varint at each position; return values and the positions after them."""
    byte = data[position]
    value = (byte & 0x7F).astype(np.uint64)
    after = position + 1
    open_rows = np.flatnonzero(byte >= 0x80)
    size = 1
    while len(open_rows):
        _refuse(after[open_rows] >= limit[open_rows], index[open_rows], "the message ends inside a number")
        if size == MAX_VARINT:
            raise WireError(int(index[open_rows].min()), "a number is longer than 10 bytes")
        byte = data[after[open_rows]]
        value[open_rows] |= (byte & 0x7F).astype(np.uint64) << np.uint64(7 * size)
        after[open_rows] += 1
        open_rows = open_rows[byte >= 0x80]
        size += 1
    _refuse(after > limit, index, "the message ends inside a number")
    return value, after


def _refuse(bad: NDArray[np.bool_], index: I64, reason: str) -> None:
    if bad.any():
        raise WireError(int(index[bad].min()), reason)


def _walk_few(messages: Messages, index: I64, position: I64) -> list[tuple[NDArray[np.generic], ...]]:
    """Read what is left of a few messages, one message after the other."""
    rounds: list[tuple[NDArray[np.generic], ...]] = []
    short = messages.ends[index] - position < _LONG
    rows: list[tuple[int, int, int, int, int, int]] = []
    for message, at in zip(index[short].tolist(), position[short].tolist(), strict=True):
        blob = messages.data[at : int(messages.ends[message])].tobytes()
        try:
            rows.extend(
                (message, number, kind, value, at + start, at + end)
                for number, kind, value, start, end in read_fields(blob)
            )
        except WireError as error:
            raise WireError(message, error.reason) from None
    if rows:
        types = (np.int64, np.uint64, np.uint8, np.uint64, np.int64, np.int64)
        columns = zip(*rows, strict=True)
        rounds.append(tuple(np.array(column, dtype) for column, dtype in zip(columns, types, strict=True)))
    for message, at in zip(index[~short].tolist(), position[~short].tolist(), strict=True):
        rounds.extend(_walk_long(messages, message, at))
    return rounds


def _walk_long(messages: Messages, message: int, at: int) -> list[tuple[NDArray[np.generic], ...]]:
    """Read one long message: where its fields begin is looked up, the rest is done for all of them at once."""
    rounds = []
    end = int(messages.ends[message])
    while at < end:
        window = min(at + _WINDOW, end)
        following = _next_fields(messages.data[at : window + 2 * len(PAD)], window - at).data
        begins = []
        place, size = 0, window - at
        while place < size:
            begins.append(place)
            place = following[place]
        position = np.array(begins, np.int64) + at
        owner = np.full(len(position), message)
        fields, after = _one_field(messages.data, owner, position, np.full(len(position), end))
        rounds.append(fields)
        at = int(after[-1])
    return rounds


def _next_fields(data: U8, size: int) -> I64:
    """Return, for each byte, where the next field would begin if one began there; wrong tags end the window."""
    places = np.arange(len(data))
    closing = np.where(data < 0x80, places, len(data) - 1)
    closing = np.minimum.accumulate(closing[::-1])[::-1]  # where a number that begins here ends
    after = np.minimum(closing[:size] + 1, len(data) - 1)
    kind = data[:size] & 7
    number_end = closing[after] + 1
    length = np.zeros(size, np.int64)
    for back in range(5):  # what is longer leaves the message anyhow
        at = np.minimum(after + back, len(data) - 1)
        length |= np.where(after + back < number_end, data[at] & 0x7F, 0).astype(np.int64) << 7 * back
    following = np.full(size, len(data), np.int64)
    for wire_type, ends in (
        (VARINT, number_end),
        (BYTES, number_end + length),
        (FIXED64, after + 8),
        (FIXED32, after + 4),
    ):
        np.copyto(following, ends, where=kind == wire_type)
    return following


def read_fields(blob: bytes) -> list[tuple[int, int, int, int, int]]:
    """Return (number, wire type, value, start, end) of every field in one message."""
    rows = []
    at = 0
    size = len(blob)
    while at < size:
        tag, at = read_varint(blob, at)
        kind = tag & 7
        value = 0
        start = at
        if kind == VARINT:
            value, at = read_varint(blob, at)
        elif kind == BYTES:
            value, start = read_varint(blob, at)
            at = start + value
        elif kind in (FIXED32, FIXED64):
            at += 4 if kind == FIXED32 else 8
        else:
            raise WireError(0, f"wire type {kind} does not exist")
        if at > size:
            raise WireError(0, "a field is longer than the message around it")
        rows.append((tag >> 3, kind, value, start, at))
    return rows


def read_varint(blob: bytes, at: int) -> tuple[int, int]:
    """Return one varint (modulo 2**64) and the position after it."""
    value = 0
    for size in range(MAX_VARINT):
        if at + size >= len(blob):
            raise WireError(0, "the message ends inside a number")
        byte = blob[at + size]
        value |= (byte & 0x7F) << (7 * size)
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at + size + 1
    raise WireError(0, "a number is longer than 10 bytes")


def number_ends(messages: Messages) -> I64:
    """Return every byte that can end a number; what ``repeated`` needs, once for all fields of the messages."""
    return np.flatnonzero(messages.data < 0x80)


def repeated(messages: Messages, fields: Fields, closing: I64) -> tuple[U64, I64]:
    """Decode a repeated number, packed or not or both.

    ``fields`` are the entries of one number (``Fields.pick``), ``closing`` is ``number_ends(messages)``. Returns
    the values of all messages in order and how many each message has.
    """
    _refuse((fields.kind != VARINT) & (fields.kind != BYTES), fields.message, "a number has another wire type")
    order = np.argsort(fields.start, kind="stable")
    start, end, owner = fields.start[order], fields.end[order], fields.message[order]
    data = messages.data
    filled = end > start
    _refuse(data[end[filled] - 1] >= 0x80, owner[filled], "a packed field ends inside a number")
    first = np.searchsorted(closing, start)
    sizes = np.searchsorted(closing, end) - first
    reached = np.cumsum(sizes)
    total = int(reached[-1]) if len(reached) else 0
    last = closing[np.arange(total) + np.repeat(first - (reached - sizes), sizes)]
    values = _values_before(data, last, start, owner)
    counts = np.zeros(len(messages), np.int64)
    np.add.at(counts, owner, sizes)
    return values, counts


def _values_before(data: U8, last: I64, start: I64, owner: I64) -> U64:
    """Decode the varints that end at ``last``; what stands before a varint never has the continuation bit."""
    short = data[last].astype(np.uint32)
    open_rows = np.ones(len(last), bool)
    for back in range(1, 4):  # four bytes fit into 32 bits
        byte = data[last - back]
        open_rows &= byte >= 0x80
        if not open_rows.any():
            return short.astype(np.uint64)
        np.copyto(short, short << np.uint32(7) | (byte & 0x7F), where=open_rows)
    values = short.astype(np.uint64)
    rows = np.flatnonzero(open_rows)
    for back in range(4, MAX_VARINT + 1):
        byte = data[last[rows] - back]
        more = np.flatnonzero(byte >= 0x80)
        if not len(more):
            return values
        rows = rows[more]
        values[rows] = (values[rows] << np.uint64(7)) | (byte[more] & 0x7F)
    at = int(np.searchsorted(start, last[rows[0]], side="right")) - 1
    raise WireError(int(owner[at]), "a number is longer than 10 bytes")
