"""The submessages of one field of a profile, many at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from analyzer.profiles.model import I64, U64
from analyzer.profiles.wire import BYTES, VARINT, Fields, Messages, WireError, lay_out, walk

_BLOCK = 8_192  # messages at a time: the temporary arrays of so many stay in the cache


class BadMessageError(Exception):
    """Submessage ``index`` of field ``number`` is broken."""

    def __init__(self, number: int, index: int, reason: str) -> None:
        super().__init__(reason)
        self.number = number
        self.index = index
        self.reason = reason


def blocks(blobs: Sequence[bytes]) -> Iterator[tuple[int, Messages]]:
    """Yield (first index, messages) for blocks of submessages."""
    for first in range(0, len(blobs), _BLOCK):
        yield first, lay_out(blobs[first : first + _BLOCK])


@contextmanager
def located(number: int, first: int, owners: I64 | None = None) -> Iterator[None]:
    """Name the submessage of the top level in which a wire error lies."""
    try:
        yield
    except WireError as error:
        message = error.message if owners is None else int(owners[error.message])
        raise BadMessageError(number, first + message, error.reason) from None


def scalar(fields: Fields, number: int, size: int) -> U64:
    """Return a single number of every message, the last occurrence of each, 0 where absent."""
    found = fields.pick(number)
    wrong = found.kind != VARINT
    if wrong.any():
        raise WireError(int(found.message[wrong].min()), f"field {number} has wire type {found.kind[wrong][0]}")
    values = np.zeros(size, np.uint64)
    values[found.message] = found.value
    return values


def nested(messages: Messages, fields: Fields, number: int) -> tuple[I64, Messages, Fields]:
    """Return (owner, messages, fields) of the submessages in one field, ordered by their place."""
    found = fields.pick(number)
    wrong = found.kind != BYTES
    if wrong.any():
        raise WireError(int(found.message[wrong].min()), f"field {number} has wire type {found.kind[wrong][0]}")
    order = np.argsort(found.start, kind="stable")
    owner = found.message[order]
    inner = Messages(messages.data, found.start[order], found.end[order])
    try:
        return owner, inner, walk(inner)
    except WireError as error:
        raise WireError(int(owner[error.message]), error.reason) from None


def records(number: int, blobs: Sequence[bytes], width: int) -> list[U64]:
    """Decode submessages made of single numbers: one array for each of the fields 1 to ``width``."""
    columns: list[list[U64]] = [[np.empty(0, np.uint64)] for _ in range(width)]
    for first, messages in blocks(blobs):
        with located(number, first):
            fields = walk(messages)
            for field, column in enumerate(columns, 1):
                column.append(scalar(fields, field, len(messages)))
    return [np.concatenate(column) for column in columns]
