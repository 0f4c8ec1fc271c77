"""A serialized profile -> columns, every table decoded as arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from analyzer.errors import ProfileError
from analyzer.profiles import parts as top
from analyzer.profiles.legacy import NotLegacyError, decode_text
from analyzer.profiles.model import (
    I32,
    I64,
    U64,
    Columns,
    Functions,
    Labels,
    Lines,
    Locations,
    Mappings,
    Samples,
    ValueType,
)
from analyzer.profiles.validity import References, check
from analyzer.profiles.wire import BYTES, VARINT, Fields, Messages, WireError, lay_out, number_ends, repeated, walk

if TYPE_CHECKING:
    from numpy.typing import NDArray

_Number = TypeVar("_Number", bound=np.generic)
_BLOCK = 8_192  # messages at a time: the temporary arrays of so many stay in the cache


def decode(load: Callable[[], bytes]) -> Columns:
    """Decode one profile, protobuf or one of Go's text forms, and check it.

    Args:
        load: gives the uncompressed bytes. It is called again if something is wrong with them: a sound profile
            need not stay in memory while it is decoded.

    Raises:
        ProfileError: it breaks the format or a rule of ``validity``; ``verdict`` is pprof's own text.
    """
    parts = top.split_quick(load())
    if parts is not None:
        with suppress(_BadMessageError, ProfileError):
            columns, references = _decode_parts(parts)
            check(columns, references)
            return columns
    return _decode_strictly(load())


def _decode_strictly(data: bytes) -> Columns:
    """Decode what the quick way refuses: find out what is wrong, if anything is."""
    if not data:
        raise ProfileError("the file is empty", verdict=top.EMPTY)
    try:
        return _decode_proto(data)
    except ProfileError as error:
        if error.verdict != top.UNRECOGNIZED:
            raise
        try:
            return decode_text(data)
        except NotLegacyError:
            raise error from None


def _decode_proto(data: bytes) -> Columns:
    parts = top.split_strict(data)
    try:
        if parts.error:
            # A defect inside an earlier submessage is what pprof meets first.
            with suppress(ProfileError):
                _decode_parts(parts)
            raise parts.error[1]
        columns, references = _decode_parts(parts)
    except _BadMessageError as bad:
        raise _first_defect(parts, bad) from None
    check(columns, references)
    return columns


class _BadMessageError(Exception):
    """Submessage ``index`` of field ``number`` is broken."""

    def __init__(self, number: int, index: int, reason: str) -> None:
        super().__init__(reason)
        self.number = number
        self.index = index
        self.reason = reason


def _first_defect(parts: top.Parts, bad: _BadMessageError) -> ProfileError:
    """Tell whether the broken submessage or a defect of the top level comes first in the file."""
    where = parts.offsets[bad.number][bad.index] if bad.number in parts.offsets else -1
    if parts.error and parts.error[0] < where:
        return parts.error[1]
    place = f" at byte {where}" if where >= 0 else ""
    return ProfileError(f"{top.NAMES[bad.number]} {bad.index}{place}: {bad.reason}", verdict=top.UNRECOGNIZED)


def _decode_parts(parts: top.Parts) -> tuple[Columns, References]:
    strings, canonical = _strings(parts.messages[top.STRING])
    texts = _Texts(strings, canonical)
    mappings = _mappings(parts.messages[top.MAPPING], texts)
    functions = _functions(parts.messages[top.FUNCTION], texts)
    locations, lines = _locations(parts.messages[top.LOCATION], mappings.id, functions.id)
    types = _value_types(top.SAMPLE_TYPE, parts.messages[top.SAMPLE_TYPE], texts)
    period_types = _value_types(top.PERIOD_TYPE, parts.period_types, texts)
    samples, labels, references = _samples(parts.messages[top.SAMPLE], len(types), locations.id, texts)
    scalar = parts.scalars.get
    columns = Columns(
        sample_types=tuple(types),
        default_sample_type=texts.one(scalar(top.DEFAULT_TYPE, 0), "default sample type"),
        samples=samples,
        labels=labels,
        locations=locations,
        lines=lines,
        functions=functions,
        mappings=mappings,
        strings=strings,
        period_type=period_types[-1] if period_types else ValueType("", ""),
        period=_signed(scalar(top.PERIOD, 0)),
        time_ns=_signed(scalar(top.TIME, 0)),
        duration_ns=_signed(scalar(top.DURATION, 0)),
        comments=tuple(texts.one(row, "comment") for row in parts.comments),
        drop_frames=texts.one(scalar(top.DROP_FRAMES, 0), "drop_frames"),
        keep_frames=texts.one(scalar(top.KEEP_FRAMES, 0), "keep_frames"),
        doc_url=texts.one(scalar(top.DOC_URL, 0), "documentation link"),
    )
    if texts.error:
        raise texts.error
    return columns, references


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


class _Texts:
    """Resolves string indices; remembers the first one that is out of range instead of raising at once."""

    def __init__(self, strings: tuple[str, ...], canonical: I32) -> None:
        self.strings = strings
        self.canonical = canonical
        self.error: ProfileError | None = None

    def rows(self, values: U64, what: str) -> I32:
        """Turn indices of the file into string rows."""
        bad = values >= len(self.canonical)
        if bad.any():
            self._refuse(_signed(int(values[bad][0])), what)
            return np.zeros(len(values), np.int32)
        return self.canonical[values.astype(np.int64)]

    def one(self, value: int, what: str) -> str:
        """Return the text at one index of the file."""
        if value >= len(self.canonical):
            self._refuse(_signed(value), what)
            return ""
        return self.strings[int(self.canonical[value])]

    def _refuse(self, index: int, what: str) -> None:
        if self.error is None:
            size = len(self.canonical)
            reason = f"string {index} does not exist, the table has {size}" if size else "there is no string table"
            self.error = ProfileError(f"{what}: {reason}", verdict=top.UNRECOGNIZED)


def _strings(blobs: Sequence[bytes]) -> tuple[tuple[str, ...], I32]:
    """Return every text once, and for each entry of the file the row of its text."""
    texts = [blob.decode("utf-8", "replace") for blob in blobs]
    rows = {text: row for row, text in enumerate(dict.fromkeys(texts))}
    if len(rows) == len(texts):
        return tuple(texts) or ("",), np.arange(len(texts), dtype=np.int32)
    return tuple(rows), np.fromiter((rows[text] for text in texts), np.int32, len(texts))


def _blocks(number: int, blobs: Sequence[bytes]) -> Iterator[tuple[int, Messages, Fields]]:
    """Yield (first index, messages, fields) for blocks of submessages."""
    for first in range(0, len(blobs), _BLOCK):
        messages = lay_out(blobs[first : first + _BLOCK])
        with _located(number, first):
            fields = walk(messages)
        yield first, messages, fields


@contextmanager
def _located(number: int, first: int, owners: I64 | None = None) -> Iterator[None]:
    """Name the submessage of the top level in which a wire error lies."""
    try:
        yield
    except WireError as error:
        message = error.message if owners is None else int(owners[error.message])
        raise _BadMessageError(number, first + message, error.reason) from None


def _scalar(fields: Fields, number: int, size: int) -> U64:
    """Return a single number of every message, the last occurrence of each, 0 where absent."""
    found = fields.pick(number)
    wrong = found.kind != VARINT
    if wrong.any():
        raise WireError(int(found.message[wrong].min()), f"field {number} has wire type {found.kind[wrong][0]}")
    values = np.zeros(size, np.uint64)
    values[found.message] = found.value
    return values


def _nested(messages: Messages, fields: Fields, number: int) -> tuple[I64, Messages, Fields]:
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


def _records(number: int, blobs: Sequence[bytes], width: int) -> list[U64]:
    """Decode submessages made of single numbers: one array for each of the fields 1 to ``width``."""
    columns: list[list[U64]] = [[np.empty(0, np.uint64)] for _ in range(width)]
    for first, messages, fields in _blocks(number, blobs):
        with _located(number, first):
            for field, column in enumerate(columns, 1):
                column.append(_scalar(fields, field, len(messages)))
    return [np.concatenate(column) for column in columns]


def _value_types(number: int, blobs: Sequence[bytes], texts: _Texts) -> list[ValueType]:
    kinds, units = (texts.rows(column, top.NAMES[number]) for column in _records(number, blobs, 2))
    return [
        ValueType(texts.strings[kind], texts.strings[unit])
        for kind, unit in zip(kinds.tolist(), units.tolist(), strict=True)
    ]


def _mappings(blobs: Sequence[bytes], texts: _Texts) -> Mappings:
    ids, start, limit, offset, filename, build_id, *flags = _records(top.MAPPING, blobs, 10)
    name = top.NAMES[top.MAPPING]
    return Mappings(
        ids,
        start,
        limit,
        offset,
        texts.rows(filename, name),
        texts.rows(build_id, name),
        *(flag != 0 for flag in flags),
    )


def _functions(blobs: Sequence[bytes], texts: _Texts) -> Functions:
    ids, *names, start_line = _records(top.FUNCTION, blobs, 5)
    name, system_name, filename = (texts.rows(column, top.NAMES[top.FUNCTION]) for column in names)
    return Functions(ids, name, system_name, filename, start_line.view(np.int64))


def _locations(blobs: Sequence[bytes], mapping_ids: U64, function_ids: U64) -> tuple[Locations, Lines]:
    columns: list[list[U64]] = [[np.empty(0, np.uint64)] for _ in range(4)]
    line_columns: list[list[U64]] = [[np.empty(0, np.uint64)] for _ in range(3)]
    counts: list[I64] = [np.zeros(1, np.int64)]
    for first, messages, fields in _blocks(top.LOCATION, blobs):
        with _located(top.LOCATION, first):
            for field, column in zip((1, 2, 3, 5), columns, strict=True):
                column.append(_scalar(fields, field, len(messages)))
            owner, inner, inner_fields = _nested(messages, fields, 4)
        counts.append(np.bincount(owner, minlength=len(messages)))
        with _located(top.LOCATION, first, owner):
            for field, column in enumerate(line_columns, 1):
                column.append(_scalar(inner_fields, field, len(inner)))
    ids, mapping, address, folded = (np.concatenate(column) for column in columns)
    function, line, column_number = (np.concatenate(column) for column in line_columns)
    function_rows = Rows(function_ids).find(function)
    function_rows[function == 0] = -1
    locations = Locations(ids, Rows(mapping_ids).find(mapping), address, folded != 0, np.cumsum(np.concatenate(counts)))
    return locations, Lines(function_rows, line.view(np.int64), column_number.view(np.int64))


class Rows:
    """Finds the rows of ids."""

    def __init__(self, ids: U64) -> None:
        self._size = len(ids)
        self._dense: I32 | None = None
        if self._size and int(ids.max()) < 4 * self._size + 1024:
            self._dense = np.full(int(ids.max()) + 1, -1, np.int32)
            self._dense[ids.astype(np.int64)] = np.arange(self._size, dtype=np.int32)
        else:
            self._order = np.argsort(ids, kind="stable").astype(np.int32)
            self._sorted = ids[self._order]

    def find(self, wanted: U64) -> I32:
        """Return the row of each id (the last one where an id occurs twice), -1 where there is none."""
        if self._dense is not None:
            inside = wanted < len(self._dense)
            if inside.all():
                return self._dense[wanted.astype(np.int64)]
            found = np.full(len(wanted), -1, np.int32)
            found[inside] = self._dense[wanted[inside].astype(np.int64)]
            return found
        if not self._size:
            return np.full(len(wanted), -1, np.int32)
        place = np.maximum(np.searchsorted(self._sorted, wanted, side="right") - 1, 0)
        return np.where(self._sorted[place] == wanted, self._order[place], np.int32(-1))


def _samples(
    blobs: Sequence[bytes], types: int, location_ids: U64, texts: _Texts
) -> tuple[Samples, Labels, References]:
    rows = Rows(location_ids)
    values, value_counts = _Growing(np.int64), _Growing(np.int64)
    stacks, depths = _Growing(np.int32), _Growing(np.int64)
    depths.extend(np.zeros(1, np.int64))
    labels: list[list[NDArray[np.generic]]] = []
    missing: tuple[int, int] | None = None
    for first, messages, fields in _blocks(top.SAMPLE, blobs):
        with _located(top.SAMPLE, first):
            closing = number_ends(messages)
            ids, depth = repeated(messages, fields.pick(1), closing)
            numbers, count = repeated(messages, fields.pick(2), closing)
            owner, inner, inner_fields = _nested(messages, fields, 3)
        found = rows.find(ids)
        if missing is None and (found < 0).any():
            at = int(np.flatnonzero(found < 0)[0])
            missing = first + int(np.searchsorted(np.cumsum(depth), at, side="right")), int(ids[at])
        stacks.extend(found)
        depths.extend(depth)
        values.extend(numbers.view(np.int64))
        value_counts.extend(count)
        if len(owner):
            with _located(top.SAMPLE, first, owner):
                labels.append(_labels(owner + first, inner_fields, len(inner), texts))
    counts, flat = value_counts.done(), values.done()
    shape = (len(counts), types)
    if len(counts) and (counts != types).any():
        flat = np.zeros(shape, np.int64)  # refused by the check that follows
    samples = Samples(flat.reshape(shape), np.cumsum(depths.done()), stacks.done())
    return samples, _join_labels(labels), References(missing, counts)


class _Growing(Generic[_Number]):
    """An array that grows in place: joining blocks at the end would need the memory twice."""

    def __init__(self, dtype: type[_Number]) -> None:
        self._array = np.empty(0, dtype)
        self._size = 0

    def extend(self, block: NDArray[np.generic]) -> None:
        size = self._size + len(block)
        if size > len(self._array):
            self._array.resize(size + size // 8, refcheck=False)
        self._array[self._size : size] = block
        self._size = size

    def done(self) -> NDArray[_Number]:
        self._array.resize(self._size, refcheck=False)
        return self._array


def _labels(owner: I64, fields: Fields, size: int, texts: _Texts) -> list[NDArray[np.generic]]:
    """Decode labels as upstream reads them: text if ``str`` is set, else a number unless all of it is 0."""
    key, string, number, unit = (_scalar(fields, field, size) for field in (1, 2, 3, 4))
    text = string != 0
    keys = texts.rows(key, "label")
    strings = np.where(text, texts.rows(string, "label"), np.int32(-1))
    units = texts.rows(np.where(text, np.uint64(0), unit), "label")
    kept = text | (number != 0) | (unit != 0)
    numbers = np.where(text, np.uint64(0), number).view(np.int64)
    return [column[kept] for column in (owner.astype(np.int32), keys, strings, numbers, units)]


def _join_labels(blocks: list[list[NDArray[np.generic]]]) -> Labels:
    types = (np.int32, np.int32, np.int32, np.int64, np.int32)
    columns = zip(*blocks, strict=True) if blocks else ((),) * len(types)
    joined = (np.concatenate([np.empty(0, dtype), *column]) for column, dtype in zip(columns, types, strict=True))
    return Labels(*joined)
