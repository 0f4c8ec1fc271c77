"""A serialized profile -> columns, every table decoded as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from analyzer.errors import ProfileError
from analyzer.profiles import parts as top
from analyzer.profiles.container import Content, UnpackError
from analyzer.profiles.legacy import NotLegacyError, decode_text
from analyzer.profiles.lookup import Rows, Texts, signed
from analyzer.profiles.model import I64, U64, Columns, Functions, Lines, Locations, Mappings, ValueType
from analyzer.profiles.samples import SampleTable
from analyzer.profiles.submessages import BadMessageError, blocks, located, nested, records, scalar
from analyzer.profiles.validity import References, check
from analyzer.profiles.wire import WireError, walk


def decode(content: Content) -> Columns:
    """Decode one profile, protobuf or one of Go's text forms, and check it.

    A sound profile is decoded while it is read; if anything is wrong, it is read again as a whole to find out what.

    Raises:
        SourceError: it cannot be read.
        ProfileError: it breaks the format or a rule of ``validity``; ``verdict`` is pprof's own text.
    """
    try:
        return _decode_stream(content)
    except UnpackError:
        raise
    except (BadMessageError, WireError, ProfileError):
        pass  # outside of this block, so that what was decoded is forgotten first
    return _decode_strictly(content.whole())


def _decode_stream(content: Content) -> Columns:
    parts = top.Parts()
    samples = SampleTable()
    for messages in top.split_blocks(content.blocks(), parts):
        samples.add(messages)
    columns, references = _decode_parts(parts, samples)
    check(columns, references)
    return columns


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
            raise ProfileError(_other_kind(data) or str(error), verdict=error.verdict) from None


def _other_kind(data: bytes) -> str | None:
    """Say what a file is that was taken for a profile, where its first bytes tell."""
    if data.startswith(b"PK\x03\x04"):
        return "is a zip file; name the profile inside it, such as PACKET.zip:cpu.prof"
    if data.startswith(b"goroutine "):
        return "is a goroutine dump; see supportpacket goroutines"
    return None


def _decode_proto(data: bytes) -> Columns:
    parts = top.split_strict(data)
    try:
        if parts.error:
            # A defect inside an earlier submessage is what pprof meets first.
            with suppress(ProfileError):
                _decode_parts(parts, SampleTable())
            raise parts.error[1]
        columns, references = _decode_parts(parts, SampleTable())
    except BadMessageError as bad:
        raise _first_defect(parts, bad) from None
    check(columns, references)
    return columns


def _first_defect(parts: top.Parts, bad: BadMessageError) -> ProfileError:
    """Tell whether the broken submessage or a defect of the top level comes first in the file."""
    where = parts.offsets[bad.number][bad.index] if bad.number in parts.offsets else -1
    if parts.error and parts.error[0] < where:
        return parts.error[1]
    place = f" at byte {where}" if where >= 0 else ""
    return ProfileError(f"{top.NAMES[bad.number]} {bad.index}{place}: {bad.reason}", verdict=top.UNRECOGNIZED)


def _decode_parts(parts: top.Parts, samples: SampleTable) -> tuple[Columns, References]:
    """Decode all that was cut; ``samples`` holds those that are decoded already."""
    texts = Texts(parts.messages[top.STRING])
    mappings = _mappings(parts.messages[top.MAPPING], texts)
    functions = _functions(parts.messages[top.FUNCTION], texts)
    locations, lines = _locations(parts.messages[top.LOCATION], mappings.id, functions.id)
    types = _value_types(top.SAMPLE_TYPE, parts.messages[top.SAMPLE_TYPE], texts)
    period_types = _value_types(top.PERIOD_TYPE, parts.period_types, texts)
    for _, messages in blocks(parts.messages[top.SAMPLE]):
        samples.add(messages)
    labels = samples.labels(texts)
    decoded, references = samples.samples(len(types), locations.id)
    single = parts.scalars.get
    columns = Columns(
        sample_types=tuple(types),
        default_sample_type=texts.one(single(top.DEFAULT_TYPE, 0), "default sample type"),
        samples=decoded,
        labels=labels,
        locations=locations,
        lines=lines,
        functions=functions,
        mappings=mappings,
        strings=texts.strings,
        period_type=period_types[-1] if period_types else ValueType("", ""),
        period=signed(single(top.PERIOD, 0)),
        time_ns=signed(single(top.TIME, 0)),
        duration_ns=signed(single(top.DURATION, 0)),
        comments=tuple(texts.one(row, "comment") for row in parts.comments),
        drop_frames=texts.one(single(top.DROP_FRAMES, 0), "drop_frames"),
        keep_frames=texts.one(single(top.KEEP_FRAMES, 0), "keep_frames"),
        doc_url=texts.one(single(top.DOC_URL, 0), "documentation link"),
    )
    if texts.error:
        raise texts.error
    return columns, references


def _value_types(number: int, blobs: Sequence[bytes], texts: Texts) -> list[ValueType]:
    kinds, units = (texts.rows(column, top.NAMES[number]) for column in records(number, blobs, 2))
    return [
        ValueType(texts.strings[kind], texts.strings[unit])
        for kind, unit in zip(kinds.tolist(), units.tolist(), strict=True)
    ]


def _mappings(blobs: Sequence[bytes], texts: Texts) -> Mappings:
    ids, start, limit, offset, filename, build_id, *flags = records(top.MAPPING, blobs, 10)
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


def _functions(blobs: Sequence[bytes], texts: Texts) -> Functions:
    ids, *names, start_line = records(top.FUNCTION, blobs, 5)
    name, system_name, filename = (texts.rows(column, top.NAMES[top.FUNCTION]) for column in names)
    return Functions(ids, name, system_name, filename, start_line.view(np.int64))


def _locations(blobs: Sequence[bytes], mapping_ids: U64, function_ids: U64) -> tuple[Locations, Lines]:
    columns: list[list[U64]] = [[np.empty(0, np.uint64)] for _ in range(4)]
    line_columns: list[list[U64]] = [[np.empty(0, np.uint64)] for _ in range(3)]
    counts: list[I64] = [np.zeros(1, np.int64)]
    for first, messages in blocks(blobs):
        with located(top.LOCATION, first):
            fields = walk(messages)
            for field, column in zip((1, 2, 3, 5), columns, strict=True):
                column.append(scalar(fields, field, len(messages)))
            owner, inner, inner_fields = nested(messages, fields, 4)
        counts.append(np.bincount(owner, minlength=len(messages)))
        with located(top.LOCATION, first, owner):
            for field, column in enumerate(line_columns, 1):
                column.append(scalar(inner_fields, field, len(inner)))
    ids, mapping, address, folded = (np.concatenate(column) for column in columns)
    function, line, column_number = (np.concatenate(column) for column in line_columns)
    function_rows = Rows(function_ids).find(function)
    function_rows[function == 0] = -1
    locations = Locations(ids, Rows(mapping_ids).find(mapping), address, folded != 0, np.cumsum(np.concatenate(counts)))
    return locations, Lines(function_rows, line.view(np.int64), column_number.view(np.int64))
